//! Where a FIFO queue keeps its items: segments of slots.
//!
//! A queue of small capacity is a *ring*: one segment with exactly as many slots as the capacity,
//! which is its own successor. Any other queue is a *chain* of segments. The first push after a
//! segment is full appends the next one, and the first pop after a segment is empty removes it.
//!
//! The first segment of a chain is small, so a queue of a few items stays small. All later ones
//! have up to [`SEGMENT_BYTES`]. One emptied segment of that size is kept as a spare for the tail;
//! any other is freed. So an empty queue keeps at most two segments, however many items it held
//! before.

use super::end::ITEM;
use crate::park::{AtomicPtr, Cell, Ordering, Slot};
use std::ptr;

/// The size of a segment, unless a single item is larger.
const SEGMENT_BYTES: usize = 8 * 1024;

/// The number of slots of the first segment of a chain, unless they take more than `SEGMENT_BYTES`.
#[cfg(not(any(sync_primitives_loom, sync_primitives_shuttle)))]
const FIRST_SLOTS: usize = 32;
/// The largest number of slots of a segment.
#[cfg(not(any(sync_primitives_loom, sync_primitives_shuttle)))]
const MOST_SLOTS: usize = 1024;
// Model checkers have to get past the end of a segment quickly.
#[cfg(any(sync_primitives_loom, sync_primitives_shuttle))]
const FIRST_SLOTS: usize = 2;
#[cfg(any(sync_primitives_loom, sync_primitives_shuttle))]
const MOST_SLOTS: usize = 2;

/// The number of slots of a segment for items of type `T`.
const fn slots_per_segment<T>() -> usize {
    match SEGMENT_BYTES.checked_div(size_of::<T>()) {
        Some(0) => 1,
        Some(slots) if slots < MOST_SLOTS => slots,
        _ => MOST_SLOTS,
    }
}

struct Segment<T> {
    /// The next segment of the chain, or null. The segment itself in a ring. Written by the tail
    /// before it publishes the first item of the next segment, and read by the head before it takes
    /// that item.
    next: Cell<*mut Segment<T>>,
    slots: Box<[Slot<T>]>,
}

impl<T> Segment<T> {
    fn allocate(slots: usize) -> *mut Self {
        Box::into_raw(Box::new(Segment {
            next: Cell::new(ptr::null_mut()),
            slots: Slot::new_slice(slots),
        }))
    }

    /// # Safety
    ///
    /// `segment` is null, or it was made by `allocate` and nobody will use it again.
    unsafe fn free(segment: *mut Self) {
        if !segment.is_null() {
            // SAFETY: every segment comes from a box, and the caller has the last pointer to it.
            drop(unsafe { Box::from_raw(segment) });
        }
    }
}

/// The segment that one end of the queue is at.
///
/// Only the thread that has locked this end may call the methods.
pub(super) struct Cursor<T> {
    segment: Cell<*mut Segment<T>>,
    /// Copied from `segment`, so that the fast path does not read the header of the segment.
    slots: Cell<*const [Slot<T>]>,
    /// The position of the first slot of `segment`. The index of the next slot is computed from
    /// this and the position of the end. So a push or a pop does not write to the cursor, unless it
    /// changes the segment.
    first: Cell<u64>,
}

impl<T> Cursor<T> {
    /// Makes the cursors of the head and the tail of a queue with this capacity.
    pub(super) fn new_pair(capacity: Option<usize>) -> (Self, Self) {
        let slots = slots_per_segment::<T>();
        let segment = match capacity {
            Some(capacity) if capacity <= slots => {
                let ring = Segment::allocate(capacity);
                // SAFETY: `ring` has just been allocated, and nobody else knows of it.
                unsafe { &*ring }.next.set(ring);
                ring
            }
            _ => Segment::allocate(slots.min(FIRST_SLOTS)),
        };
        (Cursor::at(segment), Cursor::at(segment))
    }

    fn at(segment: *mut Segment<T>) -> Self {
        let cursor = Cursor {
            segment: Cell::new(ptr::null_mut()),
            slots: Cell::new(&[]),
            first: Cell::new(0),
        };
        // SAFETY: the segment has just been allocated, and only the head frees segments.
        unsafe { cursor.enter(segment, 0) };
        cursor
    }

    /// Moves to the first slot of `segment`, at `position`.
    ///
    /// # Safety
    ///
    /// `segment` is not freed before this cursor has left it.
    unsafe fn enter(&self, segment: *mut Segment<T>, position: u64) {
        self.first.set(position);
        // In a ring, the next segment is the one that the end is in.
        if segment == self.segment.get() {
            return;
        }
        self.segment.set(segment);
        // SAFETY: the caller makes sure that the segment exists.
        self.slots.set(unsafe { &raw const *(*segment).slots });
    }

    /// Writes the item at `position`. For the tail.
    ///
    /// # Safety
    ///
    /// The caller has locked the tail, which is at `position`, and has checked that the queue is
    /// not full.
    #[inline]
    pub(super) unsafe fn write(&self, position: u64, item: T, spare: &Spare<T>) {
        let mut index = self.index(position);
        if index == self.slots.get().len() {
            self.advance_tail(position, spare);
            index = 0;
        }
        // SAFETY: the index is less than the number of slots, which is at least one. The head does
        // not free a segment before its last item has been pushed and popped.
        let slot = unsafe { self.slot(index) };
        // SAFETY: the slot is empty, and nobody else accesses it before the item is published.
        unsafe { slot.write(item) };
    }

    /// Reads the item at `position`. For the head.
    ///
    /// # Safety
    ///
    /// The caller has locked the head, which is at `position`, and has seen that the item there has
    /// been published.
    #[inline]
    pub(super) unsafe fn read(&self, position: u64, spare: &Spare<T>) -> T {
        let mut index = self.index(position);
        if index == self.slots.get().len() {
            // SAFETY: the next item is published, so its segment is linked.
            unsafe { self.advance_head(position, spare) };
            index = 0;
        }
        // SAFETY: the index is less than the number of slots, which is at least one. Only the head,
        // which we have locked, frees segments.
        let slot = unsafe { self.slot(index) };
        // SAFETY: the slot holds an item that is published, and nobody else takes it.
        unsafe { slot.read() }
    }

    /// The index of the slot at `position`, or the number of slots if the segment is used up.
    #[inline]
    fn index(&self, position: u64) -> usize {
        // The cast does not truncate, because a segment has at most `MOST_SLOTS` slots.
        ((position - self.first.get()) / ITEM) as usize
    }

    /// The slot with this index.
    ///
    /// # Safety
    ///
    /// The segment has such a slot, and is not freed while the reference is used.
    #[inline]
    unsafe fn slot(&self, index: usize) -> &Slot<T> {
        let first = self.slots.get().cast::<Slot<T>>();
        // SAFETY: the caller makes sure that the index is in bounds.
        let slot = unsafe { first.add(index) };
        // SAFETY: the caller makes sure that the segment is not freed.
        unsafe { &*slot }
    }

    /// Moves the tail, which is at `position`, to the next segment.
    #[cold]
    fn advance_tail(&self, position: u64, spare: &Spare<T>) {
        // SAFETY: the head does not free a segment before the tail has left it.
        let next = unsafe { &*self.segment.get() }.next.get();
        if next.is_null() {
            self.append_segment(position, spare);
        } else {
            // SAFETY: the tail is in the last segment, so only a ring has a next one here, and a
            // ring is freed with the queue.
            unsafe { self.enter(next, position) };
        }
    }

    /// Appends a segment, and moves the tail to it.
    // Out of line, so that `advance_tail` does not save registers for it if the queue is a ring.
    #[inline(never)]
    fn append_segment(&self, position: u64, spare: &Spare<T>) {
        let next = spare.take_or_allocate();
        // SAFETY: the head does not free a segment before the tail has left it.
        unsafe { &*self.segment.get() }.next.set(next);
        // SAFETY: the head does not free a segment before the tail has left it.
        unsafe { self.enter(next, position) };
    }

    /// Moves the head, which is at `position`, to the next segment.
    ///
    /// # Safety
    ///
    /// The next segment has been linked.
    #[cold]
    unsafe fn advance_head(&self, position: u64, spare: &Spare<T>) {
        let emptied = self.segment.get();
        // SAFETY: the segment lives until we give it away below.
        let next = unsafe { &*emptied }.next.get();
        // SAFETY: the caller makes sure that the next segment exists, and only the head frees it.
        unsafe { self.enter(next, position) };
        if next != emptied {
            // SAFETY: the head has left the segment, and the tail left it when it linked the next.
            unsafe { spare.keep(emptied) };
        }
    }

    /// Frees the segment of the head. It is the only one, because the queue is empty, and the tail
    /// appends a segment only together with an item.
    ///
    /// # Safety
    ///
    /// The queue holds no item, and nobody uses it anymore.
    pub(super) unsafe fn free_segment(&self) {
        let segment = self.segment.get();
        // SAFETY: the segment lives until the line below.
        let next = unsafe { &*segment }.next.get();
        debug_assert!(
            next.is_null() || next == segment,
            "an empty queue has one segment"
        );
        // SAFETY: nobody uses the queue anymore.
        unsafe { Segment::free(segment) };
    }
}

/// An empty segment that is kept for the tail, if there is one.
pub(super) struct Spare<T>(AtomicPtr<Segment<T>>);

impl<T> Spare<T> {
    pub(super) fn new() -> Self {
        Spare(AtomicPtr::new(ptr::null_mut()))
    }

    fn take_or_allocate(&self) -> *mut Segment<T> {
        // Acquire: pairs with the Release in `keep`; the head has taken the items of the segment.
        let segment = self.0.swap(ptr::null_mut(), Ordering::Acquire);
        // SAFETY: the segment has been taken out, so it is ours alone.
        match unsafe { segment.as_ref() } {
            Some(spare) => {
                spare.next.set(ptr::null_mut());
                segment
            }
            None => Segment::allocate(slots_per_segment::<T>()),
        }
    }

    /// Keeps `segment`, and frees the one that was kept before. Frees `segment` if it is smaller
    /// than a new one would be, as the first segment of a chain is.
    ///
    /// # Safety
    ///
    /// `segment` was made by `allocate`, and nobody else will use it again.
    unsafe fn keep(&self, segment: *mut Segment<T>) {
        // SAFETY: the caller has the last pointer to the segment.
        if unsafe { &*segment }.slots.len() < slots_per_segment::<T>() {
            // SAFETY: as above.
            unsafe { Segment::free(segment) };
            return;
        }
        // Release: pairs with the Acquire in `take_or_allocate`. The previous segment needs no
        // Acquire: it was stored by an earlier owner of the head's lock, so this thread sees it
        // already.
        let previous = self.0.swap(segment, Ordering::Release);
        // SAFETY: the previous segment has been taken out, so it is ours alone.
        unsafe { Segment::free(previous) };
    }

    /// Frees the spare segment.
    ///
    /// # Safety
    ///
    /// Nobody uses the queue anymore.
    pub(super) unsafe fn free(&self) {
        // Relaxed: the caller has made sure that all uses of the queue happened before.
        let segment = self.0.swap(ptr::null_mut(), Ordering::Relaxed);
        // SAFETY: the segment has been taken out, so it is ours alone.
        unsafe { Segment::free(segment) };
    }
}

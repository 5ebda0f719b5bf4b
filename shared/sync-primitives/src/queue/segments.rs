//! First in, first out without a lock: a chain of segments full of slots, and two positions that chase each other.
//!
//! A push claims a slot by moving the tail one on, writes the item into it and marks it written. A pop claims a slot by
//! moving the head one on, waits for the mark, and takes the item out. Claims are compare-exchanges on one word each, so
//! items come out in the order in which their slots were claimed. As in crossbeam's `SegQueue`, whoever claims the last
//! slot of a segment moves that end to the next one; unlike there,
//!
//! - a *limit* beside each end remembers how far it may go (to the tail as the head last saw it, and to the head plus the
//!   capacity as the tail last saw it), so that an end reads the other end's word, and takes its cache line away, only
//!   when it has caught up (Lamport's ring in Rigtorp's form, for many threads). A limit may be out of date, never
//!   wrong: positions only grow.
//! - a bounded queue is the same chain with an earlier limit, and costs the memory of what is in it;
//! - nothing counts a segment's readers. Who moved the head off a segment looks whether every slot has been read, and
//!   either keeps the segment for the tail or leaves it to the next one who moves.

use super::{
    TryPopError, TryPushError,
    ledger::{ITEM, Ledger},
    padded::Padded,
};
use crate::park::{AtomicPtr, AtomicU8, AtomicU64, AtomicUsize, Backoff, Cell, Ordering};
use std::{
    mem::MaybeUninit,
    ptr::{self, NonNull},
};

/// Bit of the tail: no more pushes.
const CLOSED: u64 = 1;
/// Bit of both positions: the position is right, but whoever set the bit has yet to say which segment it is in.
const MOVING: u64 = 2;
const FLAGS: u64 = CLOSED | MOVING;

/// Slots of a segment; a power of two. Models must get past an end quickly.
#[cfg(not(any(loom, shuttle)))]
const SLOTS: usize = 32;
#[cfg(any(loom, shuttle))]
const SLOTS: usize = 2;

/// Segments that are kept for the tail: enough for a queue that is filled and drained a thousand items at a time.
#[cfg(not(any(loom, shuttle)))]
const SPARES: usize = 32;
#[cfg(any(loom, shuttle))]
const SPARES: usize = 1;

pub(super) struct Segments<T> {
    head: Padded<Head<T>>,
    tail: Padded<Tail<T>>,
    /// Its count of pushed items is the tail's position: a push that is counted is a slot that is claimed.
    pub(super) ledger: Ledger,
}

/// Where the next item to pop is.
struct Head<T> {
    /// `items popped so far * ITEM | MOVING`.
    position: AtomicU64,
    segment: AtomicPtr<Segment<T>>,
    /// The tail's position when a pop last looked.
    limit: AtomicU64,
    /// Segments that the head has left while slots were still being read, chained by `next`.
    retired: AtomicPtr<Segment<T>>,
    /// Segments that the tail may use, chained by `next`.
    spares: AtomicPtr<Segment<T>>,
    /// How many of them there are, with those that the tail has taken over.
    spare_count: AtomicUsize,
}

/// Where the next item to push goes; the position, `items pushed so far * ITEM | MOVING | CLOSED`, is in the ledger.
struct Tail<T> {
    segment: AtomicPtr<Segment<T>>,
    /// The position at which the queue would have been full when a push last looked.
    limit: AtomicU64,
    /// Spares that were taken over from the head. Belongs to whoever has set `MOVING`.
    spares: AtomicPtr<Segment<T>>,
    capacity: Option<usize>,
}

struct Segment<T> {
    next: AtomicPtr<Segment<T>>,
    slots: [Slot<T>; SLOTS],
}

struct Slot<T> {
    /// `EMPTY`, then `WRITTEN` by the thread whose push claimed the slot, then `READ` by the one whose pop did.
    state: AtomicU8,
    item: Cell<MaybeUninit<T>>,
}

const EMPTY: u8 = 0;
const WRITTEN: u8 = 1;
const READ: u8 = 2;

// SAFETY: the chain owns its items and hands each to one thread; sending it sends them.
unsafe impl<T: Send> Send for Segments<T> {}
// SAFETY: threads that share the chain push and pop owned items, which sends them from one to another. A slot's item is
// touched by the one thread that claimed it for writing, and then by the one that claimed it for reading.
unsafe impl<T: Send> Sync for Segments<T> {}

impl<T> Segments<T> {
    pub(super) fn new(capacity: Option<usize>) -> Self {
        assert!(capacity != Some(0), "a queue of capacity 0 could never hold an item");
        let first = Segment::allocate();
        let head = Head {
            position: AtomicU64::new(0),
            segment: AtomicPtr::new(first),
            limit: AtomicU64::new(0),
            retired: AtomicPtr::new(ptr::null_mut()),
            spares: AtomicPtr::new(ptr::null_mut()),
            spare_count: AtomicUsize::new(0),
        };
        let tail = Tail {
            segment: AtomicPtr::new(first),
            limit: AtomicU64::new(full_at(0, capacity)),
            spares: AtomicPtr::new(ptr::null_mut()),
            capacity,
        };
        Segments { head: Padded(head), tail: Padded(tail), ledger: Ledger::new() }
    }

    #[inline]
    fn tail_position(&self) -> &AtomicU64 {
        &self.ledger.pushed
    }

    #[inline]
    pub(super) fn try_push(&self, item: T) -> Result<(), TryPushError<T>> {
        let mut backoff = Backoff::new();
        // Acquire: pairs with the Release in `claim_last`; makes the segment at this position visible.
        let mut tail = self.tail_position().load(Ordering::Acquire);
        loop {
            if tail & FLAGS != 0 {
                if tail & CLOSED != 0 {
                    return Err(TryPushError::Closed(item));
                }
                backoff.wait();
                tail = self.tail_position().load(Ordering::Acquire);
                continue;
            }
            // Relaxed: an older limit is a lower one.
            if tail >= self.tail.limit.load(Ordering::Relaxed) && !self.has_room(tail) {
                return Err(TryPushError::Full(item));
            }
            // Relaxed: the load of the position has made the right pointer visible; a later one fails the claim.
            let segment = self.tail.segment.load(Ordering::Relaxed);
            match self.claim_for_push(tail, segment) {
                Ok(()) => {
                    // SAFETY: we claimed this slot of this segment for writing.
                    unsafe { Segment::claimed_slot(segment, tail) }.write(item);
                    return Ok(());
                }
                Err(now) => tail = now,
            }
        }
    }

    /// Whether a push at position `tail` is within the capacity; also brings the limit up to date.
    #[cold]
    fn has_room(&self, tail: u64) -> bool {
        // SeqCst: a push that found the queue full looks again after it has announced that it will sleep, and a pop
        // moves the head before it looks for such an announcement. One of the two sees the other.
        let head = self.head.position.load(Ordering::SeqCst) & !FLAGS;
        let limit = full_at(head, self.tail.capacity);
        self.tail.limit.store(limit, Ordering::Relaxed);
        tail < limit
    }

    #[inline]
    fn claim_for_push(&self, tail: u64, segment: *mut Segment<T>) -> Result<(), u64> {
        if is_last(tail) {
            return self.claim_last_for_push(tail, segment);
        }
        // SeqCst: pairs with the load in `is_empty`, as in `has_room`.
        self.tail_position().compare_exchange_weak(tail, tail + ITEM, Ordering::SeqCst, Ordering::Acquire).map(|_| ())
    }

    /// Claims the last slot of the tail's segment and moves the tail to a new one.
    #[cold]
    fn claim_last_for_push(&self, tail: u64, segment: *mut Segment<T>) -> Result<(), u64> {
        // Before the claim: others wait while `MOVING` is set.
        let no_spares = self.head.spare_count.load(Ordering::Relaxed) == 0;
        let reserve = if no_spares { Segment::allocate() } else { ptr::null_mut() };
        let claimed = tail + (ITEM | MOVING);
        // SeqCst: as in `claim_for_push`.
        let claim = self.tail_position().compare_exchange(tail, claimed, Ordering::SeqCst, Ordering::Acquire);
        if let Err(now) = claim {
            // SAFETY: nobody else has seen it.
            unsafe { Segment::free(reserve) };
            return Err(now);
        }
        let next = match NonNull::new(reserve) {
            Some(reserve) => reserve.as_ptr(),
            None => self.spare_or_new(),
        };
        self.tail.segment.store(next, Ordering::Relaxed);
        // Release: pairs with the Acquire loads of the position; makes the new segment visible.
        self.tail_position().fetch_sub(MOVING, Ordering::Release);
        // Release: pairs with the Acquire in `next_of`.
        // SAFETY: it stays a segment of this queue until our slot has been read, which is yet to be written.
        unsafe { &(*segment).next }.store(next, Ordering::Release);
        Ok(())
    }

    #[inline]
    pub(super) fn try_pop(&self) -> Result<T, TryPopError> {
        // Acquire: pairs with the Release in `leave`; makes the segment at this position visible.
        let mut head = self.head.position.load(Ordering::Acquire);
        let mut backoff = Backoff::new();
        loop {
            if head & MOVING != 0 {
                backoff.wait();
                head = self.head.position.load(Ordering::Acquire);
                continue;
            }
            // Relaxed: an older limit is a lower one.
            if head >= self.head.limit.load(Ordering::Relaxed) {
                self.look_for_items(head)?;
            }
            // Relaxed: as in `try_push`.
            let segment = self.head.segment.load(Ordering::Relaxed);
            let claimed = after_claim(head);
            // SeqCst: pairs with the load in `has_room`.
            match self.head.position.compare_exchange_weak(head, claimed, Ordering::SeqCst, Ordering::Acquire) {
                // SAFETY: we claimed this slot of this segment for reading, and nobody has left the segment.
                Ok(_) => return Ok(unsafe { self.take(head, segment) }),
                Err(now) => head = now,
            }
        }
    }

    /// Returns an error if there was nothing at position `head`; also brings the limit up to date.
    #[inline]
    fn look_for_items(&self, head: u64) -> Result<(), TryPopError> {
        // SeqCst: as in `has_room`, with pop and push the other way round.
        let tail = self.tail_position().load(Ordering::SeqCst);
        let end = tail & !FLAGS;
        // The head cannot have passed the tail: if they were equal, they are.
        if head == end {
            return Err(if tail & CLOSED != 0 { TryPopError::Closed } else { TryPopError::Empty });
        }
        self.head.limit.store(end, Ordering::Relaxed);
        Ok(())
    }

    /// Takes the item at position `head`, and moves the head to the next segment if it was the segment's last.
    ///
    /// # Safety
    ///
    /// The caller has claimed that slot of `segment` for reading, with `after_claim`.
    #[inline]
    unsafe fn take(&self, head: u64, segment: *mut Segment<T>) -> T {
        if is_last(head) {
            // SAFETY: passed on.
            return unsafe { self.take_last(head, segment) };
        }
        // SAFETY: passed on.
        unsafe { Segment::claimed_slot(segment, head) }.take()
    }

    /// As `take`, for the last slot of a segment.
    ///
    /// # Safety
    ///
    /// As for `take`.
    #[cold]
    unsafe fn take_last(&self, head: u64, segment: *mut Segment<T>) -> T {
        // SAFETY: the segment stays until all of its slots are read, and ours is not.
        let next = unsafe { Segment::next_of(segment) };
        self.head.segment.store(next, Ordering::Relaxed);
        // Release: pairs with the Acquire loads of the position; makes the new segment visible.
        self.head.position.fetch_sub(MOVING, Ordering::Release);
        // SAFETY: passed on.
        let item = unsafe { Segment::claimed_slot(segment, head) }.take();
        // SAFETY: the head has left it, by our hand.
        unsafe { self.retire(segment) };
        item
    }

    /// Ends pushing. Pops go on until nothing is left.
    pub(super) fn close(&self) {
        // SeqCst: as for a claim; sleepers are looked for next.
        self.tail_position().fetch_or(CLOSED, Ordering::SeqCst);
    }

    /// Ends pushing and takes all that is left, in one step.
    pub(super) fn close_and_take_all(&self) -> Vec<T> {
        let head = self.hold_head();
        let tail = self.tail_position().fetch_or(CLOSED, Ordering::SeqCst) & !FLAGS;
        let mut segment = self.head.segment.load(Ordering::Relaxed);
        // One claim for all of them; SeqCst as for any. Nobody will use the head's segment again, but for `drop`.
        self.head.position.store(tail, Ordering::SeqCst);
        let items = usize::try_from((tail - head) / ITEM).expect("what is in memory can be counted");
        let mut all = Vec::with_capacity(items);
        for position in (head..tail).step_by(ITEM as usize) {
            // SAFETY: we have claimed it, and leave a segment after its last slot.
            all.push(unsafe { Segment::claimed_slot(segment, position) }.take());
            if is_last(position) {
                // SAFETY: it is ours to retire.
                let next = unsafe { Segment::next_of(segment) };
                // SAFETY: with its last slot we leave it, and nobody else will.
                unsafe { self.retire(segment) };
                segment = next;
                self.head.segment.store(segment, Ordering::Relaxed);
            }
        }
        all
    }

    /// Keeps others from popping until the position is stored again.
    fn hold_head(&self) -> u64 {
        loop {
            let head = self.settled_head();
            // Relaxed: no position comes twice, so this is the one that `settled_head` has seen in order.
            let held =
                self.head.position.compare_exchange_weak(head, head | MOVING, Ordering::Relaxed, Ordering::Relaxed);
            if held.is_ok() {
                return head;
            }
        }
    }

    /// The head's position, when nobody is moving it.
    fn settled_head(&self) -> u64 {
        let mut backoff = Backoff::new();
        loop {
            let head = self.head.position.load(Ordering::SeqCst);
            if head & MOVING == 0 {
                return head;
            }
            backoff.wait();
        }
    }

    /// How many items there were at one moment of this call.
    pub(super) fn len(&self) -> usize {
        loop {
            let tail = self.tail_position().load(Ordering::SeqCst) & !FLAGS;
            let head = self.settled_head();
            // The same as before: so it was the tail too when the head was read.
            if self.tail_position().load(Ordering::SeqCst) & !FLAGS == tail {
                return usize::try_from((tail - head) / ITEM).unwrap_or(usize::MAX);
            }
        }
    }

    pub(super) fn capacity(&self) -> Option<usize> {
        self.tail.capacity
    }

    /// Whether a pop would find an item, or that there will be none.
    pub(super) fn is_worth_a_pop(&self) -> bool {
        let head = self.head.position.load(Ordering::SeqCst) & !FLAGS;
        let tail = self.tail_position().load(Ordering::SeqCst);
        tail & CLOSED != 0 || head != tail & !FLAGS
    }

    /// Whether a push would find room, or that it is too late.
    pub(super) fn is_worth_a_push(&self) -> bool {
        let tail = self.tail_position().load(Ordering::SeqCst);
        tail & CLOSED != 0 || self.has_room(tail & !FLAGS)
    }

    /// The number of items and whether the queue is closed; without waiting, so the two may be of different moments.
    pub(super) fn glance(&self) -> (u64, bool) {
        let head = self.head.position.load(Ordering::Relaxed) & !FLAGS;
        let tail = self.tail_position().load(Ordering::Relaxed);
        ((tail & !FLAGS).saturating_sub(head) / ITEM, tail & CLOSED != 0)
    }

    /// An empty segment. For whoever has set `MOVING` in the tail's position.
    fn spare_or_new(&self) -> *mut Segment<T> {
        let mut spare = self.tail.spares.load(Ordering::Relaxed);
        if spare.is_null() {
            // Acquire: pairs with the Release in `put_on`; what was done with the segments is over.
            spare = self.head.spares.swap(ptr::null_mut(), Ordering::Acquire);
        }
        // SAFETY: the tail's spares are ours alone while `MOVING` is set.
        let Some(segment) = (unsafe { spare.as_ref() }) else {
            return Segment::allocate();
        };
        self.tail.spares.store(segment.next.load(Ordering::Relaxed), Ordering::Relaxed);
        segment.next.store(ptr::null_mut(), Ordering::Relaxed);
        self.head.spare_count.fetch_sub(1, Ordering::Relaxed);
        spare
    }

    /// Keeps an empty segment for the tail, or frees it if there are enough.
    ///
    /// # Safety
    ///
    /// Nobody else knows of `segment`.
    unsafe fn keep_or_free(&self, segment: *mut Segment<T>) {
        if self.head.spare_count.fetch_add(1, Ordering::Relaxed) < SPARES {
            // SAFETY: passed on.
            unsafe { put_on(&self.head.spares, segment) };
        } else {
            self.head.spare_count.fetch_sub(1, Ordering::Relaxed);
            // SAFETY: passed on.
            unsafe { Segment::free(segment) };
        }
    }

    /// Gives a segment that the head has left to the tail as soon as all of its slots are read; and others that had to wait.
    ///
    /// # Safety
    ///
    /// Both ends have left `segment`, and this is the only call for it.
    unsafe fn retire(&self, segment: *mut Segment<T>) {
        // Acquire: pairs with the Release in `put_on`.
        let waiting = self.head.retired.swap(ptr::null_mut(), Ordering::Acquire);
        // Nobody needs its `next` any more.
        // SAFETY: only `keep_or_free`, below, ends its life.
        unsafe { &(*segment).next }.store(waiting, Ordering::Relaxed);
        let mut chain = segment;
        // SAFETY: as above; those that waited are ours since the swap, but for their last readers.
        while let Some(segment) = unsafe { chain.as_ref() } {
            let this = chain;
            chain = segment.next.load(Ordering::Relaxed);
            if segment.is_read() {
                segment.clear();
                // SAFETY: no reader is left.
                unsafe { self.keep_or_free(this) };
            } else {
                // SAFETY: nobody but its last readers, who will not look at `next`.
                unsafe { put_on(&self.head.retired, this) };
            }
        }
    }
}

/// Puts a segment first in a list of which others take all or nothing (Treiber's stack, without its ABA problem).
///
/// # Safety
///
/// `segment` lives, and nobody else uses its `next`.
unsafe fn put_on<T>(list: &AtomicPtr<Segment<T>>, segment: *mut Segment<T>) {
    // SAFETY: promised by the caller.
    let next = unsafe { &(*segment).next };
    let mut first = list.load(Ordering::Relaxed);
    loop {
        next.store(first, Ordering::Relaxed);
        // Release: pairs with the Acquire of whoever takes the list; makes `next` visible, and that the slots are empty.
        match list.compare_exchange_weak(first, segment, Ordering::Release, Ordering::Relaxed) {
            Ok(_) => return,
            Err(now) => first = now,
        }
    }
}

impl<T> Drop for Segments<T> {
    fn drop(&mut self) {
        // Locals are dropped in reverse order, also when an item's `Drop` panics: then `items` goes on with the rest.
        let _chain = Chain(self);
        let items = Items(self);
        while items.0.try_pop().is_ok() {}
    }
}

/// Drops the items that are left.
struct Items<'a, T>(&'a Segments<T>);

impl<T> Drop for Items<'_, T> {
    fn drop(&mut self) {
        while self.0.try_pop().is_ok() {}
    }
}

/// Frees the segments of an empty queue that is being dropped.
struct Chain<'a, T>(&'a Segments<T>);

impl<T> Drop for Chain<'_, T> {
    fn drop(&mut self) {
        let Segments { head, tail, .. } = self.0;
        // With nothing between them, both ends are in the same segment, which is the last of its chain.
        for list in [&head.segment, &head.retired, &head.spares, &tail.spares] {
            let mut chain = list.load(Ordering::Relaxed);
            // SAFETY: only operations that have ended by now used it.
            while let Some(segment) = unsafe { chain.as_ref() } {
                let this = chain;
                chain = segment.next.load(Ordering::Relaxed);
                // SAFETY: as above, and each segment is in one list.
                unsafe { Segment::free(this) };
            }
        }
    }
}

impl<T> Segment<T> {
    #[expect(clippy::multiple_unsafe_ops_per_block, reason = "a field of a box and the write to it are one thing")]
    fn allocate() -> *mut Self {
        let mut fresh = Box::<Self>::new_uninit();
        let segment = fresh.as_mut_ptr();
        // In place: an array of slots for large items does not belong on the stack.
        // SAFETY: `segment` points to memory of the box.
        unsafe { (&raw mut (*segment).next).write(AtomicPtr::new(ptr::null_mut())) };
        for slot in 0..SLOTS {
            // SAFETY: as above.
            unsafe { (&raw mut (*segment).slots[slot]).write(Slot::new()) };
        }
        // SAFETY: with that, all of it is initialized.
        Box::into_raw(unsafe { fresh.assume_init() })
    }

    /// # Safety
    ///
    /// Nobody will use `segment` again. It may be null.
    unsafe fn free(segment: *mut Self) {
        if let Some(segment) = NonNull::new(segment) {
            // SAFETY: every segment comes from a box, and the caller has the last pointer to it.
            drop(unsafe { Box::from_raw(segment.as_ptr()) });
        }
    }

    /// The slot at `position`.
    ///
    /// # Safety
    ///
    /// `segment` holds that position; the caller has claimed it for writing or for reading, does that with the slot, once,
    /// and nothing else.
    #[inline]
    unsafe fn claimed_slot<'a>(segment: *mut Self, position: u64) -> &'a Slot<T> {
        // SAFETY: a segment lives at least until all of its slots are read, and this one is not.
        let segment = unsafe { &*segment };
        &segment.slots[place_of(position)]
    }

    /// The segment after `segment`, whose last slot has been claimed by a push.
    ///
    /// # Safety
    ///
    /// `segment` lives.
    unsafe fn next_of(segment: *mut Self) -> *mut Self {
        let mut backoff = Backoff::new();
        loop {
            // Acquire: pairs with the Release in `claim_last_for_push`.
            // SAFETY: promised by the caller.
            let next = unsafe { &(*segment).next }.load(Ordering::Acquire);
            if !next.is_null() {
                return next;
            }
            backoff.wait();
        }
    }

    fn is_read(&self) -> bool {
        // Acquire: pairs with the Release in `Slot::take`; the reader is done with the slot.
        self.slots.iter().all(|slot| slot.state.load(Ordering::Acquire) == READ)
    }

    /// Makes the slots of a segment that was read as good as new.
    fn clear(&self) {
        self.slots.iter().for_each(|slot| slot.state.store(EMPTY, Ordering::Relaxed));
    }
}

impl<T> Slot<T> {
    fn new() -> Self {
        Slot { state: AtomicU8::new(EMPTY), item: Cell::new(MaybeUninit::uninit()) }
    }

    #[inline]
    fn write(&self, item: T) {
        self.item.set(MaybeUninit::new(item));
        // Release: pairs with the Acquire in `take`; makes the item visible, and what was done before the push.
        self.state.store(WRITTEN, Ordering::Release);
    }

    /// Takes the item out, once it has been written.
    #[inline]
    fn take(&self) -> T {
        let mut backoff = Backoff::new();
        // Acquire: pairs with the Release in `write`.
        while self.state.load(Ordering::Acquire) != WRITTEN {
            backoff.wait();
        }
        // SAFETY: it is written, and nobody else takes it.
        let item = unsafe { self.item.replace(MaybeUninit::uninit()).assume_init() };
        // Release: pairs with the Acquire in `is_read`.
        self.state.store(READ, Ordering::Release);
        item
    }
}

#[inline]
fn place_of(position: u64) -> usize {
    // The remainder is below `SLOTS`, so nothing is cut off.
    (position / ITEM) as usize % SLOTS
}

#[inline]
fn is_last(position: u64) -> bool {
    place_of(position) == SLOTS - 1
}

/// The position after `head`; if that is in another segment, with the mark that whoever claims `head` moves on.
#[inline]
fn after_claim(head: u64) -> u64 {
    head + ITEM + if is_last(head) { MOVING } else { 0 }
}

/// The tail's position at which a queue is full whose head is at `head`.
fn full_at(head: u64, capacity: Option<usize>) -> u64 {
    capacity.map_or(u64::MAX, |capacity| head.saturating_add((capacity as u64).saturating_mul(ITEM)))
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use std::{collections::HashSet, iter};

    /// The segments chained behind this one, and it.
    fn chained<T>(first: &AtomicPtr<Segment<T>>) -> Vec<*mut Segment<T>> {
        let first = first.load(Ordering::Relaxed);
        // SAFETY: no other thread uses the queue, so its segments live.
        let next = |segment: &*mut Segment<T>| Some(unsafe { segment.as_ref() }?.next.load(Ordering::Relaxed));
        iter::successors(Some(first), next).filter(|segment| !segment.is_null()).collect()
    }

    fn spares<T>(segments: &Segments<T>) -> Vec<*mut Segment<T>> {
        [chained(&segments.head.spares), chained(&segments.tail.spares)].concat()
    }

    /// Fills and empties a queue.
    fn used(segments: &Segments<usize>, items: usize) {
        (0..items).for_each(|item| segments.try_push(item).unwrap());
        (0..items).for_each(|item| assert_eq!(segments.try_pop(), Ok(item)));
    }

    #[test]
    fn each_spare_segment_is_kept_and_counted_once() {
        let segments = Segments::new(None);
        for items in [10, 3, 7, 2 * SPARES, 1] {
            used(&segments, items * SLOTS);
            let spares = spares(&segments);
            assert_eq!(spares.len(), segments.head.spare_count.load(Ordering::Relaxed), "after {items} segments");
            assert_eq!(spares.iter().collect::<HashSet<_>>().len(), spares.len());
            assert!(spares.len() <= SPARES);
        }
    }

    #[test]
    fn a_segment_with_a_slow_reader_is_kept_when_the_next_one_is_left() {
        let segments = Segments::new(None);
        (0..2 * SLOTS).for_each(|item| segments.try_push(item).unwrap());
        let first = segments.head.segment.load(Ordering::Relaxed);
        // A pop that has claimed the first slot, and is interrupted before it takes the item.
        segments.head.position.store(ITEM, Ordering::Relaxed);
        (1..SLOTS).for_each(|item| assert_eq!(segments.try_pop(), Ok(item)));
        assert_eq!(chained(&segments.head.retired), [first]);
        // SAFETY: it is claimed.
        assert_eq!(unsafe { Segment::claimed_slot(first, 0) }.take(), 0);
        (SLOTS..2 * SLOTS).for_each(|item| assert_eq!(segments.try_pop(), Ok(item)));
        assert_eq!(chained(&segments.head.retired), []);
        assert!(spares(&segments).contains(&first));
    }

    #[test]
    fn a_spare_segment_is_as_good_as_new() {
        let segments = Segments::new(None);
        used(&segments, 10 * SLOTS);
        let kept = spares(&segments);
        assert!(kept.len() > 1);
        for expected in kept {
            let spare = segments.spare_or_new();
            assert_eq!(spare, expected);
            // SAFETY: it is ours until `free`, and no thread but this uses the queue.
            let segment = unsafe { &*spare };
            assert!(segment.next.load(Ordering::Relaxed).is_null());
            assert!(segment.slots.iter().all(|slot| slot.state.load(Ordering::Relaxed) == EMPTY));
            // SAFETY: the last pointer to it.
            unsafe { Segment::free(spare) };
        }
        assert_eq!(segments.head.spare_count.load(Ordering::Relaxed), 0);
    }
}

//! First in, first out, with a lock of its own at each end: a chain of segments full of slots, and two positions that
//! chase each other (Michael and Scott, "Simple, Fast, and Practical Non-Blocking and Blocking Concurrent Queue
//! Algorithms", 1996: their queue with two locks).
//!
//! A push locks the tail, writes its item, publishes the new position, and unlocks; a pop does the same at the head. To
//! lock is the only atomic read-modify-write in either, but for the end of a segment. So pushes and pops do not wait for
//! each other, and
//!
//! - a thread that finds its end locked backs off, and the one that has it goes on alone for a while. If they took turns
//!   at every item, the lines that both write would travel from one processor to the other each time;
//! - what an end publishes has a line apart from its lock's: the other end's looks take that one away, and who is at work
//!   here only ever stores to it, which no processor waits for;
//! - a *limit* beside each end remembers how far it may go (to the tail as the head last saw it, and to the head plus the
//!   capacity as the tail last saw it), so that an end looks at the other only when it has caught up (Lamport's ring in
//!   Rigtorp's form). A limit may be out of date, never wrong: positions only grow;
//! - a pop that has all but caught up lets some items gather, and a push some room, so that the two ends do not meet at
//!   each ([`Gather`](crate::park::Gather));
//! - who wakes a sleeper first does its work, if both ends can be had at once: it pushes the sleeper's item into the room
//!   that there is now, or pops an item into its hand; and so for one that waits and gives its processor away meanwhile. So
//!   two threads on one processor change places once for several items, even where there is room for one only (kanal and
//!   flume do so too). And who would have to wait looks for those of the other side before;
//! - a slot is its item and nothing else, and a bounded queue is the same chain with an earlier limit; if that is within
//!   one segment, the segment is its own successor, and the chain a ring.
//!
//! A thread that loses its processor between lock and unlock keeps the others at its end waiting until it has it back.
//! Mostly that is some nanoseconds; at the end of a segment it may take an allocation.

use super::{
    TryPopError, TryPushError,
    end::{CLOSED, End},
    hand::Hand,
    ledger::{ITEM, Ledger, bare},
    padded::Padded,
};
use crate::park::{self, AtomicPtr, AtomicU64, AtomicUsize, Cell, Gather, Ordering, Pauses};
use std::{
    mem::MaybeUninit,
    ops::Range,
    ptr::{self, NonNull},
};

/// Slots of a segment; a power of two. Models must get past an end quickly.
#[cfg(not(any(sync_primitives_loom, sync_primitives_shuttle)))]
const SLOTS: usize = 32;
#[cfg(any(sync_primitives_loom, sync_primitives_shuttle))]
const SLOTS: usize = 2;

/// Segments that are kept for the tail: enough for a queue that is filled and drained a thousand items at a time.
#[cfg(not(any(sync_primitives_loom, sync_primitives_shuttle)))]
const SPARES: usize = 32;
#[cfg(any(sync_primitives_loom, sync_primitives_shuttle))]
const SPARES: usize = 1;

/// Those who push, or those who pop.
#[derive(Clone, Copy)]
pub(super) enum Side {
    Push,
    Pop,
}

impl Side {
    pub(super) fn other(self) -> Self {
        match self {
            Side::Push => Side::Pop,
            Side::Pop => Side::Push,
        }
    }
}

pub(super) struct Segments<T> {
    head: Padded<Head<T>>,
    tail: Padded<Tail<T>>,
    /// `items popped so far * ITEM`, as published.
    popped: Padded<AtomicU64>,
    /// Its count of pushed items, with `CLOSED` once that is set, is what the tail publishes.
    pub(super) ledger: Ledger,
}

/// Where the next item to pop is.
struct Head<T> {
    /// Who waits here waits for room.
    end: End,
    /// The tail's position when a pop last looked.
    limit: AtomicU64,
    /// Belongs to whoever has locked the end.
    segment: Cell<*mut Segment<T>>,
    /// Of items.
    gather: Gather,
    /// Of those who wait for items.
    pauses: Pauses,
    /// Segments that the tail may use, chained by `next`.
    spares: AtomicPtr<Segment<T>>,
    /// How many of them there are, with those that the tail has taken over.
    spare_count: AtomicUsize,
}

/// Where the next item to push goes.
struct Tail<T> {
    /// Who waits here waits for items.
    end: End,
    /// The position at which the queue would have been full when a push last looked.
    limit: AtomicU64,
    /// Belongs to whoever has locked the end, as do the spares.
    segment: Cell<*mut Segment<T>>,
    /// Segments that were taken over from the head, chained by `next`.
    spares: Cell<*mut Segment<T>>,
    capacity: Option<usize>,
    /// Of room.
    gather: Gather,
    /// Of those who wait for room.
    pauses: Pauses,
    /// How far the tail may be ahead of the head: the capacity, times `ITEM`.
    room: u64,
}

struct Segment<T> {
    /// Written before the last slot's item is published, and read by who takes that item. In a ring: this segment, always.
    next: Cell<*mut Segment<T>>,
    slots: [Cell<MaybeUninit<T>>; SLOTS],
}

// SAFETY: the chain owns its items and hands each to one thread; sending it sends them.
unsafe impl<T: Send> Send for Segments<T> {}
// SAFETY: threads that share the chain push and pop owned items, which sends them from one to another. What is in a cell
// is touched by one thread at a time: at either end by the one that has locked it, and a slot by the push that publishes
// it and then by the pop that finds it published.
unsafe impl<T: Send> Sync for Segments<T> {}

impl<T> Segments<T> {
    pub(super) fn new(capacity: Option<usize>) -> Self {
        assert!(
            capacity != Some(0),
            "a queue of capacity 0 could never hold an item"
        );
        let first = Segment::allocate();
        if capacity.is_some_and(|capacity| capacity <= SLOTS) {
            // SAFETY: nobody else has it yet.
            unsafe { &*first }.next.set(first);
        }
        let room = capacity.map_or(u64::MAX, |capacity| (capacity as u64).saturating_mul(ITEM));
        let head = Head {
            end: End::new(),
            limit: AtomicU64::new(0),
            segment: Cell::new(first),
            gather: Gather::new(few(capacity)),
            pauses: Pauses::new(),
            spares: AtomicPtr::new(ptr::null_mut()),
            spare_count: AtomicUsize::new(0),
        };
        let tail = Tail {
            end: End::new(),
            limit: AtomicU64::new(room),
            segment: Cell::new(first),
            spares: Cell::new(ptr::null_mut()),
            capacity,
            gather: Gather::new(few(capacity)),
            pauses: Pauses::new(),
            room,
        };
        let popped = Padded(AtomicU64::new(0));
        Segments {
            head: Padded(head),
            tail: Padded(tail),
            popped,
            ledger: Ledger::new(),
        }
    }

    #[inline]
    pub(super) fn try_push(&self, item: T) -> Result<(), TryPushError<T>> {
        let check = |tail| {
            if tail & CLOSED != 0 {
                return Err(TryPushError::Closed(()));
            }
            // Acquire: pairs with the Release in `look_for_room`; who goes by this limit sees what its pops did.
            if tail >= self.tail.limit.load(Ordering::Acquire) && !self.has_room(tail) {
                return Err(TryPushError::Full(()));
            }
            Ok(())
        };
        let tail = match self.tail.end.lock_if(check) {
            Ok(tail) => tail,
            Err(TryPushError::Closed(())) => return Err(TryPushError::Closed(item)),
            Err(TryPushError::Full(())) => return Err(TryPushError::Full(item)),
        };
        // SAFETY: we have locked the tail, which is there, and have seen that there is room.
        if unsafe { self.push_at(tail, item) } {
            self.serve(Side::Pop, false);
        }
        Ok(())
    }

    /// Pushes and unlocks the tail. Returns whether there may be a pop to serve.
    ///
    /// # Safety
    ///
    /// The caller has locked the tail, which is there, and has seen that there is room.
    #[inline]
    #[must_use]
    unsafe fn push_at(&self, tail: u64, item: T) -> bool {
        // SAFETY: passed on.
        unsafe { self.put(tail, item) };
        // Release: pairs with the Acquire loads of this count; publishes the item, and what was done before the push.
        self.ledger.pushed.store(tail + ITEM, Ordering::Release);
        self.tail.end.move_to(tail + ITEM)
    }

    /// Whether a push at position `tail` is within the capacity; lets more room gather where there is but little.
    #[inline]
    fn has_room(&self, tail: u64) -> bool {
        let Some(limit) = self
            .look_for_room(tail)
            .or_else(|| self.look_again_for_room(tail))
        else {
            return false;
        };
        let has_more = || self.full_at(Ordering::Relaxed) > limit;
        if self.tail.gather.wait(limit - tail, has_more) {
            self.look_for_room(tail);
        }
        true
    }

    /// Between two looks, a fence: of a thread that pushed before and finds no room here, and one that popped before and finds
    /// no item, one sees what the other did (Dekker's pattern).
    #[cold]
    fn look_again_for_room(&self, tail: u64) -> Option<u64> {
        park::fence(Ordering::SeqCst);
        self.look_for_room(tail)
    }

    /// Returns the limit, unless position `tail` has come to it; also brings it up to date.
    #[inline]
    fn look_for_room(&self, tail: u64) -> Option<u64> {
        // Acquire: pairs with the Release in `pop_at`; what was done before a pop is visible to whose push gets its room.
        let limit = self.full_at(Ordering::Acquire);
        // Release: pairs with the Acquire in `try_push`.
        self.tail.limit.store(limit, Ordering::Release);
        (tail < limit).then_some(limit)
    }

    /// The position of the tail at which the queue is full, as far as the head has come.
    #[inline]
    fn full_at(&self, order: Ordering) -> u64 {
        self.popped.load(order).saturating_add(self.tail.room)
    }

    /// Writes an item into the slot at position `tail`.
    ///
    /// # Safety
    ///
    /// The caller has locked the tail, which is there.
    #[inline]
    unsafe fn put(&self, tail: u64, item: T) {
        // SAFETY: the segment of this position stays until the item at its last slot has been popped.
        let segment = unsafe { &*self.tail.segment.get() };
        segment.slots[place_of(tail)].set(MaybeUninit::new(item));
        if is_last(tail) && segment.next.get().is_null() {
            self.lengthen(segment);
        }
    }

    /// Chains an empty segment behind the one that the tail leaves. For whoever has locked the tail.
    #[cold]
    fn lengthen(&self, segment: &Segment<T>) {
        let next = self.spare_or_new();
        segment.next.set(next);
        self.tail.segment.set(next);
    }

    #[inline]
    pub(super) fn try_pop(&self) -> Result<T, TryPopError> {
        // Acquire: pairs with the Release in `look_for_items`; the items before the limit are visible.
        let is_known = |head| head < self.head.limit.load(Ordering::Acquire);
        let head = self.head.end.lock_if(|head| {
            if is_known(head) {
                Ok(())
            } else {
                self.find_items(head)
            }
        })?;
        // SAFETY: we have locked the head, which is there, and have seen that an item is.
        let (item, serve) = unsafe { self.pop_at(head) };
        if serve {
            self.serve(Side::Push, false);
        }
        Ok(item)
    }

    /// Pops and unlocks the head. Returns also whether there may be a push to serve.
    ///
    /// # Safety
    ///
    /// The caller has locked the head, which is there, and has seen that an item is.
    #[inline]
    #[must_use]
    unsafe fn pop_at(&self, head: u64) -> (T, bool) {
        // SAFETY: passed on.
        let item = unsafe { self.take(head) };
        // Release: pairs with the Acquire in `look_for_room` and `len`.
        self.popped.store(head + ITEM, Ordering::Release);
        (item, self.head.end.move_to(head + ITEM))
    }

    /// Finds items at position `head`; lets more gather where there are but few.
    #[inline]
    fn find_items(&self, head: u64) -> Result<(), TryPopError> {
        let tail = self.look_for_items(head)?;
        if self.head.gather.wait(bare(tail) - head, || {
            self.ledger.pushed.load(Ordering::Relaxed) != tail
        }) {
            self.look_for_items(head)?;
        }
        Ok(())
    }

    /// Returns the tail, or an error if there was nothing at position `head`; also brings the limit up to date.
    #[inline]
    fn look_for_items(&self, head: u64) -> Result<u64, TryPopError> {
        // Acquire: pairs with the Release in `push_at`; makes the items visible.
        let mut tail = self.ledger.pushed.load(Ordering::Acquire);
        if head == bare(tail) {
            tail = self.look_again_for_items(head)?;
        }
        // Release: pairs with the Acquire in `try_pop`; who goes by this limit sees the items too.
        self.head.limit.store(bare(tail), Ordering::Release);
        Ok(tail)
    }

    /// As `look_for_items`, for who has found none.
    #[cold]
    fn look_again_for_items(&self, head: u64) -> Result<u64, TryPopError> {
        // As in `look_again_for_room`.
        park::fence(Ordering::SeqCst);
        // Acquire: as in `look_for_items`.
        let tail = self.ledger.pushed.load(Ordering::Acquire);
        // The head cannot have passed the tail: if they were equal, they are.
        match (head == bare(tail), tail & CLOSED != 0) {
            (false, _) => Ok(tail),
            (true, true) => Err(TryPopError::Closed),
            (true, false) => Err(TryPopError::Empty),
        }
    }

    /// Takes the item out of the slot at position `head`, and gives the segment up if the slot was its last.
    ///
    /// # Safety
    ///
    /// The caller has locked the head, which is there, and has seen that an item is.
    #[inline]
    unsafe fn take(&self, head: u64) -> T {
        let this = self.head.segment.get();
        // SAFETY: the segment of this position stays until we give it up.
        let segment = unsafe { &*this };
        // SAFETY: it was written, and nobody else takes it.
        let item = unsafe {
            segment.slots[place_of(head)]
                .replace(MaybeUninit::uninit())
                .assume_init()
        };
        if is_last(head) && segment.next.get() != this {
            self.head.segment.set(segment.next.get());
            // SAFETY: the head leaves it here, and the tail left it when it wrote the item.
            unsafe { self.keep_or_free(this) };
        }
        item
    }

    /// The line in which these wait: at the end that has to move before they can go on.
    pub(super) fn line(&self, side: Side) -> &End {
        match side {
            Side::Push => &self.head.end,
            Side::Pop => &self.tail.end,
        }
    }

    /// Does the work of the first of these who wait, if that can be done at once, and wakes it if it sleeps; `even_if_waking`,
    /// also while another is waking up. The work may be what the other side waits for: so on until there is nothing to do.
    #[cold]
    pub(super) fn serve(&self, mut side: Side, mut even_if_waking: bool) {
        let goes_on = std::cell::Cell::new(true);
        while goes_on.replace(false) {
            let line = self.line(side);
            if !even_if_waking && !line.has_overlooked() {
                return;
            }
            let use_hand = |hand: &Hand<T>| goes_on.set(self.use_hand(side, hand));
            if let Some(token) = line.take_offer() {
                // SAFETY: the token is made by the waiter, from the hand that it has for this queue, and which is now ours.
                let hand = unsafe { Hand::of(token) };
                use_hand(hand);
                hand.give_back();
            } else {
                // SAFETY: the token is made as above, and its owner sleeps.
                line.wake_first(even_if_waking, |token| use_hand(unsafe { Hand::of(token) }));
            }
            (side, even_if_waking) = (side.other(), false);
        }
    }

    /// Pushes a waiter's item, or pops one for it. Returns whether there may be one of the other side to serve. Waits for nobody
    /// and leaves the last slot of a segment alone, as that may take an allocation; if it does nothing, the waiter will, for it
    /// is about to look. Under the bucket lock if the waiter sleeps.
    fn use_hand(&self, side: Side, hand: &Hand<T>) -> bool {
        match side {
            Side::Push => {
                let check = |tail| {
                    !is_last(tail) && tail & CLOSED == 0 && self.look_for_room(tail).is_some()
                };
                let Some(tail) = self.tail.end.try_lock_if(check) else {
                    return false;
                };
                let item = hand.take().expect("a push that waits has its item in hand");
                // SAFETY: we have locked the tail, which is there, and have seen that there is room.
                unsafe { self.push_at(tail, item) }
            }
            Side::Pop => {
                let check = |head| !is_last(head) && self.look_for_items(head).is_ok();
                let Some(head) = self.head.end.try_lock_if(check) else {
                    return false;
                };
                // SAFETY: we have locked the head, which is there, and have seen that an item is.
                let (item, serve) = unsafe { self.pop_at(head) };
                hand.put(item);
                serve
            }
        }
    }

    /// Ends pushing. Pops go on until nothing is left.
    pub(super) fn close(&self) {
        let closed = self.tail.end.lock() | CLOSED;
        // Release: as in `try_push`; who reads this in the place of a count that a push stored is to see its item.
        self.ledger.pushed.store(closed, Ordering::Release);
        // The caller wakes all.
        let _ = self.tail.end.move_to(closed);
    }

    /// Ends pushing and takes all that is left, in one step.
    pub(super) fn close_and_take_all(&self) -> Vec<T> {
        let closed = self.tail.end.lock() | CLOSED;
        let (head, end) = (self.head.end.lock(), bare(closed));
        // SAFETY: we have locked the head, and the tail, which is at `end`.
        let all = (head..end)
            .step_by(ITEM as usize)
            .map(|position| unsafe { self.take(position) })
            .collect();
        // Release, both: as in `push_at` and `pop_at`.
        self.ledger.pushed.store(closed, Ordering::Release);
        self.popped.store(end, Ordering::Release);
        // The caller wakes all.
        let _ = self.head.end.move_to(end);
        let _ = self.tail.end.move_to(closed);
        all
    }

    /// How many items there were at one moment of this call.
    pub(super) fn len(&self) -> usize {
        // As in `look_again_for_room`: what this thread pushed or popped before is there for others who count.
        park::fence(Ordering::SeqCst);
        loop {
            // Acquire, in both: the loads stay in this order, and no push is seen without the pops that made room for it, and
            // no pop without the push of its item.
            let tail = bare(self.ledger.pushed.load(Ordering::Acquire));
            let head = self.popped.load(Ordering::Acquire);
            // The same as before: so it was the tail too when the head was read.
            if bare(self.ledger.pushed.load(Ordering::Relaxed)) == tail {
                return usize::try_from((tail - head) / ITEM).unwrap_or(usize::MAX);
            }
        }
    }

    pub(super) fn capacity(&self) -> Option<usize> {
        self.tail.capacity
    }

    /// Whether it is worth another try.
    pub(super) fn is_worth(&self, side: Side) -> bool {
        match side {
            Side::Push => self.is_worth_a_push(),
            Side::Pop => self.is_worth_a_pop(),
        }
    }

    /// Whether a pop would find an item, or that there will be none.
    fn is_worth_a_pop(&self) -> bool {
        // Relaxed, both: who is about to sleep, or was woken, has passed the tail, and sees what was pushed before.
        let head = self.popped.load(Ordering::Relaxed);
        let tail = self.ledger.pushed.load(Ordering::Relaxed);
        tail & CLOSED != 0 || head != bare(tail)
    }

    /// Whether a push would find room, or that it is too late.
    fn is_worth_a_push(&self) -> bool {
        // Relaxed: as in `is_worth_a_pop`, with the head; an older tail is a lower one, and worth a push that is in vain.
        let tail = self.ledger.pushed.load(Ordering::Relaxed);
        tail & CLOSED != 0 || bare(tail) < self.full_at(Ordering::Relaxed)
    }

    pub(super) fn pauses(&self, side: Side) -> &Pauses {
        match side {
            Side::Push => &self.tail.pauses,
            Side::Pop => &self.head.pauses,
        }
    }

    /// How many items these have pushed or popped so far.
    pub(super) fn progress(&self, side: Side) -> u64 {
        let position = match side {
            Side::Push => &self.ledger.pushed,
            Side::Pop => &self.popped,
        };
        position.load(Ordering::Relaxed) / ITEM
    }

    /// The number of items and whether the queue is closed; without waiting, so the two may be of different moments.
    pub(super) fn glance(&self) -> (u64, bool) {
        let head = self.popped.load(Ordering::Relaxed);
        let tail = self.ledger.pushed.load(Ordering::Relaxed);
        (bare(tail).saturating_sub(head) / ITEM, tail & CLOSED != 0)
    }

    /// An empty segment. For whoever has locked the tail.
    fn spare_or_new(&self) -> *mut Segment<T> {
        let mut spare = self.tail.spares.get();
        if spare.is_null() {
            // Acquire: pairs with the Release in `keep_or_free`; the segments' items have been taken.
            spare = self.head.spares.swap(ptr::null_mut(), Ordering::Acquire);
        }
        // SAFETY: the tail's spares are ours alone while it is locked.
        let Some(segment) = (unsafe { spare.as_ref() }) else {
            return Segment::allocate();
        };
        self.tail.spares.set(segment.next.replace(ptr::null_mut()));
        self.head.spare_count.fetch_sub(1, Ordering::Relaxed);
        spare
    }

    /// Keeps an empty segment for the tail, or frees it if there are enough. For whoever has locked the head.
    ///
    /// # Safety
    ///
    /// Nobody else knows of `segment`.
    #[cold]
    unsafe fn keep_or_free(&self, segment: *mut Segment<T>) {
        if self.head.spare_count.load(Ordering::Relaxed) >= SPARES {
            // SAFETY: passed on.
            return unsafe { Segment::free(segment) };
        }
        self.head.spare_count.fetch_add(1, Ordering::Relaxed);
        // SAFETY: passed on.
        let next = unsafe { &(*segment).next };
        let mut first = self.head.spares.load(Ordering::Relaxed);
        loop {
            next.set(first);
            // Release: pairs with the Acquire in `spare_or_new`.
            match self.head.spares.compare_exchange_weak(
                first,
                segment,
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(now) => first = now,
            }
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
        for list in [
            head.segment.get(),
            head.spares.load(Ordering::Relaxed),
            tail.spares.get(),
        ] {
            let mut chain = list;
            // SAFETY: only operations that have ended by now used it.
            while let Some(segment) = unsafe { chain.as_ref() } {
                let this = chain;
                chain = segment.next.get();
                if chain == this {
                    chain = ptr::null_mut(); // A ring.
                }
                // SAFETY: as above, and each segment is in one list.
                unsafe { Segment::free(this) };
            }
        }
    }
}

impl<T> Segment<T> {
    #[expect(
        clippy::multiple_unsafe_ops_per_block,
        reason = "a field of a box and the write to it are one thing"
    )]
    fn allocate() -> *mut Self {
        let mut fresh = Box::<Self>::new_uninit();
        let segment = fresh.as_mut_ptr();
        // In place: an array of slots for large items does not belong on the stack.
        // SAFETY: `segment` points to memory of the box.
        unsafe { (&raw mut (*segment).next).write(Cell::new(ptr::null_mut())) };
        for slot in 0..SLOTS {
            // SAFETY: as above.
            unsafe { (&raw mut (*segment).slots[slot]).write(Cell::new(MaybeUninit::uninit())) };
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

/// How many items, times `ITEM`, a pop lets become more, and how many places a push: at most a cache line of words. A
/// single one may be a question that waits for its answer; then `Gather` soon stops trying. None where a push would soon
/// find no room.
fn few(capacity: Option<usize>) -> Range<u64> {
    if capacity.is_none_or(|capacity| capacity >= 64) {
        ITEM..9 * ITEM
    } else {
        0..0
    }
}

#[cfg(all(test, not(any(sync_primitives_loom, sync_primitives_shuttle))))]
mod tests {
    use super::*;
    use std::{collections::HashSet, iter};

    /// The segments chained behind this one, and it.
    fn chained<T>(first: *mut Segment<T>) -> Vec<*mut Segment<T>> {
        // SAFETY: no other thread uses the queue, so its segments live.
        let next = |segment: &*mut Segment<T>| Some(unsafe { segment.as_ref() }?.next.get());
        iter::successors(Some(first), next)
            .filter(|segment| !segment.is_null())
            .collect()
    }

    fn spares<T>(segments: &Segments<T>) -> Vec<*mut Segment<T>> {
        [
            chained(segments.head.spares.load(Ordering::Relaxed)),
            chained(segments.tail.spares.get()),
        ]
        .concat()
    }

    /// Fills and empties a queue.
    fn used(segments: &Segments<usize>, items: usize) {
        (0..items).for_each(|item| segments.try_push(item).unwrap());
        (0..items).for_each(|item| assert_eq!(segments.try_pop(), Ok(item)));
    }

    #[test]
    fn a_segment_is_left_when_all_its_slots_are_used() {
        let segments = Segments::new(None);
        for item in 0..3 * SLOTS {
            assert_eq!(chained(segments.head.segment.get()).len(), 1 + item / SLOTS);
            segments.try_push(item).unwrap();
        }
        for item in 0..3 * SLOTS {
            assert_eq!(chained(segments.head.segment.get()).len(), 4 - item / SLOTS);
            segments.try_pop().unwrap();
        }
    }

    #[test]
    fn a_queue_that_fits_into_a_segment_goes_round_in_it() {
        for (capacity, is_ring) in [(1, true), (SLOTS, true), (SLOTS + 1, false)] {
            let segments = Segments::new(Some(capacity));
            let first = segments.head.segment.get();
            for _ in 0..=2 * SLOTS {
                used(&segments, capacity);
            }
            segments.try_push(0).unwrap(); // To be dropped with the queue.
            let now = [segments.head.segment.get(), segments.tail.segment.get()];
            assert_eq!(now == [first; 2], is_ring, "with {capacity} places");
            assert_eq!(spares(&segments).is_empty(), is_ring);
        }
    }

    #[test]
    fn items_gather_where_there_are_several_and_room_for_many() {
        for capacity in [None, Some(64), Some(1_000)] {
            assert_eq!(
                [0, 1, 2, 8, 9, 64].map(|items| few(capacity).contains(&(items * ITEM))),
                [false, true, true, true, false, false]
            );
        }
        assert!((1..64).all(|capacity| few(Some(capacity)).is_empty()));
    }

    #[test]
    fn who_offers_an_item_has_it_pushed_and_who_offers_a_place_gets_one() {
        let segments = Segments::new(Some(1));
        segments.try_push(1).unwrap();
        let hand = Hand::new(Some(2));
        assert!(segments.line(Side::Push).offer(hand.token()));
        assert_eq!(segments.try_pop(), Ok(1));
        hand.get_back();
        assert_eq!((hand.take(), segments.try_pop()), (None, Ok(2)));

        assert!(segments.line(Side::Pop).offer(hand.token()));
        segments.try_push(3).unwrap();
        hand.get_back();
        assert_eq!((hand.take(), segments.len()), (Some(3), 0));
    }

    #[test]
    fn an_offer_that_cannot_be_met_is_given_back() {
        let (segments, hand) = (Segments::<u8>::new(Some(1)), Hand::<u8>::new(None));
        assert!(segments.line(Side::Pop).offer(hand.token()));
        segments.serve(Side::Pop, false);
        hand.get_back();
        assert_eq!(hand.take(), None);
    }

    #[test]
    fn each_spare_segment_is_kept_and_counted_once() {
        let segments = Segments::new(None);
        for items in [10, 3, 7, 2 * SPARES, 1] {
            used(&segments, items * SLOTS);
            let spares = spares(&segments);
            assert_eq!(
                spares.len(),
                segments.head.spare_count.load(Ordering::Relaxed),
                "after {items} segments"
            );
            assert_eq!(spares.iter().collect::<HashSet<_>>().len(), spares.len());
            assert!(spares.len() <= SPARES);
        }
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
            assert!(segment.next.get().is_null());
            // SAFETY: the last pointer to it.
            unsafe { Segment::free(spare) };
        }
        assert_eq!(segments.head.spare_count.load(Ordering::Relaxed), 0);
    }
}

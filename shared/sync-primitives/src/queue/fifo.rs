//! The algorithm of [`Queue`](super::Queue): first in, first out, with a lock at each end.
//!
//! This is the queue with two locks of Michael and Scott ("Simple, Fast, and Practical Non-Blocking
//! and Blocking Concurrent Queue Algorithms", 1996), over segments of slots instead of nodes. To
//! push an item, a thread
//!
//! 1. locks the tail, with one compare-exchange ([`End::lock_if`]);
//! 2. writes the item into the next slot ([`Cursor::write`]);
//! 3. publishes the new position of the tail, and unlocks the tail, with one store each;
//! 4. wakes a thread that is parked until the tail moves, if there is one.
//!
//! A pop does the same at the head. Four rules keep the two ends out of each other's way:
//!
//! - Each end has a lock of its own, so pushes and pops do not wait for each other.
//! - Each end has a *limit*: a position of the other end that it remembers. Only an end that has
//!   reached its limit looks at the other end again. A limit may be out of date, but it is never
//!   wrong, because positions only grow.
//! - The published positions, which the other end reads, have cache lines of their own. If an end
//!   published its position in the word that holds its lock, every look of the other end would slow
//!   down the threads that compete for the lock.
//! - Threads that wait at an end look at it less and less often before they park.
//!
//! The design note *Design of Queue* in the book (`docs/src/design/queue.md`) tells what else was
//! tried.

use super::{
    Patience, PushRefusal, TryPopError,
    cache_padded::CachePadded,
    end::{CLOSED, End, ITEM, items},
    segment::{Cursor, Spare},
    task_counter::TaskCounter,
};
use crate::park::{self, AtomicU64, Coalescer, Instant, Ordering};
use std::fmt;

pub(super) struct Fifo<T> {
    head: CachePadded<Head<T>>,
    tail: CachePadded<Tail<T>>,
    /// The published position of the head: `items popped so far * ITEM`. The published position of
    /// the tail is `tasks.pushed`, with the bit `CLOSED` once the queue is closed.
    popped: CachePadded<AtomicU64>,
    tasks: TaskCounter,
    spare: Spare<T>,
    capacity: Option<usize>,
}

/// In this order, all that a pop uses is in one cache line. The coalescer is behind it.
#[repr(C)]
struct Head<T> {
    /// Pushes that find the queue full wait here.
    end: End,
    /// The items before this position have been pushed.
    limit: AtomicU64,
    cursor: Cursor<T>,
    /// For pops, which wait at the tail.
    coalescer: Coalescer,
}

/// In this order, all that a push uses is in one cache line. The coalescer is behind it.
#[repr(C)]
struct Tail<T> {
    /// Pops that find the queue empty wait here.
    end: End,
    /// The queue has room for items before this position.
    limit: AtomicU64,
    cursor: Cursor<T>,
    /// The capacity, in units of positions.
    room: u64,
    /// For pushes, which wait at the head.
    coalescer: Coalescer,
}

/// The tail of a queue, locked by this thread, with room for an item.
#[must_use = "the tail stays locked until the vacancy is filled"]
pub(super) struct Vacancy<'a, T> {
    queue: &'a Fifo<T>,
    tail: u64,
}

impl<T> Vacancy<'_, T> {
    /// Pushes the item.
    #[inline]
    pub(super) fn fill(self, item: T) {
        // SAFETY: only `vacancy` makes one, when it has just locked the tail.
        unsafe { self.queue.write_and_unlock(self.tail, item) };
    }
}

/// The head of a queue, locked by this thread, with an item to pop.
#[must_use = "the head stays locked until the item is taken"]
pub(super) struct Occupied<'a, T> {
    queue: &'a Fifo<T>,
    head: u64,
}

impl<T> Occupied<'_, T> {
    /// Pops the item.
    #[inline]
    pub(super) fn take(self) -> T {
        // SAFETY: only `occupied` makes one, when it has just locked the head.
        unsafe { self.queue.read_and_unlock(self.head) }
    }
}

// SAFETY: the queue owns its items, and hands each of them to one thread. So sending the queue
// sends its items.
unsafe impl<T: Send> Send for Fifo<T> {}
// SAFETY: threads that share the queue push and pop owned items, which sends the items from thread
// to thread. A cursor is accessed only by the thread that has locked its end. A slot is accessed by
// the push that publishes it, and then by the pop that sees it published.
unsafe impl<T: Send> Sync for Fifo<T> {}

impl<T> Fifo<T> {
    pub(super) fn new(capacity: Option<usize>) -> Self {
        assert!(
            capacity != Some(0),
            "a queue of capacity 0 could never hold an item"
        );
        let (head, tail) = Cursor::new_pair(capacity);
        let room = match capacity {
            Some(capacity) => (capacity as u64).saturating_mul(ITEM),
            None => u64::MAX,
        };
        Fifo {
            head: CachePadded(Head {
                end: End::new(),
                limit: AtomicU64::new(0),
                cursor: head,
                coalescer: Coalescer::new(),
            }),
            tail: CachePadded(Tail {
                end: End::new(),
                limit: AtomicU64::new(room),
                cursor: tail,
                room,
                coalescer: Coalescer::new(),
            }),
            popped: CachePadded(AtomicU64::new(0)),
            tasks: TaskCounter::new(),
            spare: Spare::new(),
            capacity,
        }
    }

    /// Locks the tail for a push, and waits for room if need be. The caller must fill the vacancy.
    ///
    /// The item itself stays with the caller until there is room. So the waiting code never moves it.
    #[inline]
    pub(super) fn vacancy(
        &self,
        _item: &T,
        patience: Patience,
    ) -> Result<Vacancy<'_, T>, PushRefusal> {
        match self.lock_tail(patience) {
            Ok(tail) => Ok(Vacancy { queue: self, tail }),
            Err(refusal) => Err(refusal),
        }
    }

    /// As `vacancy`, with the head. The caller must take the item.
    #[inline]
    pub(super) fn occupied(&self, patience: Patience) -> Result<Occupied<'_, T>, TryPopError> {
        match self.lock_head(patience) {
            Ok(head) => Ok(Occupied { queue: self, head }),
            Err(error) => Err(error),
        }
    }

    /// Locks the tail, when there is room for another item. Returns the position of the tail.
    #[inline]
    fn lock_tail(&self, patience: Patience) -> Result<u64, PushRefusal> {
        match (self.try_lock_tail(), patience) {
            (Err(PushRefusal::Full), Patience::Until(deadline)) => self.lock_tail_slow(deadline),
            (result, _) => result,
        }
    }

    #[inline]
    fn try_lock_tail(&self) -> Result<u64, PushRefusal> {
        self.tail.end.lock_if(|tail| {
            if tail & CLOSED != 0 {
                return Err(PushRefusal::Closed);
            }
            // Acquire: pairs with the Release in `load_tail_limit`; makes visible what the
            // threads did whose pops made the room.
            if tail < self.tail.limit.load(Ordering::Acquire) || self.update_tail_limit(tail) {
                Ok(())
            } else {
                Err(PushRefusal::Full)
            }
        })
    }

    /// Waits for the head to move, because only a pop makes room.
    #[cold]
    fn lock_tail_slow(&self, deadline: Option<Instant>) -> Result<u64, PushRefusal> {
        let mut in_time = !park::has_passed(deadline);
        while in_time {
            in_time = self.head.end.wait_until(
                || self.may_push(),
                || self.popped.load(Ordering::Relaxed),
                &self.tail.coalescer,
                deadline,
            );
            match self.try_lock_tail() {
                Err(PushRefusal::Full) => {}
                result => return result,
            }
        }
        Err(PushRefusal::Full)
    }

    /// Looks at the head again. Returns `true` if the queue has room at position `tail`.
    #[inline]
    fn update_tail_limit(&self, tail: u64) -> bool {
        self.load_tail_limit(tail) || self.load_tail_limit_again(tail)
    }

    #[inline]
    fn load_tail_limit(&self, tail: u64) -> bool {
        // Acquire: pairs with the Release in `read_and_unlock`; makes visible what the threads did
        // whose pops made the room.
        let popped = self.popped.load(Ordering::Acquire);
        let limit = popped.saturating_add(self.tail.room);
        // Release: pairs with the Acquire in `try_lock_tail`.
        self.tail.limit.store(limit, Ordering::Release);
        tail < limit
    }

    /// Looks once more before a push fails.
    ///
    /// Suppose one thread pushes and then fails to push again, and another one pops and then fails to
    /// pop again. The fences make sure that at least one of them sees the other's success (Dekker's
    /// pattern).
    #[cold]
    fn load_tail_limit_again(&self, tail: u64) -> bool {
        park::fence(Ordering::SeqCst);
        self.load_tail_limit(tail)
    }

    /// Writes an item at the tail, publishes it and unlocks the tail.
    ///
    /// # Safety
    ///
    /// The caller has locked the tail by `lock_tail`, which returned `tail`.
    #[inline]
    unsafe fn write_and_unlock(&self, tail: u64, item: T) {
        // SAFETY: we have locked the tail, and `lock_tail` has seen that there is room.
        unsafe { self.tail.cursor.write(tail, item, &self.spare) };
        let tail = tail + ITEM;
        // Release: pairs with the Acquire loads of `pushed`; publishes the item, and what this
        // thread did before the push.
        self.tasks.pushed.store(tail, Ordering::Release);
        if self.tail.end.unlock(tail) {
            self.tail.end.wake_one();
        }
    }

    /// Whether a push would succeed, or fail because the queue is closed.
    fn may_push(&self) -> bool {
        // Relaxed: a thread that is about to park has synchronized with the head, so it sees every
        // pop that did not see it. If it reads an old tail, it only tries again too early.
        let tail = self.tasks.pushed.load(Ordering::Relaxed);
        let popped = self.popped.load(Ordering::Relaxed);
        tail & CLOSED != 0 || items(tail) < popped.saturating_add(self.tail.room)
    }

    /// Locks the head, when there is an item to pop. Returns the position of the head.
    #[inline]
    fn lock_head(&self, patience: Patience) -> Result<u64, TryPopError> {
        match (self.try_lock_head(), patience) {
            (Err(TryPopError::Empty), Patience::Until(deadline)) => self.lock_head_slow(deadline),
            (result, _) => result,
        }
    }

    #[inline]
    fn try_lock_head(&self) -> Result<u64, TryPopError> {
        self.head.end.lock_if(|head| {
            // Acquire: pairs with the Release in `load_head_limit`; makes the items before the limit
            // visible.
            if head < self.head.limit.load(Ordering::Acquire) {
                return Ok(());
            }
            self.update_head_limit(head)
        })
    }

    /// Waits for the tail to move, because only a push brings an item.
    #[cold]
    fn lock_head_slow(&self, deadline: Option<Instant>) -> Result<u64, TryPopError> {
        let mut in_time = !park::has_passed(deadline);
        while in_time {
            in_time = self.tail.end.wait_until(
                || self.may_pop(),
                || self.tasks.pushed.load(Ordering::Relaxed),
                &self.head.coalescer,
                deadline,
            );
            match self.try_lock_head() {
                Err(TryPopError::Empty) => {}
                result => return result,
            }
        }
        Err(TryPopError::Empty)
    }

    /// Looks at the tail again. Returns an error if there is no item at position `head`.
    #[inline]
    fn update_head_limit(&self, head: u64) -> Result<(), TryPopError> {
        let tail = self.load_head_limit();
        if head < items(tail) {
            return Ok(());
        }
        self.update_head_limit_again(head)
    }

    #[inline]
    fn load_head_limit(&self) -> u64 {
        // Acquire: pairs with the Release in `write_and_unlock`; makes the items visible.
        let tail = self.tasks.pushed.load(Ordering::Acquire);
        // Release: pairs with the Acquire in `try_lock_head`.
        self.head.limit.store(items(tail), Ordering::Release);
        tail
    }

    /// Looks once more before a pop fails. See `load_tail_limit_again`.
    #[cold]
    fn update_head_limit_again(&self, head: u64) -> Result<(), TryPopError> {
        park::fence(Ordering::SeqCst);
        let tail = self.load_head_limit();
        if head < items(tail) {
            Ok(())
        } else if tail & CLOSED != 0 {
            Err(TryPopError::Closed)
        } else {
            Err(TryPopError::Empty)
        }
    }

    /// Reads the item at the head, publishes the new position and unlocks the head.
    ///
    /// # Safety
    ///
    /// The caller has locked the head by `lock_head`, which returned `head`.
    #[inline]
    unsafe fn read_and_unlock(&self, head: u64) -> T {
        // SAFETY: we have locked the head, and `lock_head` has seen that there is an item.
        let item = unsafe { self.head.cursor.read(head, &self.spare) };
        let head = head + ITEM;
        // Release: pairs with the Acquire in `load_tail_limit` and `len`.
        self.popped.store(head, Ordering::Release);
        if self.head.end.unlock(head) {
            self.head.end.wake_one();
        }
        item
    }

    /// Whether a pop would succeed, or fail because the queue is closed.
    fn may_pop(&self) -> bool {
        // Relaxed: as in `may_push`, with the tail. An old head only makes the queue look less empty,
        // so the thread tries again too early.
        let popped = self.popped.load(Ordering::Relaxed);
        let tail = self.tasks.pushed.load(Ordering::Relaxed);
        tail & CLOSED != 0 || popped < items(tail)
    }

    /// Ends pushing. Pops go on until nothing is left.
    pub(super) fn close(&self) {
        let closed = self.tail.end.lock() | CLOSED;
        // Release: as in `write_and_unlock`, because this replaces the count that a push stored.
        self.tasks.pushed.store(closed, Ordering::Release);
        let _ = self.tail.end.unlock(closed);
        self.wake_all();
    }

    /// Ends pushing, and takes all items that are left, in one step.
    pub(super) fn close_now(&self) -> Vec<T> {
        let closed = self.tail.end.lock() | CLOSED;
        let head = self.head.end.lock();
        let tail = items(closed);
        // Only items without a size can be more than a `Vec` can hold. The rest of them stays.
        let count = usize::try_from((tail - head) / ITEM).unwrap_or(usize::MAX);
        let mut left = Vec::with_capacity(count);
        let mut position = head;
        for _ in 0..count {
            // SAFETY: we have locked the head and the tail, and this many items have been pushed.
            left.push(unsafe { self.head.cursor.read(position, &self.spare) });
            position += ITEM;
        }
        let head = position;
        // Release, both: as in `write_and_unlock` and `read_and_unlock`.
        self.tasks.pushed.store(closed, Ordering::Release);
        self.popped.store(head, Ordering::Release);
        let _ = self.head.end.unlock(head);
        let _ = self.tail.end.unlock(closed);
        self.wake_all();
        // `task_done` may already have been called for some of these items.
        self.tasks.finish(left.len() as u64);
        left
    }

    /// Wakes every waiting thread, because the queue has been closed.
    fn wake_all(&self) {
        self.tail.end.wake_all();
        self.head.end.wake_all();
    }

    pub(super) fn tasks(&self) -> &TaskCounter {
        &self.tasks
    }

    /// The number of items at one moment of this call.
    pub(super) fn len(&self) -> usize {
        // As in `load_tail_limit_again`: other threads that count see what this thread did before.
        park::fence(Ordering::SeqCst);
        loop {
            // Acquire: the loads stay in this order. No push is seen without the pops that made room
            // for it, and no pop without the push of its item.
            let tail = items(self.tasks.pushed.load(Ordering::Acquire));
            let head = self.popped.load(Ordering::Acquire);
            // If the tail has not moved meanwhile, both were read at the moment of the second load.
            if items(self.tasks.pushed.load(Ordering::Relaxed)) == tail {
                return usize::try_from((tail - head) / ITEM).unwrap_or(usize::MAX);
            }
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.capacity.is_some_and(|capacity| self.len() >= capacity)
    }

    pub(super) fn capacity(&self) -> Option<usize> {
        self.capacity
    }

    /// The number of parked threads.
    pub(super) fn waiters(&self) -> usize {
        self.tail.end.waiters() + self.head.end.waiters() + self.tasks.waiters()
    }

    /// Writes what `Debug` shows. Never waits, so the numbers may be from different moments.
    pub(super) fn fmt_fields(&self, f: &mut fmt::DebugStruct<'_, '_>) {
        let head = self.popped.load(Ordering::Relaxed);
        let tail = self.tasks.pushed.load(Ordering::Relaxed);
        f.field("capacity", &self.capacity)
            .field("len", &(items(tail).saturating_sub(head) / ITEM))
            .field("closed", &(tail & CLOSED != 0));
    }
}

impl<T> Drop for Fifo<T> {
    fn drop(&mut self) {
        // Locals are dropped in reverse order, also while a panic in the `Drop` of an item unwinds.
        // Then `items` drops the remaining items, and `_segments` frees the memory.
        let _segments = FreeSegments(self);
        let items = Items(self);
        items.drop_all();
    }
}

/// The items that are left in a queue that is being dropped.
struct Items<'a, T>(&'a Fifo<T>);

impl<T> Items<'_, T> {
    fn drop_all(&self) {
        while let Ok(occupied) = self.0.occupied(Patience::None) {
            drop(occupied.take());
        }
    }
}

impl<T> Drop for Items<'_, T> {
    fn drop(&mut self) {
        self.drop_all();
    }
}

/// Frees the segments of an empty queue: the one in use, and the spare one.
struct FreeSegments<'a, T>(&'a Fifo<T>);

impl<T> Drop for FreeSegments<'_, T> {
    fn drop(&mut self) {
        // SAFETY: the queue is being dropped, and its items have been dropped before.
        unsafe { self.0.head.cursor.free_segment() };
        // SAFETY: as above.
        unsafe { self.0.spare.free() };
    }
}

#[cfg(all(test, not(any(sync_primitives_loom, sync_primitives_shuttle))))]
mod tests {
    use super::*;
    use std::mem::offset_of;

    // With one more line, a queue of capacity 16 between two threads took 2.5 times as long.
    #[test]
    fn a_push_and_a_pop_use_one_cache_line_of_their_end() {
        assert!(offset_of!(Head<u64>, coalescer) <= 64);
        assert!(offset_of!(Tail<u64>, coalescer) <= 64);
    }
}

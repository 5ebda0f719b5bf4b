//! One end of a FIFO queue: how far it has come, the lock that protects it, and the threads that
//! are parked until it moves on.

use crate::park::{
    self, AtomicU64, AtomicUsize, Backoff, Coalescer, DEFAULT_PARK_TOKEN, DEFAULT_UNPARK_TOKEN,
    FilterOp, Instant, Ordering, ParkResult, SpinWait, UnparkResult,
};
use std::convert::Infallible;

/// Bit of a position, set at the tail only: the queue accepts no more items.
pub(super) const CLOSED: u64 = 0b01;
/// Bit of a position: a thread has locked this end.
const LOCKED: u64 = 0b10;
/// One item in a position, above the bits. The remaining 62 bits can count the items of a queue
/// that passes a billion items per second for 146 years.
pub(super) const ITEM: u64 = 0b100;

/// Bit of `End::parked`: threads are parked, or about to park.
const PARKED: usize = 1;

/// The position without its bits: the number of items that have passed, times `ITEM`.
#[inline]
pub(super) fn items(position: u64) -> u64 {
    position & !(ITEM - 1)
}

/// One end of a queue.
///
/// The position and the lock share one word. So locking the end is one compare-exchange, and moving
/// it and unlocking it is one store.
///
/// A thread that waits for this end to move has to make sure that either it sees the move, or the
/// thread that moves the end sees that somebody is parked. Without a fence on the fast path, the
/// lock itself orders the two:
///
/// - The moving thread reads `parked` while it has the end locked.
/// - The waiting thread sets the bit `PARKED` of `parked`, then finds a moment at which the end is
///   not locked (see [`synchronize`](End::synchronize)), and then looks at the queue.
///
/// If the end was moved before that moment, the waiting thread sees the move. If it is moved after
/// that moment, the moving thread sees the bit, unless the bit has been cleared since the waiting
/// thread set it. Another waiting thread may have set it again by then, but too late for a move in
/// between. So clearing the bit also changes the rest of the word, and a thread parks only if the
/// word is still as it has set it.
pub(super) struct End {
    /// `items passed so far * ITEM | LOCKED | CLOSED`.
    position: AtomicU64,
    /// `number of times that PARKED was cleared * 2 | PARKED`. The bit is cleared only under the
    /// bucket lock, when the wait queue is empty. Relaxed everywhere: see above.
    parked: AtomicUsize,
}

impl End {
    pub(super) fn new() -> Self {
        End {
            position: AtomicU64::new(0),
            parked: AtomicUsize::new(0),
        }
    }

    /// Locks the end, unless `check` returns an error for its position. Returns the position.
    #[inline]
    pub(super) fn lock_if<E>(&self, check: impl Fn(u64) -> Result<(), E>) -> Result<u64, E> {
        // Acquire, here and below: pairs with the Release in `unlock`; makes visible what the last
        // thread did that had the end locked, also if `check` refuses.
        let position = self.position.load(Ordering::Acquire);
        if position & LOCKED == 0 {
            check(position)?;
            let locked = position | LOCKED;
            if self
                .position
                .compare_exchange(position, locked, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
            {
                return Ok(position);
            }
        }
        self.lock_contended(check)
    }

    /// The slow path of `lock_if`, kept out of line so that only the fast path is inlined.
    #[cold]
    fn lock_contended<E>(&self, check: impl Fn(u64) -> Result<(), E>) -> Result<u64, E> {
        let mut backoff = Backoff::new();
        loop {
            let position = self.position.load(Ordering::Acquire);
            if position & LOCKED != 0 {
                backoff.wait();
                continue;
            }
            check(position)?;
            let locked = position | LOCKED;
            if self
                .position
                .compare_exchange_weak(position, locked, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
            {
                return Ok(position);
            }
        }
    }

    /// Locks the end. Returns its position.
    pub(super) fn lock(&self) -> u64 {
        let Ok(position) = self.lock_if(|_| Ok::<_, Infallible>(()));
        position
    }

    /// Moves the end to `position` and unlocks it. Returns `true` if threads may be parked until
    /// the end moves: the caller must then wake one.
    ///
    /// Only the thread that has locked the end may call this.
    #[inline]
    #[must_use]
    pub(super) fn unlock(&self, position: u64) -> bool {
        let parked = self.parked.load(Ordering::Relaxed);
        // Release: pairs with the Acquire in `lock_if`.
        self.position.store(position, Ordering::Release);
        parked & PARKED != 0
    }

    /// Finds a moment at which the end is not locked. What other threads did before, while they had
    /// it locked, is visible to this thread, and what this thread did before is visible to threads
    /// that lock the end later.
    fn synchronize(&self) {
        let mut backoff = Backoff::new();
        loop {
            let position = self.position.load(Ordering::Relaxed);
            if position & LOCKED != 0 {
                backoff.wait();
                continue;
            }
            // This changes nothing, but it has a place in the order of the lock operations.
            // Acquire: pairs with the Release in `unlock`. Release: pairs with the Acquire in
            // `lock_if`.
            if self
                .position
                .compare_exchange_weak(position, position, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok()
            {
                return;
            }
        }
    }

    /// Waits until `is_ready`, or until `deadline`: first awake, then parked at this end. Returns
    /// whether the thread is still in time.
    ///
    /// The wait can end early, so the caller checks again in a loop. `position` returns how far this
    /// end has come. `coalescer` is shared by all threads that wait here. It belongs to the other end,
    /// because they write to it, and the threads that move this end must not wait for its cache line.
    pub(super) fn wait_until(
        &self,
        is_ready: impl Fn() -> bool,
        position: impl Fn() -> u64,
        coalescer: &Coalescer,
        deadline: Option<Instant>,
    ) -> bool {
        let mut spin = SpinWait::QUEUE;
        while spin.spin_while_others_work(deadline, || position() / ITEM) {
            if is_ready() {
                coalescer.wait(position);
                return true;
            }
        }
        let parked = self.parked.fetch_or(PARKED, Ordering::Relaxed) | PARKED;
        self.synchronize();
        self.park(parked, is_ready, deadline) != ParkResult::TimedOut
    }

    /// Parks the current thread, unless the queue `is_ready` or the word `parked` has changed since
    /// this thread set `PARKED` in it.
    fn park(
        &self,
        parked: usize,
        is_ready: impl Fn() -> bool,
        deadline: Option<Instant>,
    ) -> ParkResult {
        let validate = || self.parked.load(Ordering::Relaxed) == parked && !is_ready();
        let timed_out = |_key, was_last| {
            if was_last {
                self.clear_parked();
            }
        };
        let (key, token) = (self.key(), DEFAULT_PARK_TOKEN);
        // SAFETY:
        // - The key is the address of this end's own field, so only its waiters park there.
        // - `validate` and `timed_out` only access atomics of the queue, so they neither panic nor
        //   call into the parking lot.
        // - `before_sleep` does nothing.
        unsafe { park::park(key, validate, || {}, timed_out, token, deadline) }
    }

    /// Wakes the first thread in the wait queue.
    #[cold]
    pub(super) fn wake_one(&self) {
        let mut woken = false;
        let filter = |_| {
            if woken {
                return FilterOp::Stop;
            }
            woken = true;
            FilterOp::Unpark
        };
        self.unpark(filter);
    }

    /// Wakes every thread in the wait queue, after a change that ends every wait.
    pub(super) fn wake_all(&self) {
        self.unpark(|_| FilterOp::Unpark);
    }

    fn unpark(&self, filter: impl FnMut(park::ParkToken) -> FilterOp) {
        let callback = |result: UnparkResult| {
            if !result.have_more_threads {
                self.clear_parked();
            }
            DEFAULT_UNPARK_TOKEN
        };
        // SAFETY:
        // - The key is the address of this end's own field, so only its waiters park there.
        // - The filters above access nothing but a local, and `callback` only accesses `parked`, so
        //   they neither panic nor call into the parking lot.
        unsafe { park::unpark_filter(self.key(), filter, callback) };
    }

    /// Records that nobody is parked. The caller must hold the bucket lock.
    fn clear_parked(&self) {
        if self.parked.load(Ordering::Relaxed) & PARKED != 0 {
            // The bit is the lowest one, so this clears it and counts in the rest of the word.
            self.parked.fetch_add(PARKED, Ordering::Relaxed);
        }
    }

    /// The address at which waiters park.
    fn key(&self) -> usize {
        (&raw const self.parked).addr()
    }

    /// The number of parked threads.
    pub(super) fn waiters(&self) -> usize {
        park::waiters(self.key())
    }
}

#[cfg(all(test, sync_primitives_loom))]
mod models {
    use super::*;
    use std::sync::Arc;

    /// A queue without items: only the numbers of those that were pushed and popped.
    struct Counts {
        tail: End,
        pushed: AtomicU64,
        popped: AtomicU64,
    }

    impl Counts {
        fn push(&self) {
            let tail = self.tail.lock() + ITEM;
            self.pushed.store(tail, Ordering::Release);
            if self.tail.unlock(tail) {
                self.tail.wake_one();
            }
        }

        fn is_ready(&self) -> bool {
            let popped = self.popped.load(Ordering::Relaxed);
            popped < self.pushed.load(Ordering::Relaxed)
        }

        fn pop(&self) {
            loop {
                let popped = self.popped.load(Ordering::Acquire);
                if popped == self.pushed.load(Ordering::Acquire) {
                    self.tail
                        .wait_until(|| self.is_ready(), || 0, &Coalescer::new(), None);
                    continue;
                }
                let next = popped + ITEM;
                if self
                    .popped
                    .compare_exchange(popped, next, Ordering::AcqRel, Ordering::Relaxed)
                    .is_ok()
                {
                    return;
                }
            }
        }
    }

    // The bit that this thread has set may have been cleared by a waiter that timed out, and set
    // again by one that came later. Pushes in between have not seen it.
    #[test]
    fn queue_end_wakes_a_waiter_whose_bit_was_cleared_and_set_again() {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(2);
        builder.check(|| {
            let counts = Arc::new(Counts {
                tail: End::new(),
                pushed: AtomicU64::new(0),
                popped: AtomicU64::new(0),
            });
            let parked = counts.tail.parked.fetch_or(PARKED, Ordering::Relaxed) | PARKED;
            counts.tail.synchronize();
            counts.tail.clear_parked();
            let first = {
                let counts = counts.clone();
                loom::thread::spawn(move || {
                    counts.tail.park(parked, || counts.is_ready(), None);
                    counts.pop();
                })
            };
            let second = {
                let counts = counts.clone();
                loom::thread::spawn(move || counts.pop())
            };
            counts.push();
            counts.push();
            first.join().expect("the first waiter gets an item");
            second.join().expect("the second waiter gets an item");
        });
    }
}

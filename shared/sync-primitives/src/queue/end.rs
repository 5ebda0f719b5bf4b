//! One end of a FIFO queue: its position, the lock that protects it, and the threads that are
//! parked until it moves.

use crate::park::{
    self, AtomicU64, AtomicUsize, Backoff, Coalescer, DEFAULT_PARK_TOKEN, DEFAULT_UNPARK_TOKEN,
    FilterOp, Instant, Ordering, ParkResult, SpinWait, UnparkResult,
};
use std::convert::Infallible;

/// Bit of a position, set at the tail only: the queue accepts no more items.
pub(super) const CLOSED: u64 = 0b01;
/// Bit of a position: a thread has locked this end.
const LOCKED: u64 = 0b10;
/// How much a position grows with each item. The two lowest bits are flags, and the other 62 bits
/// can count the items of a queue that passes a billion items per second for 146 years.
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
/// Before a thread parks here, one of two things must be certain: it has seen the latest move, or
/// the next thread that moves the end sees the bit `PARKED`. The fast path has no fence for this.
/// Instead, both threads use the lock word:
///
/// - The moving thread reads `parked` while it has the end locked.
/// - The waiting thread sets `PARKED`. Then it does a read-modify-write on the lock word while the
///   end is unlocked (see [`synchronize`](End::synchronize)). Only then does it look at the queue
///   for the last time.
///
/// All changes to the lock word happen in a single order. If the end was moved and unlocked before
/// the read-modify-write, the waiting thread sees the move. If a thread locks the end after the
/// read-modify-write, it sees the bit, unless the bit has been cleared since.
///
/// It is not enough that the bit is set when the thread parks. The bit may have been cleared and
/// then set again by another waiting thread. A move in between would have woken nobody. So clearing
/// the bit also changes the rest of the word, and a thread parks only if the word is still as it
/// was when this thread set the bit.
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

    /// Locks the end, if `check` allows it at the current position. Returns the position.
    ///
    /// `check` runs while the end is *not* locked, perhaps several times, and perhaps in several
    /// threads at once. The compare-exchange then locks the end only if it is still at the position
    /// that was checked.
    #[inline]
    pub(super) fn lock_if<E>(&self, check: impl Fn(u64) -> Result<(), E>) -> Result<u64, E> {
        // Acquire, here and below: pairs with the Release in `unlock`; makes visible what the
        // previous owner did, even if `check` returns an error.
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

    /// Moves the end to `position` and unlocks it. Returns `true` if threads may be parked here.
    /// The caller must then wake one.
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

    /// Does a read-modify-write on `position` while the end is unlocked. Everything that the
    /// earlier owners of the lock did is then visible to this thread, and the later owners see
    /// everything that this thread did before.
    fn synchronize(&self) {
        let mut backoff = Backoff::new();
        loop {
            let position = self.position.load(Ordering::Relaxed);
            if position & LOCKED != 0 {
                backoff.wait();
                continue;
            }
            // It writes the same value, but as a read-modify-write it is ordered with every lock
            // and unlock.
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

    /// Waits until `is_ready` returns `true`, or until `deadline`: spins first, then parks.
    /// Returns `false` if the deadline has passed.
    ///
    /// The wait can end early, so the caller checks again in a loop. `published` returns the
    /// published position of this end. `coalescer` is that of the other end: threads that have spun
    /// here write to it, and that must not slow down the threads that move this end.
    pub(super) fn wait_until(
        &self,
        is_ready: impl Fn() -> bool,
        published: impl Fn() -> u64,
        coalescer: &Coalescer,
        deadline: Option<Instant>,
    ) -> bool {
        let items_passed = || published() / ITEM;
        let mut spin = SpinWait::QUEUE;
        while spin.spin_watching(deadline, items_passed) {
            if is_ready() {
                coalescer.wait(items_passed);
                return !park::has_passed(deadline);
            }
        }
        let parked = self.parked.fetch_or(PARKED, Ordering::Relaxed) | PARKED;
        self.synchronize();
        self.park(parked, is_ready, deadline) != ParkResult::TimedOut
    }

    /// Parks the current thread, unless `is_ready` returns `true` or the word has changed.
    ///
    /// `parked` is the value of the word just after this thread set the bit.
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

#[cfg(all(test, not(any(sync_primitives_loom, sync_primitives_shuttle))))]
mod tests {
    use super::*;
    use std::time::Duration;

    // A thread that is told each time that it can go on, and then finds that another one was
    // faster, would otherwise go on trying after its deadline.
    #[test]
    fn a_wait_that_ends_after_its_deadline_says_so_even_if_the_queue_is_ready() {
        let end = End::new();
        let wait = |deadline| end.wait_until(|| true, || 0, &Coalescer::new(), deadline);
        assert!(wait(None));
        assert!(wait(Some(Instant::now() + Duration::from_secs(3600))));
        assert!(!wait(Some(Instant::now())));
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
            // No other thread exists yet, so this needs no bucket lock.
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

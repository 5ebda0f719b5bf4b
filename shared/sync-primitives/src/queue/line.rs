//! A waiting line for a change in somebody else's state: an *eventcount* (Reed and Kanodia, "Synchronization with
//! Eventcounts and Sequencers", 1979).

use crate::park::{
    self, AtomicBool, DEFAULT_PARK_TOKEN, DEFAULT_UNPARK_TOKEN, FilterOp, Instant, Ordering, ParkResult, UnparkResult,
};

/// Threads that sleep until a queue has changed. The thread that changes it learns from one load whether any do.
pub(super) struct Line {
    /// Set by whoever is about to sleep, before its last look at the queue, and cleared only under the bucket lock, with
    /// nobody in line.
    ///
    /// A changer changes the queue and then reads this; a sleeper sets this and then looks at the queue. All four
    /// accesses are SeqCst, so at least one of the two sees the other (Dekker's pattern). Every change is a
    /// read-modify-write, so that all changes stand in one order with them.
    occupied: AtomicBool,
}

impl Line {
    pub(super) fn new() -> Self {
        Line { occupied: AtomicBool::new(false) }
    }

    fn key(&self) -> usize {
        (&raw const self.occupied).addr()
    }

    /// Wakes the first in line, if any. The queue was changed with a SeqCst access before.
    #[inline]
    pub(super) fn wake_one(&self) {
        self.wake(1);
    }

    /// Wakes all in line. As for `wake_one`.
    pub(super) fn wake_all(&self) {
        self.wake(usize::MAX);
    }

    #[inline]
    fn wake(&self, at_most: usize) {
        if park::load_seq_cst(&self.occupied) {
            self.wake_slow(at_most);
        }
    }

    #[cold]
    fn wake_slow(&self, at_most: usize) {
        let mut left = at_most;
        let up_to = |_| {
            if left == 0 {
                return FilterOp::Stop;
            }
            left -= 1;
            FilterOp::Unpark
        };
        let settle = |line: UnparkResult| {
            if !line.have_more_threads {
                self.occupied.fetch_and(false, Ordering::Relaxed);
            }
            DEFAULT_UNPARK_TOKEN
        };
        // SAFETY: the key is the address of our own field; the callbacks touch only that field and locals, so they
        // neither unwind nor park.
        unsafe { park::unpark_filter(self.key(), up_to, settle) };
    }

    /// Sleeps until woken or until `deadline`, unless `is_ready` says that there is no need; it reads the queue with
    /// SeqCst accesses. Returns whether it was the deadline; if not, the caller looks at the queue again.
    pub(super) fn sleep(&self, is_ready: impl Fn() -> bool, deadline: Option<Instant>) -> bool {
        // A read-modify-write rather than a store, so that it is also ordered before the loads on processors where only
        // that is cheap.
        self.occupied.swap(true, Ordering::SeqCst);
        // A waker may have found the line empty and cleared `occupied` before we are in it.
        let still_needed = || self.occupied.load(Ordering::Relaxed) && !is_ready();
        let gave_up = |_, was_last| {
            if was_last {
                self.occupied.fetch_and(false, Ordering::Relaxed);
            }
        };
        // SAFETY: the key is the address of our own field; the callbacks touch only that field and the atomics of the
        // queue, so they neither unwind nor park.
        let result = unsafe { park::park(self.key(), still_needed, || {}, gave_up, DEFAULT_PARK_TOKEN, deadline) };
        result == ParkResult::TimedOut
    }

    pub(super) fn waiters(&self) -> usize {
        park::waiters(self.key())
    }
}

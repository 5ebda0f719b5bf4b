//! A waiting line for a change in somebody else's state: an *eventcount* (Reed and Kanodia, "Synchronization with
//! Eventcounts and Sequencers", 1979).

use crate::park::{
    self, AtomicU8, DEFAULT_PARK_TOKEN, DEFAULT_UNPARK_TOKEN, FilterOp, Instant, Ordering, ParkResult, UnparkResult,
};

/// Bit: threads sleep in the line, or are about to.
const OCCUPIED: u8 = 0b01;
/// Bit: a thread was woken and has yet to look at the queue.
const WAKING: u8 = 0b10;

/// Threads that sleep until a queue has changed. The thread that changes it learns from one load whether to wake one.
///
/// One is woken at a time. Before that one has looked at the queue, a second change needs no second wake-up: it will see
/// both, and wake the next if there is something left. So who pops a thousand items from a full queue does not wake a
/// pusher for each.
pub(super) struct Line {
    /// `OCCUPIED` is set by whoever is about to sleep, before its last look at the queue, and cleared only under the bucket
    /// lock, with nobody in line. `WAKING` is set under the bucket lock, and cleared by the woken before it looks.
    ///
    /// A changer changes the queue and then reads this; a sleeper, or a woken thread, changes this and then looks at the
    /// queue. All four accesses are SeqCst, so at least one of the two sees the other (Dekker's pattern). Every change is a
    /// read-modify-write, so that all changes stand in one order with them.
    state: AtomicU8,
}

impl Line {
    pub(super) fn new() -> Self {
        Line { state: AtomicU8::new(0) }
    }

    fn key(&self) -> usize {
        (&raw const self.state).addr()
    }

    /// Wakes the first in line, if any and if nobody is waking up. The queue was changed with a SeqCst access before.
    #[inline]
    pub(super) fn wake_one(&self) {
        if park::load_seq_cst(&self.state) == OCCUPIED {
            self.wake_first();
        }
    }

    #[cold]
    fn wake_first(&self) {
        let mut woken = false;
        let first = |_| {
            // Somebody else may have been quicker.
            if woken || self.state.load(Ordering::Relaxed) & WAKING != 0 {
                return FilterOp::Stop;
            }
            woken = true;
            FilterOp::Unpark
        };
        let settle = |line: UnparkResult| {
            if line.unparked_threads > 0 {
                self.state.fetch_or(WAKING, Ordering::Relaxed);
            }
            self.forget_if_empty(line)
        };
        // SAFETY: the key is the address of our own field; the callbacks touch only that field and locals, so they
        // neither unwind nor park.
        unsafe { park::unpark_filter(self.key(), first, settle) };
    }

    /// Wakes all in line. As for `wake_one`.
    pub(super) fn wake_all(&self) {
        if park::load_seq_cst(&self.state) & OCCUPIED == 0 {
            return;
        }
        // SAFETY: as in `wake_first`.
        unsafe { park::unpark_filter(self.key(), |_| FilterOp::Unpark, |line| self.forget_if_empty(line)) };
    }

    /// Under the bucket lock.
    fn forget_if_empty(&self, line: UnparkResult) -> park::UnparkToken {
        if !line.have_more_threads {
            self.state.fetch_and(!OCCUPIED, Ordering::Relaxed);
        }
        DEFAULT_UNPARK_TOKEN
    }

    /// Sleeps until woken or until `deadline`, unless `is_ready` says that there is no need; it reads the queue with
    /// SeqCst accesses. Returns whether it was the deadline; if not, the caller looks at the queue again, and if it leaves
    /// something there for others in line, wakes one.
    pub(super) fn sleep(&self, is_ready: impl Fn() -> bool, deadline: Option<Instant>) -> bool {
        self.state.fetch_or(OCCUPIED, Ordering::SeqCst);
        // A waker may have found the line empty and cleared `OCCUPIED` before we are in it.
        let still_needed = || self.state.load(Ordering::Relaxed) & OCCUPIED != 0 && !is_ready();
        let gave_up = |_, was_last| {
            if was_last {
                self.state.fetch_and(!OCCUPIED, Ordering::Relaxed);
            }
        };
        // SAFETY: the key is the address of our own field; the callbacks touch only that field and the atomics of the
        // queue, so they neither unwind nor park.
        let result = unsafe { park::park(self.key(), still_needed, || {}, gave_up, DEFAULT_PARK_TOKEN, deadline) };
        if result.is_unparked() {
            self.state.fetch_and(!WAKING, Ordering::SeqCst);
        }
        result == ParkResult::TimedOut
    }

    pub(super) fn waiters(&self) -> usize {
        park::waiters(self.key())
    }
}

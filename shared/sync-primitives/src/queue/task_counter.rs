//! Counts the items that were pushed and those that were marked done, for `task_done` and `join`.

use super::{
    cache_padded::CachePadded,
    end::{ITEM, items},
};
use crate::park::{
    self, AtomicU64, DEFAULT_UNPARK_TOKEN, FilterOp, Instant, Ordering, ParkResult, ParkToken,
    UnparkResult,
};
use std::ptr;

/// Bit of `done`: threads are parked in `join`, or about to park.
const PARKED: u64 = 1;

/// Counts the tasks of a queue. It knows nothing of the items themselves, so that a
/// [`Task`](super::Task) of any kind of queue can report to it.
///
/// Both counters only grow, and `done` never exceeds `pushed`. Nothing is unfinished when they are
/// equal. A FIFO queue has to publish how many items it has pushed in any case, so counting its
/// tasks costs a push nothing.
///
/// A thread that is parked in `join` must return once the counters have been equal, even if more
/// items have been pushed by the time it runs again. So it does not compare the counters again when
/// it wakes up. Instead it remembers how many items had been pushed when it last set `PARKED`. The
/// thread that makes the counters equal wakes each joiner whose remembered count is at most the
/// common value of the two counters. It also records this value in `last_finished`, for a joiner
/// that is about to park. If it does not see the bit of that joiner, the joiner waits until the
/// counters are equal again.
pub(super) struct TaskCounter {
    /// `items pushed so far * ITEM`. The lower bits belong to the queue.
    pub(super) pushed: CachePadded<AtomicU64>,
    done: CachePadded<DoneCounter>,
}

struct DoneCounter {
    /// `items marked done so far * ITEM | PARKED`.
    count: AtomicU64,
    /// A lower bound of `pushed`. If it is high enough, `finish` does not have to read `pushed`,
    /// whose cache line every push writes.
    known_pushed: AtomicU64,
    /// The highest count at which nothing was unfinished while threads were parked, or about to
    /// park. Written only under the bucket lock.
    last_finished: AtomicU64,
}

/// A thread in `join`. It lives on the stack of that thread.
struct Joiner {
    /// The number of items that had been pushed when the thread last set `PARKED`, times `ITEM`.
    pushed: u64,
}

impl TaskCounter {
    pub(super) fn new() -> Self {
        TaskCounter {
            pushed: CachePadded(AtomicU64::new(0)),
            done: CachePadded(DoneCounter {
                count: AtomicU64::new(0),
                known_pushed: AtomicU64::new(0),
                last_finished: AtomicU64::new(0),
            }),
        }
    }

    /// Counts an item that is about to be pushed, for a queue that does not publish the count by
    /// itself. The caller holds the lock of the queue, so that nobody can pop the item and mark it
    /// done before it is counted.
    #[inline]
    pub(super) fn add_pushed(&self) {
        // Relaxed: the lock keeps other writers out and orders the count with the item.
        let pushed = self.pushed.load(Ordering::Relaxed);
        self.pushed.store(pushed + ITEM, Ordering::Relaxed);
    }

    /// Marks this many items done, or as many as are unfinished. Returns `false` if none was.
    #[inline]
    pub(super) fn finish(&self, count: u64) -> bool {
        // Acquire, also where the exchange fails: pairs with the Release of the threads that
        // marked items done before. Their items were pushed before that, so `pushed` is at least
        // as large as `done` when it is loaded next.
        let mut done = self.done.count.load(Ordering::Acquire);
        loop {
            let mut target = items(done) + count * ITEM;
            // Acquire: pairs with the Release in `load_pushed`, which makes the items visible too.
            let known_pushed = self.done.known_pushed.load(Ordering::Acquire);
            let is_last = if target < known_pushed {
                false
            } else {
                let pushed = self.load_pushed();
                target = target.min(pushed);
                target == pushed
            };
            if target == items(done) {
                return false;
            }
            // Release: pairs with the Acquire in `finish` and `join`; makes what was done for the
            // items visible. Acquire: if this wakes threads, it makes visible to them what all
            // other threads did for their items.
            match self.done.count.compare_exchange_weak(
                done,
                target | done & PARKED,
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => {
                    if is_last && done & PARKED != 0 {
                        self.wake_joiners(target);
                    }
                    return true;
                }
                Err(current) => done = current,
            }
        }
    }

    /// The number of items pushed so far, times `ITEM`.
    fn load_pushed(&self) -> u64 {
        // Acquire: pairs with the Release of a push.
        let pushed = items(self.pushed.load(Ordering::Acquire));
        // Release: pairs with the Acquire in `finish`.
        self.done.known_pushed.store(pushed, Ordering::Release);
        pushed
    }

    /// Wakes the threads that wait for no more than the first `finished` items, all of which are
    /// done.
    #[cold]
    fn wake_joiners(&self, finished: u64) {
        let filter = |token| {
            // SAFETY: the parking lot passes the token of a thread that is parked in `join`, and
            // holds the bucket lock during this call.
            let joiner = unsafe { Joiner::from_token(token) };
            if joiner.pushed <= finished {
                FilterOp::Unpark
            } else {
                FilterOp::Skip
            }
        };
        let callback = |result: UnparkResult| {
            // Release: pairs with the Acquire in `is_finished`; makes visible what all threads did
            // for these items.
            self.done
                .last_finished
                .fetch_max(finished, Ordering::Release);
            if !result.have_more_threads {
                // Relaxed: `PARKED` publishes no data.
                self.done.count.fetch_and(!PARKED, Ordering::Relaxed);
            }
            DEFAULT_UNPARK_TOKEN
        };
        // SAFETY:
        // - The key is the address of this counter's own field, so only its joiners park there.
        // - The callbacks only access joiners and atomics of this counter, so they neither panic
        //   nor call into the parking lot.
        unsafe { park::unpark_filter(self.key(), filter, callback) };
    }

    /// Waits until nothing is unfinished. Returns `false` if that did not happen before `deadline`.
    pub(super) fn join(&self, deadline: Option<Instant>) -> bool {
        // Acquire: pairs with the Release in `finish`.
        if items(self.done.count.load(Ordering::Acquire)) == self.load_pushed() {
            return true;
        }
        if park::has_passed(deadline) {
            return false;
        }
        loop {
            // Acquire: as above. From now on, `finish` sees `PARKED`, unless that is cleared before
            // this thread has parked.
            let done = items(self.done.count.fetch_or(PARKED, Ordering::Acquire));
            let joiner = Joiner {
                pushed: self.load_pushed(),
            };
            // `done` was read first, and it never exceeds `pushed`. So if the two are equal, they
            // were equal when `done` was read.
            if done == joiner.pushed {
                return true;
            }
            match self.park(&joiner, deadline) {
                ParkResult::Unparked(_) => return true,
                ParkResult::TimedOut => return false,
                ParkResult::Invalid => {
                    if self.is_finished(&joiner) {
                        return true;
                    }
                    if park::has_passed(deadline) {
                        return false;
                    }
                    // `PARKED` was cleared by a thread that found nobody parked, or items were
                    // marked done in the meantime.
                }
            }
        }
    }

    /// Whether the counters have been found equal, with all items done that `joiner` waits for.
    fn is_finished(&self, joiner: &Joiner) -> bool {
        // Acquire: pairs with the Release in `wake_joiners`. The bucket lock is not enough: a
        // joiner that did not park has released it before `wake_joiners` acquired it.
        self.done.last_finished.load(Ordering::Acquire) >= joiner.pushed
    }

    /// Parks the current thread, unless all items it waits for are done.
    fn park(&self, joiner: &Joiner, deadline: Option<Instant>) -> ParkResult {
        // `PARKED` may have been cleared and set again since this thread set it. Items that were
        // marked done in between have woken nobody. So the count is checked too.
        // Relaxed: `PARKED` is cleared under the bucket lock, and `join` reads the count again.
        let validate = || {
            let done = self.done.count.load(Ordering::Relaxed);
            done & PARKED != 0 && items(done) < joiner.pushed && !self.is_finished(joiner)
        };
        let timed_out = |_key, was_last| {
            if was_last {
                self.done.count.fetch_and(!PARKED, Ordering::Relaxed);
            }
        };
        // SAFETY:
        // - The key is the address of this counter's own field, so only its joiners park there.
        // - `validate` and `timed_out` only access atomics of this counter, so they neither panic
        //   nor call into the parking lot.
        // - `before_sleep` does nothing.
        // - `joiner` outlives this call, as `Joiner::from_token` requires.
        unsafe {
            park::park(
                self.key(),
                validate,
                || {},
                timed_out,
                joiner.token(),
                deadline,
            )
        }
    }

    /// The address at which joiners park.
    fn key(&self) -> usize {
        (&raw const self.done.count).addr()
    }

    /// The number of threads that are parked in `join`.
    pub(super) fn waiters(&self) -> usize {
        park::waiters(self.key())
    }
}

impl Joiner {
    fn token(&self) -> ParkToken {
        ParkToken((&raw const *self).expose_provenance())
    }

    /// # Safety
    ///
    /// - `token` must belong to a thread that is parked in `TaskCounter::park`.
    /// - The caller must hold the bucket lock of that thread while it uses the reference.
    unsafe fn from_token<'a>(token: ParkToken) -> &'a Joiner {
        let joiner: *const Joiner = ptr::with_exposed_provenance(token.0);
        // SAFETY: the token is made by `Joiner::token` for `TaskCounter::park`, which keeps the
        // joiner alive until its thread has left the queue. The thread cannot leave the queue while
        // the caller holds the bucket lock.
        unsafe { &*joiner }
    }
}

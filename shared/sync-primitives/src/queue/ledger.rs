//! The count of unfinished items, and the threads that wait in `join` for it to become zero.

use super::padded::Padded;
use crate::park::{
    self, AtomicU64, DEFAULT_PARK_TOKEN, DEFAULT_UNPARK_TOKEN, FilterOp, Instant, Ordering,
    ParkResult, UnparkResult,
};
use std::cell::Cell;

/// One item in a position. The bits below it are flags. 62 bits count the items of a queue that takes a thousand million
/// of them a second for 146 years.
pub(super) const ITEM: u64 = 4;

/// The position without its flags.
#[inline]
pub(super) fn bare(position: u64) -> u64 {
    position & !(ITEM - 1)
}

/// Bit of `done`: threads wait in `join`, or are about to.
const JOINERS: u64 = 1;

/// Counts items pushed and items done. Apart from the items themselves, so that a [`Task`](super::Task) of any kind of
/// queue can report to it.
///
/// Both counts only grow, and done never passes pushed; they are equal when nothing is unfinished. Because a push needs
/// its own count anyway, to place the item, the accounting costs it nothing.
pub(super) struct Ledger {
    /// `items ever pushed * ITEM`, and flags that are the queue's business.
    pub(super) pushed: Padded<AtomicU64>,
    done: Padded<Done>,
}

struct Done {
    /// `items ever marked done * ITEM | JOINERS`.
    ///
    /// `JOINERS` is set by whoever is about to wait, and cleared only under the bucket lock. While it is set, done catches
    /// up with pushed under the bucket lock only: so those in line at that moment, and nobody who joins them later, are
    /// the ones to wake.
    position: AtomicU64,
    /// The count of pushed items when somebody last looked; spares `finish` a look at a word that pushes write.
    known: AtomicU64,
}

impl Ledger {
    pub(super) fn new() -> Self {
        let done = Done {
            position: AtomicU64::new(0),
            known: AtomicU64::new(0),
        };
        Ledger {
            pushed: Padded(AtomicU64::new(0)),
            done: Padded(done),
        }
    }

    fn key(&self) -> usize {
        (&raw const self.done.position).addr()
    }

    /// Counts an item that is being pushed, for a queue that has no better use of the count. Under the queue's lock, and
    /// before anybody can pop the item and mark it done.
    #[inline]
    pub(super) fn open(&self) {
        // The lock keeps other writers out, so no read-modify-write is needed. Relaxed: the lock orders it.
        let pushed = self.pushed.load(Ordering::Relaxed);
        self.pushed.store(pushed + ITEM, Ordering::Relaxed);
    }

    /// Marks this many items done, or as many as are unfinished. Returns whether any was.
    #[inline]
    pub(super) fn finish(&self, items: u64) -> bool {
        // Acquire, here and where the count has changed: pairs with the Release of those who finished before; shows us the
        // pushes of all that they have done, for `look_at_pushed`.
        let mut done = self.done.position.load(Ordering::Acquire);
        loop {
            let (from, joiners) = (bare(done), done & JOINERS);
            let mut to = from + items * ITEM;
            // The last one with joiners is for `finish_last`; so with joiners, all that look like it go on below.
            // Acquire: pairs with the Release in `look_at_pushed`; who goes by this count sees the pushes too.
            if to + joiners > self.done.known.load(Ordering::Acquire) {
                let pushed = self.look_at_pushed();
                to = to.min(pushed);
                if to == pushed && joiners != 0 && to != from {
                    return self.finish_last(items);
                }
            }
            if to <= from {
                return false;
            }
            // Release: pairs with the Acquire in `join` and `catch_up`; makes what was done for the items visible to those who
            // join.
            match self.done.position.compare_exchange_weak(
                done,
                to | joiners,
                Ordering::Release,
                Ordering::Acquire,
            ) {
                Ok(_) => return true,
                Err(now) => done = now,
            }
        }
    }

    /// How far `done` may go at this moment. For who has read `done` with Acquire: then this is no less, and if it is the
    /// same, nothing was unfinished at this moment.
    fn look_at_pushed(&self) -> u64 {
        // Acquire: pairs with the Release of a push.
        let pushed = bare(self.pushed.load(Ordering::Acquire));
        // Release: pairs with the Acquire in `finish`. An older count is a lower one, and sends `finish` here again.
        self.done.known.store(pushed, Ordering::Release);
        pushed
    }

    /// Marks items done when that looks like the last ones and threads wait for it.
    #[cold]
    fn finish_last(&self, items: u64) -> bool {
        let outcome = Cell::new(None);
        // Once, at the first look under the bucket lock.
        let decide = || {
            let decided = outcome.get().unwrap_or_else(|| self.catch_up(items));
            outcome.set(Some(decided));
            decided
        };
        let if_all_done = |_| {
            if decide().all_done {
                FilterOp::Unpark
            } else {
                FilterOp::Stop
            }
        };
        let settle = |line: UnparkResult| {
            decide();
            if !line.have_more_threads {
                self.done.position.fetch_and(!JOINERS, Ordering::Relaxed);
            }
            DEFAULT_UNPARK_TOKEN
        };
        // SAFETY: the key is the address of our own field; the callbacks touch only the counts and locals, so they
        // neither unwind nor park.
        unsafe { park::unpark_filter(self.key(), if_all_done, settle) };
        decide().any
    }

    /// As `finish`, under the bucket lock.
    fn catch_up(&self, items: u64) -> Finished {
        // Acquire, here and where the count has changed: as in `finish`.
        let mut done = self.done.position.load(Ordering::Acquire);
        loop {
            let from = bare(done);
            let pushed = self.look_at_pushed();
            let to = (from + items * ITEM).min(pushed);
            // Release: as in `finish`; the joiners, whom we unpark, see through us what those did who finished before.
            let to_and_joiners = to | done & JOINERS;
            match self.done.position.compare_exchange_weak(
                done,
                to_and_joiners,
                Ordering::Release,
                Ordering::Acquire,
            ) {
                Ok(_) => {
                    return Finished {
                        any: to != from,
                        all_done: to == pushed,
                    };
                }
                Err(now) => done = now,
            }
        }
    }

    /// Waits until nothing is unfinished. Returns whether that was so before the deadline.
    pub(super) fn join(&self, deadline: Option<Instant>) -> bool {
        loop {
            // Acquire: pairs with the Release in `finish`.
            let done = self.done.position.load(Ordering::Acquire);
            if bare(done) == self.look_at_pushed() {
                return true;
            }
            if park::has_passed(deadline) {
                return false;
            }
            if done & JOINERS == 0 {
                // Relaxed: `JOINERS` carries no data; the bucket lock orders it with the look at the line.
                let marked = self.done.position.compare_exchange(
                    done,
                    done | JOINERS,
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                );
                if marked.is_err() {
                    continue;
                }
            }
            match self.sleep(deadline) {
                ParkResult::Unparked(_) => return true,
                ParkResult::Invalid => {}
                ParkResult::TimedOut => return false,
            }
        }
    }

    /// Joins the waiting line unless nothing is unfinished now.
    fn sleep(&self, deadline: Option<Instant>) -> ParkResult {
        let still_unfinished = || {
            let done = self.done.position.load(Ordering::Relaxed);
            done & JOINERS != 0 && bare(done) != bare(self.pushed.load(Ordering::Relaxed))
        };
        let gave_up = |_, was_last| {
            if was_last {
                self.done.position.fetch_and(!JOINERS, Ordering::Relaxed);
            }
        };
        // SAFETY: the key is the address of our own field; the callbacks touch only the counts, so they neither unwind
        // nor park.
        unsafe {
            park::park(
                self.key(),
                still_unfinished,
                || {},
                gave_up,
                DEFAULT_PARK_TOKEN,
                deadline,
            )
        }
    }

    pub(super) fn waiters(&self) -> usize {
        park::waiters(self.key())
    }
}

/// What `catch_up` came to.
#[derive(Clone, Copy)]
struct Finished {
    any: bool,
    /// Nothing was unfinished at that moment.
    all_done: bool,
}

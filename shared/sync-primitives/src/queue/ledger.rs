//! The count of unfinished items, and the threads that wait in `join` for it to become zero.

use crate::park::{
    self, AtomicUsize, DEFAULT_PARK_TOKEN, DEFAULT_UNPARK_TOKEN, FilterOp, Instant, Ordering, ParkResult, UnparkResult,
};
use std::cell::Cell;

/// Bit: threads wait in `join`, or are about to.
const JOINERS: usize = 1;
/// One unfinished item, above that bit.
const ITEM: usize = 2;

/// Counts items from `push` to `task_done`. Apart from the items themselves, so that a [`Task`](super::Task) of any
/// kind of queue can report to it.
pub(super) struct Ledger {
    /// `unfinished items * ITEM | JOINERS`.
    ///
    /// `JOINERS` is set by whoever is about to wait, and cleared only under the bucket lock. While it is set, the count
    /// becomes zero under the bucket lock only: so those in line at that moment, and nobody who joins them later, are
    /// the ones to wake.
    state: AtomicUsize,
}

/// `task_done` was called for more items than were pushed.
pub(super) struct NothingUnfinished;

impl Ledger {
    pub(super) fn new() -> Self {
        Ledger { state: AtomicUsize::new(0) }
    }

    fn key(&self) -> usize {
        (&raw const self.state).addr()
    }

    /// Counts an item that is being pushed.
    #[inline]
    pub(super) fn open(&self) {
        // Relaxed: the item itself is published by the queue.
        let before = self.state.fetch_add(ITEM, Ordering::Relaxed);
        if before > usize::MAX / 2 {
            self.state.fetch_sub(ITEM, Ordering::Relaxed);
            panic!("a queue counts at most {} unfinished items; call task_done for each", usize::MAX / 2 / ITEM);
        }
    }

    /// Counts one item less.
    #[inline]
    pub(super) fn finish(&self) -> Result<(), NothingUnfinished> {
        let mut state = self.state.load(Ordering::Relaxed);
        while state != ITEM | JOINERS {
            if state < ITEM {
                return Err(NothingUnfinished);
            }
            // Release: pairs with the Acquire in `join` and `subtract_one`; makes what was done for the item visible
            // to those who join.
            match self.state.compare_exchange_weak(state, state - ITEM, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(now) => state = now,
            }
        }
        self.finish_last()
    }

    /// Counts one item less when that looks like the last one and threads wait for it.
    #[cold]
    fn finish_last(&self) -> Result<(), NothingUnfinished> {
        let outcome = Cell::new(None);
        // Once, at the first look under the bucket lock.
        let decide = || {
            let decided = outcome.get().unwrap_or_else(|| self.subtract_one());
            outcome.set(Some(decided));
            decided
        };
        let if_none_left = |_| if decide() == Some(0) { FilterOp::Unpark } else { FilterOp::Stop };
        let settle = |line: UnparkResult| {
            decide();
            if !line.have_more_threads {
                self.state.fetch_and(!JOINERS, Ordering::Relaxed);
            }
            DEFAULT_UNPARK_TOKEN
        };
        // SAFETY: the key is the address of our own field; the callbacks touch only the state and locals, so they
        // neither unwind nor park.
        unsafe { park::unpark_filter(self.key(), if_none_left, settle) };
        decide().map(|_| ()).ok_or(NothingUnfinished)
    }

    /// Returns how many are left, or `None` if there was none to subtract.
    fn subtract_one(&self) -> Option<usize> {
        let less = |state: usize| state.checked_sub(ITEM);
        // Release: as in `finish`. Acquire: pairs with the Release of those who finished before; the joiners see their
        // work through us, who unpark them.
        let before = self.state.fetch_update(Ordering::AcqRel, Ordering::Relaxed, less).ok()?;
        Some(before / ITEM - 1)
    }

    /// Waits until the count is zero. Returns whether it was, before the deadline.
    pub(super) fn join(&self, deadline: Option<Instant>) -> bool {
        loop {
            // Acquire: pairs with the Release in `finish`.
            let state = self.state.load(Ordering::Acquire);
            if state < ITEM {
                return true;
            }
            if park::has_passed(deadline) {
                return false;
            }
            if state & JOINERS == 0 {
                // Relaxed: `JOINERS` carries no data; the bucket lock orders it with the look at the line.
                let marked = self.state.compare_exchange(state, state | JOINERS, Ordering::Relaxed, Ordering::Relaxed);
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
            let state = self.state.load(Ordering::Relaxed);
            state & JOINERS != 0 && state >= ITEM
        };
        let gave_up = |_, was_last| {
            if was_last {
                self.state.fetch_and(!JOINERS, Ordering::Relaxed);
            }
        };
        // SAFETY: the key is the address of our own field; the callbacks touch only the state, so they neither unwind
        // nor park.
        unsafe { park::park(self.key(), still_unfinished, || {}, gave_up, DEFAULT_PARK_TOKEN, deadline) }
    }

    pub(super) fn waiters(&self) -> usize {
        park::waiters(self.key())
    }
}

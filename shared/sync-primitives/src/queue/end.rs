//! One end of a queue: how far it has come, the lock of those who move it, and the line of those who wait until it has
//! been moved.

use crate::park::{
    self, AtomicU64, AtomicUsize, Backoff, DEFAULT_UNPARK_TOKEN, FilterOp, Instant, Ordering,
    ParkResult, ParkToken, UnparkResult,
};
use std::convert::Infallible;

/// Bit of a position: nothing goes past this end any more.
pub(super) const CLOSED: u64 = 1;
/// Bit of a position: a thread is at work at this end.
pub(super) const LOCKED: u64 = 2;

/// Bit of a line: threads sleep in it, or are about to.
const OCCUPIED: usize = 0b01;
/// Bit of a line: a thread was woken and has yet to look at the queue.
const WAKING: usize = 0b10;
/// The rest of a line: the token of an offer, or 0.
pub(super) const TOKEN: usize = !(OCCUPIED | WAKING);

/// A position and its lock in one word, so that to lock is one compare-exchange and to move on and unlock is one store.
///
/// Threads that sleep in the line are woken one at a time. Before that one has looked at the queue, a second move needs no
/// second wake-up: it will see both, and wake the next if there is something left. So who pops a thousand items from a
/// full queue does not wake a pusher for each. Who wakes a thread may have done its work before: then it looks all the same.
///
/// Who waits awake may make an *offer*: to do its work with what its token stands for. Whoever moves the end next and sees
/// it takes it. There is at most one, and none while others sleep here, who come first.
pub(super) struct End {
    /// `items that went past so far * ITEM | LOCKED | CLOSED`.
    position: AtomicU64,
    /// `OCCUPIED` is set by whoever is about to sleep, before its last look at the queue, and cleared only under the bucket
    /// lock, with nobody in line. `WAKING` is set under the bucket lock, and cleared by the woken before it looks. An offer is
    /// made by its owner, while nobody sleeps, and cleared by who takes it, or by the owner.
    ///
    /// Whoever moves the end reads this with the end locked. A sleeper, or a woken thread, changes this, finds a moment at
    /// which the end is not locked ([`pass`](Self::pass)), and then looks at the queue. A move is either before that
    /// moment, and the sleeper sees it, or after, and the mover sees the sleeper.
    line: AtomicUsize,
}

impl End {
    pub(super) fn new() -> Self {
        End {
            position: AtomicU64::new(0),
            line: AtomicUsize::new(0),
        }
    }

    /// Locks the end, if `check` does not object to its position. Returns that position, with `CLOSED` if that is set.
    #[inline]
    pub(super) fn lock_if<E>(&self, check: impl Fn(u64) -> Result<(), E>) -> Result<u64, E> {
        // Acquire, here and in the loop: pairs with the Release in `move_to`; makes visible what those did who had the lock
        // before, also to who checks or is turned away.
        let mut position = self.position.load(Ordering::Acquire);
        if position & LOCKED == 0 {
            check(position)?;
            match self.position.compare_exchange(
                position,
                position | LOCKED,
                Ordering::Acquire,
                Ordering::Acquire,
            ) {
                Ok(_) => return Ok(position),
                Err(now) => position = now,
            }
        }
        self.set_unless_locked(position, LOCKED, Ordering::Acquire, check)
    }

    /// As `lock_if`, but does not wait: none if the end is locked, or if others are quicker.
    pub(super) fn try_lock_if(&self, check: impl Fn(u64) -> bool) -> Option<u64> {
        // Acquire, both: as in `lock_if`.
        let position = self.position.load(Ordering::Acquire);
        if position & LOCKED != 0 || !check(position) {
            return None;
        }
        let locked = position | LOCKED;
        self.position
            .compare_exchange(position, locked, Ordering::Acquire, Ordering::Relaxed)
            .ok()
    }

    /// Locks the end. Returns its position, with `CLOSED` if that is set.
    pub(super) fn lock(&self) -> u64 {
        let Ok(position) = self.lock_if(|_| Ok::<_, Infallible>(()));
        position
    }

    /// Sets `bits` in the position, at a moment when nobody has the end locked and `check` does not object. Begins with
    /// what was loaded last. Out of line, for the sake of those who find the end free.
    #[cold]
    fn set_unless_locked<E>(
        &self,
        mut position: u64,
        bits: u64,
        success: Ordering,
        check: impl Fn(u64) -> Result<(), E>,
    ) -> Result<u64, E> {
        let mut backoff = Backoff::new();
        loop {
            if position & LOCKED != 0 {
                backoff.wait();
                // Acquire, here and below: as in `lock_if`.
                position = self.position.load(Ordering::Acquire);
                continue;
            }
            check(position)?;
            match self.position.compare_exchange_weak(
                position,
                position | bits,
                success,
                Ordering::Acquire,
            ) {
                Ok(_) => return Ok(position),
                Err(now) => position = now,
            }
        }
    }

    /// Unlocks the end at a new position. Returns whether there may be somebody to serve.
    #[inline]
    #[must_use]
    pub(super) fn move_to(&self, position: u64) -> bool {
        let serve = self.line.load(Ordering::Relaxed) != 0;
        // Release: pairs with the Acquire in `lock_if`.
        self.position.store(position, Ordering::Release);
        serve
    }

    /// Finds a moment at which the end is not locked: what those did who had it locked before is visible to us, and what
    /// we did before is visible to those who lock it later.
    fn pass(&self) {
        // It changes nothing, but stands in one order with those that lock. Release: pairs with the Acquire in `lock_if`.
        // Acquire: pairs with the Release in `move_to`.
        let position = self.position.load(Ordering::Acquire);
        let Ok(_) =
            self.set_unless_locked(position, 0, Ordering::AcqRel, |_| Ok::<_, Infallible>(()));
    }

    fn key(&self) -> usize {
        (&raw const self.line).addr()
    }

    /// Whether threads sleep in the line, or one makes an offer, and none was woken that has yet to look at the queue.
    pub(super) fn has_overlooked(&self) -> bool {
        // Relaxed: the caller has locked or passed the end since what it left there.
        let line = self.line.load(Ordering::Relaxed);
        line != 0 && line & WAKING == 0
    }

    /// Whether threads sleep in the line, or one makes an offer: a hint.
    pub(super) fn has_waiters(&self) -> bool {
        self.line.load(Ordering::Relaxed) & !WAKING != 0
    }

    /// Makes an offer, unless somebody else does or sleeps.
    pub(super) fn offer(&self, token: ParkToken) -> bool {
        // Release: pairs with the Acquire in `take_offer`. Relaxed, if not: nothing is done then.
        self.line
            .compare_exchange(0, token.0, Ordering::Release, Ordering::Relaxed)
            .is_ok()
    }

    /// Takes an offer back. Returns false if somebody else has taken it.
    pub(super) fn withdraw(&self, token: ParkToken) -> bool {
        // Relaxed: only the owner has touched what was offered.
        let without = |line| (line & TOKEN == token.0).then_some(line & !TOKEN);
        self.line
            .try_update(Ordering::Relaxed, Ordering::Relaxed, without)
            .is_ok()
    }

    /// Takes the offer, if there is one and nobody sleeps.
    pub(super) fn take_offer(&self) -> Option<ParkToken> {
        let without = |line| (line & TOKEN != 0 && line & OCCUPIED == 0).then_some(line & !TOKEN);
        // Acquire: pairs with the Release in `offer`; what is offered is visible.
        let line = self
            .line
            .try_update(Ordering::Acquire, Ordering::Relaxed, without)
            .ok()?;
        Some(ParkToken(line & TOKEN))
    }

    /// Wakes the first in line; unless somebody is waking up, or `even_if_waking`. Just before, while it sleeps for certain,
    /// `serve` gets its token.
    pub(super) fn wake_first(&self, even_if_waking: bool, serve: impl Fn(ParkToken)) {
        let mut woken = false;
        let first = |token| {
            // Somebody else may have been quicker.
            if woken || !even_if_waking && self.line.load(Ordering::Relaxed) & WAKING != 0 {
                return FilterOp::Stop;
            }
            woken = true;
            serve(token);
            FilterOp::Unpark
        };
        let settle = |line: UnparkResult| {
            if line.unparked_threads > 0 {
                self.line.fetch_or(WAKING, Ordering::Relaxed);
            }
            self.forget_if_empty(line)
        };
        // SAFETY: the key is the address of our own field; the callbacks touch only that field and locals, but for `serve`,
        // whose like waits for nothing, and calls no code of the user's; so they neither unwind nor park.
        unsafe { park::unpark_filter(self.key(), first, settle) };
    }

    /// Wakes all in line, after a change that lasts.
    pub(super) fn wake_all(&self) {
        // SAFETY: as in `wake_first`, with nothing to serve.
        unsafe {
            park::unpark_filter(
                self.key(),
                |_| FilterOp::Unpark,
                |line| self.forget_if_empty(line),
            )
        };
    }

    /// Under the bucket lock.
    fn forget_if_empty(&self, line: UnparkResult) -> park::UnparkToken {
        if !line.have_more_threads {
            self.line.fetch_and(!OCCUPIED, Ordering::Relaxed);
        }
        DEFAULT_UNPARK_TOKEN
    }

    /// Sleeps until woken or until `deadline`, unless `is_ready`, which looks at the queue, says that there is no need. Who
    /// wakes it gets `token`. Returns whether it was the deadline; if not, the caller looks at the queue again, and if it
    /// leaves something there that others in line have overlooked, wakes the first.
    pub(super) fn sleep(
        &self,
        token: ParkToken,
        is_ready: impl Fn() -> bool,
        deadline: Option<Instant>,
    ) -> bool {
        self.line.fetch_or(OCCUPIED, Ordering::Relaxed);
        self.pass();
        // A waker may have found the line empty and cleared `OCCUPIED` before we are in it.
        let still_needed = || self.line.load(Ordering::Relaxed) & OCCUPIED != 0 && !is_ready();
        let gave_up = |_, was_last| {
            if was_last {
                self.line.fetch_and(!OCCUPIED, Ordering::Relaxed);
            }
        };
        // SAFETY: the key is the address of our own field; the callbacks touch only that field and the atomics of the
        // queue, so they neither unwind nor park.
        let result =
            unsafe { park::park(self.key(), still_needed, || {}, gave_up, token, deadline) };
        if result.is_unparked() {
            self.line.fetch_and(!WAKING, Ordering::Relaxed);
            self.pass();
        }
        result == ParkResult::TimedOut
    }

    pub(super) fn waiters(&self) -> usize {
        park::waiters(self.key())
    }
}

#[cfg(all(test, not(any(sync_primitives_loom, sync_primitives_shuttle))))]
mod tests {
    use super::*;

    const TOKEN: ParkToken = ParkToken(8);

    #[test]
    fn an_offer_is_taken_or_withdrawn() {
        let end = End::new();
        assert!(end.offer(TOKEN) && end.has_waiters() && end.has_overlooked());
        assert!(!end.offer(ParkToken(16)));
        assert_eq!(end.take_offer(), Some(TOKEN));
        assert_eq!((end.take_offer(), end.withdraw(TOKEN)), (None, false));

        assert!(end.offer(TOKEN) && end.withdraw(TOKEN));
        assert_eq!(end.take_offer(), None);
        assert!(!end.has_waiters() && !end.has_overlooked());
    }

    #[test]
    fn an_offer_stands_back_while_others_sleep() {
        let end = End::new();
        assert!(end.offer(TOKEN));
        end.line.fetch_or(OCCUPIED, Ordering::Relaxed);
        assert_eq!(end.take_offer(), None);
        assert!(end.has_overlooked() && end.withdraw(TOKEN));
        assert!(!end.offer(TOKEN));

        // A push that finds somebody waking up leaves an offer; a pop that would have to wait takes it.
        end.line.store(WAKING | TOKEN.0, Ordering::Relaxed);
        assert!(end.has_waiters() && !end.has_overlooked());
        assert_eq!(end.take_offer(), Some(TOKEN));
        assert_eq!(end.line.load(Ordering::Relaxed), WAKING);
    }
}

//! [`Barrier`]: nobody goes on before all have arrived.
//!
//! Use it when a fixed number of threads compute in phases and each phase reads what all wrote in the one before. Use
//! `thread::scope` when there is one phase, a [`Queue`](crate::Queue) with `join` when the work does not come in equal
//! shares, and `std::sync::Barrier` when no thread can fail and none waits with a limit.
//!
//! **Promises.** All parties of a round have arrived before any of them returns; what each did before it arrived is
//! visible to all when they return. The action runs once a round, in the thread that arrived last, before anybody
//! returns and with no internal lock held. No thread of one round slips into the next. A round is broken for all who
//! wait in it, at once, by a time-out, an [`abort`](Barrier::abort), a [`reset`](Barrier::reset) or a panic of the
//! action: nobody hangs because another has failed. Except by `reset`, the barrier then stays broken until `reset`.
//! Once the last party has arrived, no time-out breaks that round; once it has passed, nothing does, also not for those
//! who have yet to return from it.
//!
//! **No promises.** In which order the parties return. A thread that panics without touching the barrier is not
//! noticed: tell the others by `abort`, for instance from a `Drop`.
//!
//! **Algorithm.** A counter behind a [`Lock`](crate::Lock), with a [`Condition`](crate::Condition) for its changes. A
//! round that passes gets the next number, and its followers know by that; so early birds may gather for the next round
//! while some have not left yet. A round that breaks keeps its number until the last of its followers has learnt of it.

use crate::{
    condition::Condition,
    lock::{Lock, LockGuard},
    park::{self, Instant, const_fn},
    trace::{self, Call, Op, Place, Primitive, Subject},
};
use std::{fmt, mem, time::Duration};

/// A meeting point for a fixed number of threads, round after round.
///
/// # Examples
///
/// ```
/// use std::{sync::atomic::{AtomicU32, Ordering}, thread};
/// use sync_primitives::Barrier;
///
/// let halves = [AtomicU32::new(0), AtomicU32::new(0)];
/// let both_written = Barrier::new(2);
/// thread::scope(|scope| {
///     for (mine, other) in [(0, 1), (1, 0)] {
///         let (halves, both_written) = (&halves, &both_written);
///         scope.spawn(move || {
///             halves[mine].store(21, Ordering::Relaxed);
///             both_written.wait().unwrap();
///             assert_eq!(halves[other].load(Ordering::Relaxed), 21);
///         });
///     }
/// });
/// ```
#[doc(alias = "threading.Barrier")]
pub struct Barrier<A = fn()> {
    state: Lock<State>,
    changed: Condition,
    parties: usize,
    action: Option<A>,
}

/// | `broken` | `leaving` | `acting` | what it means |
/// |---|---|---|---|
/// | no | 0 | no | `arrived` of the parties wait for the others |
/// | no | 0 | yes | all have arrived, and the action runs |
/// | no | n | no | after a `reset`: n threads have yet to learn that their round is broken |
/// | yes | n | no | as before, and who arrives is turned away |
struct State {
    /// The number of the present round. Grows when a round passes, and only then.
    round: usize,
    /// How many wait in the present round.
    arrived: usize,
    /// How many are still to leave a broken round.
    leaving: usize,
    acting: bool,
    broken: bool,
}

/// What [`Barrier::wait`] tells a thread of the round it was in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BarrierWaitResult {
    index: usize,
    is_leader: bool,
}

impl BarrierWaitResult {
    /// In which place this thread arrived, from 0 to the number of parties less one.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::Barrier;
    ///
    /// assert_eq!(Barrier::new(1).wait().unwrap().index(), 0);
    /// ```
    pub fn index(&self) -> usize {
        self.index
    }

    /// Whether this thread arrived last and ran the action; so of exactly one.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::Barrier;
    ///
    /// assert!(Barrier::new(1).wait().unwrap().is_leader());
    /// ```
    pub fn is_leader(&self) -> bool {
        self.is_leader
    }
}

/// The error of [`Barrier::wait`]: not all parties will meet in this round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokenBarrier;

impl fmt::Display for BrokenBarrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the barrier is broken: a thread gave up, failed or reset it")
    }
}

impl std::error::Error for BrokenBarrier {}

impl Barrier {
    const_fn! {
        /// Makes a barrier for `parties` threads.
        ///
        /// # Panics
        ///
        /// If `parties` is 0.
        ///
        /// # Examples
        ///
        /// ```
        /// use sync_primitives::Barrier;
        ///
        /// static ALL_LOADED: Barrier = Barrier::new(4);
        /// assert_eq!(ALL_LOADED.parties(), 4);
        /// ```
        pub const fn new(parties: usize) -> Self {
            Self::of(parties, None)
        }
    }
}

impl<A> Barrier<A> {
    const_fn! {
        /// Makes a barrier for `parties` threads, the last of which runs `action` before any of them goes on.
        ///
        /// The action may call every method of the barrier but `wait`: it would wait for itself.
        ///
        /// # Panics
        ///
        /// If `parties` is 0.
        ///
        /// # Examples
        ///
        /// ```
        /// use std::{sync::atomic::{AtomicU32, Ordering}, thread};
        /// use sync_primitives::Barrier;
        ///
        /// let rounds = AtomicU32::new(0);
        /// let barrier = Barrier::with_action(3, || {
        ///     rounds.fetch_add(1, Ordering::Relaxed);
        /// });
        /// thread::scope(|scope| {
        ///     for _ in 0..3 {
        ///         scope.spawn(|| barrier.wait().unwrap());
        ///     }
        /// });
        /// assert_eq!(rounds.load(Ordering::Relaxed), 1);
        /// ```
        pub const fn with_action(parties: usize, action: A) -> Self
        where
            A: Fn() + Sync,
        {
            Self::of(parties, Some(action))
        }
    }

    const_fn! {
        const fn of(parties: usize, action: Option<A>) -> Self {
            assert!(parties > 0, "a barrier for 0 parties could never be passed");
            let state = State { round: 0, arrived: 0, leaving: 0, acting: false, broken: false };
            Barrier { state: Lock::new(state), changed: Condition::new(), parties, action }
        }
    }

    /// How many threads make a round.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::Barrier;
    ///
    /// assert_eq!(Barrier::new(3).parties(), 3);
    /// ```
    pub fn parties(&self) -> usize {
        self.parties
    }

    /// How many threads waited in the present round when this was called. By the time you read it, it may be stale.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::Barrier;
    ///
    /// assert_eq!(Barrier::new(3).waiting(), 0);
    /// ```
    #[doc(alias = "n_waiting")]
    pub fn waiting(&self) -> usize {
        trace::quietly(|| self.state.lock().arrived)
    }

    /// Whether the barrier is broken: if so, every wait fails until [`reset`](Barrier::reset).
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::Barrier;
    ///
    /// let barrier = Barrier::new(2);
    /// barrier.abort();
    /// assert!(barrier.is_broken());
    /// ```
    #[doc(alias = "broken")]
    pub fn is_broken(&self) -> bool {
        trace::quietly(|| self.state.lock().broken)
    }

    /// Breaks the barrier: those who wait, and those who come, get [`BrokenBarrier`], until [`reset`](Barrier::reset).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    /// use sync_primitives::{Barrier, BrokenBarrier};
    ///
    /// let barrier = Barrier::new(2);
    /// thread::scope(|scope| {
    ///     scope.spawn(|| assert_eq!(barrier.wait(), Err(BrokenBarrier)));
    ///     barrier.abort(); // this thread will not come
    /// });
    /// ```
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn abort(&self) {
        let call = Call::new(Place::here(), self.subject());
        call.report(Op::Break, 0);
        self.break_round(&mut self.state.lock(), true);
    }

    /// Makes the barrier usable again. Threads that wait at this moment get [`BrokenBarrier`].
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::Barrier;
    ///
    /// let barrier = Barrier::new(1);
    /// barrier.abort();
    /// assert!(barrier.wait().is_err());
    /// barrier.reset();
    /// assert!(barrier.wait().is_ok());
    /// ```
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn reset(&self) {
        let call = Call::new(Place::here(), self.subject());
        call.report(Op::Reset, 0);
        self.break_round(&mut self.state.lock(), false);
    }

    /// Sends away those who wait in the present round, and tells them why they wake.
    fn break_round(&self, state: &mut LockGuard<'_, State>, broken: bool) {
        state.broken = broken;
        state.leaving += mem::take(&mut state.arrived);
        state.acting = false;
        self.changed.notify_all();
    }

    /// Leaves a broken round.
    fn leave(&self, state: &mut LockGuard<'_, State>) -> Result<BarrierWaitResult, BrokenBarrier> {
        state.leaving -= 1;
        if state.leaving == 0 {
            self.changed.notify_all();
        }
        Err(BrokenBarrier)
    }

    fn subject(&self) -> Subject {
        Subject::new(Primitive::Barrier, self)
    }

    #[doc(hidden)]
    pub fn waiters(&self) -> usize {
        self.changed.waiters()
    }
}

impl<A: Fn() + Sync> Barrier<A> {
    /// Waits until all parties have arrived. The last to arrive runs the action before anybody returns.
    ///
    /// Release and acquire: what any party did before it arrived is visible to every party now.
    ///
    /// # Errors
    ///
    /// [`BrokenBarrier`] if the barrier is broken, or this round becomes so while this waits.
    ///
    /// # Panics
    ///
    /// If the action does, in the thread that runs it; the others get [`BrokenBarrier`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    /// use sync_primitives::Barrier;
    ///
    /// let barrier = Barrier::new(2);
    /// thread::scope(|scope| {
    ///     let other = scope.spawn(|| barrier.wait().unwrap().is_leader());
    ///     let me = barrier.wait().unwrap().is_leader();
    ///     assert_ne!(me, other.join().unwrap());
    /// });
    /// ```
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn wait(&self) -> Result<BarrierWaitResult, BrokenBarrier> {
        self.wait_deadline(None)
    }

    /// As [`wait`](Barrier::wait), but for no longer than `timeout`: then this breaks the barrier. More than the clock
    /// can count means for ever.
    ///
    /// # Errors
    ///
    /// As [`wait`](Barrier::wait), and when the time is over before the last party has arrived.
    ///
    /// # Panics
    ///
    /// As [`wait`](Barrier::wait).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use sync_primitives::Barrier;
    ///
    /// let barrier = Barrier::new(2);
    /// assert!(barrier.wait_for(Duration::from_millis(1)).is_err());
    /// assert!(barrier.is_broken());
    /// ```
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn wait_for(&self, timeout: Duration) -> Result<BarrierWaitResult, BrokenBarrier> {
        self.wait_deadline(park::deadline_after(timeout))
    }

    /// As [`wait_for`](Barrier::wait_for), until `deadline`.
    ///
    /// # Errors
    ///
    /// As [`wait_for`](Barrier::wait_for).
    ///
    /// # Panics
    ///
    /// As [`wait`](Barrier::wait).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Instant;
    /// use sync_primitives::Barrier;
    ///
    /// assert!(Barrier::new(1).wait_until(Instant::now()).is_ok());
    /// ```
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn wait_until(&self, deadline: Instant) -> Result<BarrierWaitResult, BrokenBarrier> {
        self.wait_deadline(Some(deadline))
    }

    #[cfg_attr(feature = "trace", track_caller)]
    fn wait_deadline(&self, deadline: Option<Instant>) -> Result<BarrierWaitResult, BrokenBarrier> {
        let call = Call::new(Place::here(), self.subject());
        let result = self.meet(&call, deadline);
        call.ended(if result.is_ok() { Op::Pass } else { Op::Break }, 0);
        result
    }

    fn meet(&self, call: &Call, deadline: Option<Instant>) -> Result<BarrierWaitResult, BrokenBarrier> {
        let mut state = self.state.lock();
        // More threads than parties: the round before is decided first.
        let undecided = |state: &State| !state.broken && (state.acting || state.leaving > 0);
        if self.changed.wait_while_deadline(&mut state, deadline, undecided).timed_out() {
            state.broken = true;
            self.changed.notify_all();
        }
        if state.broken {
            return Err(BrokenBarrier);
        }
        let (round, index) = (state.round, state.arrived);
        state.arrived += 1;
        call.report(Op::Arrive, index);
        if state.arrived == self.parties { self.lead(state, index) } else { self.follow(state, deadline, round, index) }
    }

    /// The last to arrive: runs the action, then lets the round pass.
    fn lead<'a>(&'a self, mut state: LockGuard<'a, State>, index: usize) -> Result<BarrierWaitResult, BrokenBarrier> {
        if let Some(action) = &self.action {
            state.acting = true;
            drop(state);
            let failed = ActionFailed(self);
            trace::outside(action);
            mem::forget(failed);
            state = self.state.lock();
            if !state.acting {
                // Somebody broke the round while the action ran.
                return self.leave(&mut state);
            }
            state.acting = false;
        }
        state.round = state.round.wrapping_add(1);
        state.arrived = 0;
        self.changed.notify_all();
        Ok(BarrierWaitResult { index, is_leader: true })
    }

    /// Any other: waits for the round to pass or break, or breaks it.
    fn follow(
        &self,
        mut state: LockGuard<'_, State>,
        deadline: Option<Instant>,
        round: usize,
        index: usize,
    ) -> Result<BarrierWaitResult, BrokenBarrier> {
        let undecided = |state: &State| state.round == round && state.leaving == 0;
        let timed_out = self.changed.wait_while_deadline(&mut state, deadline, undecided).timed_out();
        if timed_out && state.acting {
            // The last party is here: what counts now is the action.
            self.changed.wait_while(&mut state, undecided);
        } else if timed_out {
            self.break_round(&mut state, true);
        }
        if state.round == round { self.leave(&mut state) } else { Ok(BarrierWaitResult { index, is_leader: false }) }
    }
}

/// Breaks the round if the action unwinds.
struct ActionFailed<'a, A>(&'a Barrier<A>);

impl<A> Drop for ActionFailed<'_, A> {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        if state.acting {
            self.0.break_round(&mut state, true);
        }
        // The panic is the leader's answer; `BrokenBarrier` is for the others.
        let _ = self.0.leave(&mut state);
    }
}

impl<A> fmt::Debug for Barrier<A> {
    /// Shows what can be seen without waiting.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Copied out: who writes what is shown may come by here himself.
        let state = trace::quietly(|| self.state.try_lock().map(|state| (state.arrived, state.broken)));
        let mut description = f.debug_struct("Barrier");
        description.field("parties", &self.parties);
        match state {
            Some((waiting, broken)) => description.field("waiting", &waiting).field("broken", &broken).finish(),
            None => description.field("waiting", &format_args!("<locked>")).finish(),
        }
    }
}

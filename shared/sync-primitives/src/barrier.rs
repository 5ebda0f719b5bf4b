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
//! **Algorithm.** One word: the number of the round, how many have arrived in it, and whether it or the barrier is broken.
//! A round that passes gets the next number, and its followers know by that, without writing anything: they leave all at
//! once, and early birds may gather for the next round while some have not left yet. A round that breaks keeps its number
//! until the last of its followers has learnt of it. Followers look again for a while before they sleep.

use crate::{
    park::{
        self, AtomicU64, DEFAULT_PARK_TOKEN, DEFAULT_UNPARK_TOKEN, FilterOp, Instant, Ordering,
        ParkResult, SpinWait, UnparkResult, const_fn,
    },
    trace::{self, Call, Op, Place, Primitive, Subject},
};
use std::{fmt, mem, time::Duration};

/// Bit: threads sleep, or are about to.
const PARKED: u64 = 0b001;
/// Bit: every wait fails until `reset`.
const BROKEN: u64 = 0b010;
/// Bit: the present round is broken, and those who had arrived have yet to learn of it.
const LEAVING: u64 = 0b100;
/// One thread that has arrived or has yet to leave, above those bits. Below a round there is room for 2^29 - 1: far more than a
/// system can run.
const THREAD: u64 = 1 << 3;
/// One round that has passed, above the threads.
const ROUND: u64 = 1 << 32;
/// Where the threads are counted.
const THREADS: u64 = ROUND - THREAD;

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
    /// A [`State`].
    state: AtomicU64,
    parties: usize,
    action: Option<A>,
}

/// `round * ROUND + threads * THREAD | LEAVING | BROKEN | PARKED`.
///
/// | `LEAVING` | threads | what it means |
/// |---|---|---|
/// | 0 | fewer than the parties | so many of the parties wait for the others |
/// | 0 | as many | all have arrived, and the action runs |
/// | 1 | n, at least 1 | n threads have yet to learn that their round is broken |
///
/// With `BROKEN`, who arrives is turned away. `PARKED` is set by whoever is about to sleep, and cleared only under the bucket
/// lock. The number of the round grows when a round passes, and only then. It wraps: a follower would have to be kept from
/// looking through 2^32 rounds to be mistaken.
#[derive(Clone, Copy)]
struct State(u64);

impl State {
    fn has(self, bit: u64) -> bool {
        self.0 & bit != 0
    }

    fn round(self) -> u64 {
        self.0 / ROUND
    }

    fn threads(self) -> usize {
        // No truncation: it counts threads, each of which has a stack in memory.
        ((self.0 & THREADS) / THREAD) as usize
    }

    /// How many have arrived in the present round.
    fn arrived(self) -> usize {
        if self.has(LEAVING) { 0 } else { self.threads() }
    }

    fn joined(self) -> State {
        State(self.0 + THREAD)
    }

    /// The next round, which nobody has joined.
    fn passed(self) -> State {
        State((self.0 & !THREADS).wrapping_add(ROUND))
    }

    /// Sends away those who have arrived.
    fn round_broken(self) -> State {
        State(if self.threads() > 0 {
            self.0 | LEAVING
        } else {
            self.0
        })
    }

    fn broken(self) -> State {
        State(self.0 | BROKEN)
    }

    fn whole(self) -> State {
        State(self.0 & !BROKEN)
    }

    /// One less to leave.
    fn left(self) -> State {
        let left = State(self.0 - THREAD);
        State(if left.threads() > 0 {
            left.0
        } else {
            left.0 & !LEAVING
        })
    }
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
            Barrier { state: AtomicU64::new(0), parties, action }
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
        self.look().arrived()
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
        self.look().has(BROKEN)
    }

    /// Breaks the barrier: those who have arrived in the present round, and those who come, get [`BrokenBarrier`], until [`reset`](Barrier::reset).
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
        trace::report(Place::here(), self.subject(), Op::Break, 0);
        self.decide(|state| Some(state.round_broken().broken()));
    }

    /// Makes the barrier usable again. Threads that have arrived in the present round get [`BrokenBarrier`]; those that wait
    /// for it to end, because there are more threads than parties, go on.
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
        trace::report(Place::here(), self.subject(), Op::Reset, 0);
        self.decide(|state| Some(state.round_broken().whole()));
    }

    #[doc(hidden)]
    pub fn waiters(&self) -> usize {
        park::waiters(self.key())
    }

    fn subject(&self) -> Subject {
        Subject::new(Primitive::Barrier, self)
    }

    /// The address that waiters park at.
    fn key(&self) -> usize {
        (&raw const self.state).addr()
    }

    #[inline]
    fn look(&self) -> State {
        // Acquire: pairs with the Release in `try_change`; makes visible what led to the state.
        State(self.state.load(Ordering::Acquire))
    }

    fn try_change(&self, from: State, to: State) -> bool {
        // Acquire: pairs with the Release of those who arrived before; the last to arrive, and the action, see what they
        // wrote. Release: pairs with that, and with the Acquire in `look` of those whom the change lets go.
        self.state
            .compare_exchange(from.0, to.0, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
    }

    /// Makes a change that waiting threads are to know of, and wakes those who sleep. Returns whether there was one to make.
    fn decide(&self, change: impl Fn(State) -> Option<State>) -> bool {
        loop {
            let state = self.look();
            let Some(next) = change(state) else {
                return false;
            };
            if self.try_change(state, next) {
                self.wake_those_parked_in(state);
                return true;
            }
        }
    }

    /// Whether the present round is one to join: neither are all here, nor has it broken.
    fn is_open(&self, state: State) -> bool {
        !state.has(LEAVING) && state.threads() < self.parties
    }

    /// Waits for a state that is not `undecided`, or for the deadline. Returns what it saw last.
    fn wait_while(&self, deadline: Option<Instant>, undecided: impl Fn(State) -> bool) -> State {
        let mut spin = SpinWait::PATIENT;
        let mut in_time = !park::has_passed(deadline);
        loop {
            let state = self.look();
            if !in_time || !undecided(state) {
                return state;
            }
            if spin.spin(deadline) {
                continue;
            }
            if state.has(PARKED) || self.try_change(state, State(state.0 | PARKED)) {
                in_time = self.sleep(deadline, &undecided) != ParkResult::TimedOut;
                spin.reset();
            }
        }
    }

    /// Joins the waiting line unless there is a decision.
    fn sleep(&self, deadline: Option<Instant>, undecided: impl Fn(State) -> bool) -> ParkResult {
        let still_undecided = || {
            let state = State(self.state.load(Ordering::Relaxed));
            state.has(PARKED) && undecided(state)
        };
        let gave_up = |_, was_last| {
            if was_last {
                self.state.fetch_and(!PARKED, Ordering::Relaxed);
            }
        };
        // SAFETY: the key is the address of our own field; the callbacks touch only the state, so they neither unwind nor
        // park.
        unsafe {
            park::park(
                self.key(),
                still_undecided,
                || {},
                gave_up,
                DEFAULT_PARK_TOKEN,
                deadline,
            )
        }
    }

    /// After a change of `state`: wakes all who sleep. An early bird who is in line meanwhile finds nothing decided, and
    /// sleeps on.
    #[inline]
    fn wake_those_parked_in(&self, state: State) {
        if state.has(PARKED) {
            self.wake_all();
        }
    }

    #[cold]
    fn wake_all(&self) {
        let settle = |_: UnparkResult| {
            self.state.fetch_and(!PARKED, Ordering::Relaxed);
            DEFAULT_UNPARK_TOKEN
        };
        // SAFETY: the key is the address of our own field; the callbacks touch only the state, so they neither unwind
        // nor park.
        unsafe { park::unpark_filter(self.key(), |_| FilterOp::Unpark, settle) };
    }

    /// Leaves a broken round. The last to leave lets those in who came too early.
    fn leave(&self) -> Result<(), BrokenBarrier> {
        let mut state = self.look();
        while !self.try_change(state, state.left()) {
            state = self.look();
        }
        if state.threads() == 1 {
            self.wake_those_parked_in(state);
        }
        Err(BrokenBarrier)
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

    fn meet(
        &self,
        call: &Call,
        deadline: Option<Instant>,
    ) -> Result<BarrierWaitResult, BrokenBarrier> {
        let joined = self.join(call, deadline)?;
        let is_leader = joined.threads() == self.parties - 1;
        if is_leader {
            self.lead(joined)?
        } else {
            self.follow(joined, deadline)?
        }
        Ok(BarrierWaitResult {
            index: joined.threads(),
            is_leader,
        })
    }

    /// Joins a round, as soon as there is one to join. Returns the state just before. That the thread arrives is told once,
    /// however often others are faster, so two may tell the same number.
    fn join(&self, call: &Call, deadline: Option<Instant>) -> Result<State, BrokenBarrier> {
        let mut told = false;
        loop {
            let state = self.look();
            if state.has(BROKEN) {
                return Err(BrokenBarrier);
            }
            if !self.is_open(state) {
                self.wait_for_an_open_round(deadline)?;
                continue;
            }
            if !mem::replace(&mut told, true) {
                // Now, so that nobody tells that he passes before this.
                call.report(Op::Arrive, state.threads());
            }
            let is_last = state.threads() == self.parties - 1;
            // In one step, if there is nothing to do between: then nothing breaks a round for which all are here.
            let next = if is_last && self.action.is_none() {
                state.passed()
            } else {
                state.joined()
            };
            if self.try_change(state, next) {
                return Ok(state);
            }
        }
    }

    /// More threads than parties: the round before is decided first.
    #[cold]
    fn wait_for_an_open_round(&self, deadline: Option<Instant>) -> Result<(), BrokenBarrier> {
        let undecided = |state: State| !state.has(BROKEN) && !self.is_open(state);
        let state = self.wait_while(deadline, undecided);
        let gave_up =
            undecided(state) && self.decide(|state| undecided(state).then(|| state.broken()));
        if gave_up { Err(BrokenBarrier) } else { Ok(()) }
    }

    /// The last to arrive: runs the action, then lets the round pass; without an action it has passed already.
    fn lead(&self, joined: State) -> Result<(), BrokenBarrier> {
        let Some(action) = &self.action else {
            self.wake_those_parked_in(joined);
            return Ok(());
        };
        let failed = ActionFailed(self);
        trace::outside(action);
        mem::forget(failed);
        if self.decide(|state| (!state.has(LEAVING)).then(|| state.passed())) {
            return Ok(());
        }
        // Somebody broke the round while the action ran.
        self.leave()
    }

    /// Any other: waits for the round to pass or break, or breaks it.
    fn follow(&self, joined: State, deadline: Option<Instant>) -> Result<(), BrokenBarrier> {
        let undecided = |state: State| state.round() == joined.round() && !state.has(LEAVING);
        let mut state = self.wait_while(deadline, undecided);
        if undecided(state) {
            self.decide(|state| {
                (undecided(state) && self.is_open(state)).then(|| state.round_broken().broken())
            });
            // If the last party is here, what counts now is the action.
            state = self.wait_while(None, undecided);
        }
        if state.round() == joined.round() {
            self.leave()
        } else {
            Ok(())
        }
    }
}

/// Breaks the round if the action unwinds.
struct ActionFailed<'a, A>(&'a Barrier<A>);

impl<A> Drop for ActionFailed<'_, A> {
    fn drop(&mut self) {
        self.0
            .decide(|state| (!state.has(LEAVING)).then(|| state.round_broken().broken()));
        // The panic is the leader's answer; `BrokenBarrier` is for the others.
        let _ = self.0.leave();
    }
}

impl<A> fmt::Debug for Barrier<A> {
    /// Shows what can be seen without waiting.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.look();
        f.debug_struct("Barrier")
            .field("parties", &self.parties)
            .field("waiting", &state.arrived())
            .field("broken", &state.has(BROKEN))
            .finish()
    }
}

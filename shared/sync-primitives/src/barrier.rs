//! [`Barrier`]: a point that threads leave only after all of them have reached it.
//!
//! What users may rely on is documented on [`Barrier`]. This comment is about the implementation.
//!
//! A barrier is one word of state, and threads that wait at it are parked in the parking lot. The
//! module [`park`] explains the parking lot and its bucket locks. The word has five parts:
//!
//! | Bits | Name | Meaning |
//! |---|---|---|
//! | 0 | `PARKED` | Threads are parked, or about to park. |
//! | 1 to 3 | barrier reason | Why the barrier is broken, or 0 if it is not. |
//! | 4 to 6 | round reason | Why the current round is broken, or 0 if it is not. |
//! | 7 to 31 | threads | How many threads are in the current round. |
//! | 32 to 63 | round | How many rounds have passed. |
//!
//! The round reason and the number of threads describe the current round together:
//!
//! | Round reason | Threads | Meaning |
//! |---|---|---|
//! | 0 | fewer than the parties | The threads that have arrived wait for the others. |
//! | 0 | as many as the parties | All have arrived, and the last one runs the action. |
//! | not 0 | at least 1 | The round is broken, and this many threads have not left it yet. |
//!
//! - The last thread to arrive starts the next round. The other threads notice that the number of
//!   the round has changed, and leave without changing the state. So they all leave at once, and
//!   threads may arrive in the next round before every thread has left the last one.
//! - A broken round keeps its number and its reason until its last thread has left. Every thread
//!   therefore reads why its own round broke, even if the barrier has been reset or has been broken
//!   for another reason in the meantime. Threads that arrive during this time wait.
//! - The barrier reason is separate because it lasts until `reset`, and because `reset` breaks a
//!   round without breaking the barrier. Both reasons are set once: the first one counts.
//! - A thread that is about to park sets `PARKED`. The bit is cleared only under the bucket lock.
//!
//! The round wraps around. A thread could mistake another round for its own only if exactly 2^32
//! rounds passed before it looked again. The 25 bits for threads are enough because Linux runs at
//! most 2^22 threads.

use crate::park::{
    self, AtomicU64, DEFAULT_PARK_TOKEN, DEFAULT_UNPARK_TOKEN, FilterOp, Instant, Ordering,
    ParkResult, SpinWait, UnparkResult, const_fn,
};
use crate::trace::{self, Call, Op, Place, Primitive, Subject};
use std::{
    fmt, mem,
    panic::{RefUnwindSafe, UnwindSafe},
    time::Duration,
};

/// Bit: threads are parked, or about to park.
const PARKED: u64 = 1;
/// Where the barrier reason starts.
const BARRIER_REASON_SHIFT: u32 = 1;
/// Where the round reason starts.
const ROUND_REASON_SHIFT: u32 = 4;
/// The bits of a reason, before it is shifted.
const REASON: u64 = 0b111;
/// One thread in the current round.
const THREAD: u64 = 1 << 7;
/// One round that has passed.
const ROUND: u64 = 1 << 32;
/// The bits that count the threads.
const THREADS: u64 = ROUND - THREAD;

/// A point that a fixed number of threads leave only after all of them have reached it.
///
/// Each thread calls [`wait`](Barrier::wait), which blocks until all parties have arrived. Then all
/// of them return, and the barrier can be used for the next round. The thread that arrives last can
/// run an action before the others go on, see [`with_action`](Barrier::with_action).
///
/// Use a `Barrier` when a fixed number of threads compute in phases, and each phase reads what all
/// threads wrote in the phase before.
///
/// Other types are a better fit in these cases:
///
/// - There is only one phase: use [`thread::scope`](std::thread::scope), which joins the threads.
/// - The work does not come in equal shares: use a [`Queue`](crate::Queue) and its
///   [`join`](crate::Queue::join).
/// - No thread can fail and none waits with a timeout: [`std::sync::Barrier`] is enough.
///
/// # Guarantees
///
/// - **Rounds.** All parties of a round have arrived before any of them returns. No thread of one
///   round slips into the next one.
/// - **Memory ordering.** Everything a party did before it arrived is visible to all parties of the
///   round when they return. The action sees it too, and all parties see what the action did.
/// - **Action.** The action runs once in each round, in the thread that arrived last, before any
///   party returns. It runs with no internal lock held.
/// - **No hangs after a failure.** A timeout, [`abort`](Barrier::abort), [`reset`](Barrier::reset)
///   or a panic of the action breaks the round at once, for all threads that have arrived in it.
///   They return [`BrokenBarrier`], whose [`reason`](BrokenBarrier::reason) says why. Unless it was
///   `reset`, the barrier stays broken: every wait fails for the same reason until `reset`.
/// - **No late timeouts.** Once the last party has arrived, no timeout breaks the round. Once the
///   round has passed, nothing breaks it, not even for threads that have yet to return.
///
/// # Not guaranteed
///
/// - **Order.** The parties may return in any order.
/// - **Detection of lost threads.** A thread that panics before it arrives does not break the
///   barrier. Tell the other threads with [`abort`](Barrier::abort), for example from a `Drop`
///   implementation, or let them wait with a timeout.
///
/// # Algorithm
///
/// One word holds the number of the round, the number of threads that have arrived in it, and
/// whether it is broken. The last thread to arrive starts the next round, and the others leave
/// without writing to the word.
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

// A panic of the action breaks the barrier, so no thread goes on without learning of it. This holds
// for every action, so whether a barrier is unwind safe does not depend on the type of its action.
impl<A> UnwindSafe for Barrier<A> {}
impl<A> RefUnwindSafe for Barrier<A> {}

/// What [`Barrier::wait`] returns to each party of a round that has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BarrierWaitResult {
    index: usize,
    is_leader: bool,
}

impl BarrierWaitResult {
    /// Returns how many parties had arrived before this one.
    ///
    /// Each party of a round has a different index, from 0 to the number of parties less one.
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

    /// Returns `true` for exactly one party of a round: the one that arrived last, and ran the
    /// action if there is one.
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

/// The error of [`Barrier::wait`]: the round is broken, so its parties will never all meet.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use sync_primitives::{Barrier, BrokenBarrierReason};
///
/// let barrier = Barrier::new(2);
/// let error = barrier.wait_for(Duration::from_millis(1)).unwrap_err();
/// assert_eq!(error.reason(), BrokenBarrierReason::TimedOut);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BrokenBarrier {
    reason: BrokenBarrierReason,
}

impl BrokenBarrier {
    /// Returns why the round is broken.
    ///
    /// All threads of a broken round get the same reason. A thread that arrives at a broken barrier
    /// gets the reason for which the barrier was first broken since the last
    /// [`reset`](Barrier::reset).
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::{Barrier, BrokenBarrierReason};
    ///
    /// let barrier = Barrier::new(2);
    /// barrier.abort();
    /// assert_eq!(barrier.wait().unwrap_err().reason(), BrokenBarrierReason::Aborted);
    /// ```
    pub fn reason(&self) -> BrokenBarrierReason {
        self.reason
    }
}

impl fmt::Display for BrokenBarrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.reason {
            BrokenBarrierReason::TimedOut => {
                "the barrier is broken because a thread timed out: \
                 call `reset` before the next round"
            }
            BrokenBarrierReason::Aborted => {
                "the barrier is broken because a thread called `abort`: \
                 call `reset` before the next round"
            }
            BrokenBarrierReason::Reset => {
                "the round is broken because a thread called `reset`: \
                 call `wait` again for the next round"
            }
            BrokenBarrierReason::ActionPanicked => {
                "the barrier is broken because its action panicked: \
                 call `reset` before the next round"
            }
        })
    }
}

impl std::error::Error for BrokenBarrier {}

/// The reason why a round of a [`Barrier`] is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BrokenBarrierReason {
    /// A thread waited for as long as its timeout allowed, and the last party had not arrived.
    TimedOut,
    /// A thread called [`abort`](Barrier::abort).
    Aborted,
    /// A thread called [`reset`](Barrier::reset) while this thread waited. The barrier itself is
    /// not broken.
    Reset,
    /// The action panicked.
    ActionPanicked,
}

impl BrokenBarrierReason {
    /// The number that stands for the reason in a [`State`].
    fn code(self) -> u64 {
        match self {
            BrokenBarrierReason::TimedOut => 1,
            BrokenBarrierReason::Aborted => 2,
            BrokenBarrierReason::Reset => 3,
            BrokenBarrierReason::ActionPanicked => 4,
        }
    }

    /// The reason that `code` stands for. Returns `None` for 0, which means "not broken".
    fn from_code(code: u64) -> Option<Self> {
        match code {
            1 => Some(BrokenBarrierReason::TimedOut),
            2 => Some(BrokenBarrierReason::Aborted),
            3 => Some(BrokenBarrierReason::Reset),
            4 => Some(BrokenBarrierReason::ActionPanicked),
            _ => None,
        }
    }
}

impl Barrier {
    const_fn! {
        /// Creates a barrier for `parties` threads.
        ///
        /// # Panics
        ///
        /// Panics if `parties` is 0.
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
            Self::from_parts(parties, None)
        }
    }
}

impl<A> Barrier<A> {
    const_fn! {
        /// Creates a barrier for `parties` threads, whose last party runs `action` before any party
        /// goes on.
        ///
        /// The action may call every method of the barrier except the `wait` methods, which would
        /// deadlock: the action would wait for itself.
        ///
        /// # Panics
        ///
        /// Panics if `parties` is 0.
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
            Self::from_parts(parties, Some(action))
        }
    }

    const_fn! {
        const fn from_parts(parties: usize, action: Option<A>) -> Self {
            assert!(parties > 0, "a barrier for 0 parties could never be passed");
            Barrier { state: AtomicU64::new(0), parties, action }
        }
    }

    /// Returns the number of threads that make a round.
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

    /// Returns the number of threads that have arrived in the current round.
    ///
    /// The answer may be out of date by the time you read it. Use it for diagnostics, not for
    /// synchronization.
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
        self.load().arrived()
    }

    /// Returns `true` if the barrier is broken: every wait fails until [`reset`](Barrier::reset).
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
        self.load().barrier_reason().is_some()
    }

    /// Breaks the barrier until [`reset`](Barrier::reset).
    ///
    /// The threads that have arrived in the current round return [`BrokenBarrier`], and so does
    /// every thread that arrives later. If the barrier is already broken, it keeps its first
    /// reason.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    /// use sync_primitives::Barrier;
    ///
    /// let barrier = Barrier::new(2);
    /// thread::scope(|scope| {
    ///     scope.spawn(|| assert!(barrier.wait().is_err()));
    ///     barrier.abort(); // this thread is not going to arrive
    /// });
    /// ```
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn abort(&self) {
        let subject = self.subject();
        self.break_barrier_if(BrokenBarrierReason::Aborted, |_| true);
        trace::report(Place::here(), subject, Op::Break, 0);
    }

    /// Makes the barrier usable again.
    ///
    /// The threads that have arrived in the current round return [`BrokenBarrier`]. If there are
    /// more threads than parties, those that wait for the current round to end stay, and join the
    /// next round.
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
        let subject = self.subject();
        self.update_and_wake(|state| {
            let round_broken = state.break_round(BrokenBarrierReason::Reset);
            Some(round_broken.without_barrier_reason())
        });
        trace::report(Place::here(), subject, Op::Reset, 0);
    }

    // Lets tests wait until a thread has parked.
    #[doc(hidden)]
    pub fn waiters(&self) -> usize {
        park::waiters(self.key())
    }

    /// Identifies the barrier in trace events.
    fn subject(&self) -> Subject {
        Subject::new(Primitive::Barrier, self)
    }

    /// The address at which waiters park.
    fn key(&self) -> usize {
        (&raw const self.state).addr()
    }

    #[inline]
    fn load(&self) -> State {
        // Acquire: pairs with the Release in `compare_exchange`; makes visible what the threads did
        // that led to this state.
        State(self.state.load(Ordering::Acquire))
    }

    /// Changes the state from `current` to `new`. Returns `false` if the state was not `current`.
    fn compare_exchange(&self, current: State, new: State) -> bool {
        // Acquire: pairs with the Release of the threads that arrived before; the last thread to
        // arrive, and the action, see what they wrote.
        // Release: pairs with that Acquire, and with the Acquire in `load` of the threads that this
        // change lets go on.
        self.state
            .compare_exchange(current.0, new.0, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
    }

    /// Makes a change that parked threads must learn of, and wakes them. If `change` returns
    /// `None`, the state stays as it is, and this returns `false`.
    fn update_and_wake(&self, change: impl Fn(State) -> Option<State>) -> bool {
        loop {
            let state = self.load();
            let Some(new) = change(state) else {
                return false;
            };
            if self.compare_exchange(state, new) {
                self.wake_if_parked(state);
                return true;
            }
        }
    }

    /// Breaks the barrier and its current round, if `condition` holds.
    fn break_barrier_if(&self, reason: BrokenBarrierReason, condition: impl Fn(State) -> bool) {
        self.update_and_wake(|state| {
            let broken = state.break_round(reason).break_barrier(reason);
            condition(state).then_some(broken)
        });
    }

    /// Waits as long as `condition` holds for the state, or until `deadline`. Returns the state
    /// that it has read last.
    fn wait_while(&self, deadline: Option<Instant>, condition: impl Fn(State) -> bool) -> State {
        let mut spin = SpinWait::PATIENT;
        let mut timed_out = park::has_passed(deadline);
        loop {
            let state = self.load();
            if timed_out || !condition(state) {
                return state;
            }
            if spin.spin(deadline) {
                continue;
            }
            if state.is_parked() || self.compare_exchange(state, state.with_parked()) {
                timed_out = self.park(deadline, &condition) == ParkResult::TimedOut
                    || park::has_passed(deadline);
                spin.reset();
            }
        }
    }

    /// Parks the current thread, unless `condition` no longer holds or `PARKED` has been cleared.
    fn park(&self, deadline: Option<Instant>, condition: impl Fn(State) -> bool) -> ParkResult {
        // Without `PARKED`, no thread that changes the state would wake this thread.
        // Relaxed: `wait_while` loads the state again before it returns.
        let validate = || {
            let state = State(self.state.load(Ordering::Relaxed));
            state.is_parked() && condition(state)
        };
        let timed_out = |_key, was_last| {
            if was_last {
                // Relaxed: `PARKED` publishes no data, and the bucket lock orders the visits to the
                // wait queue.
                self.state.fetch_and(!PARKED, Ordering::Relaxed);
            }
        };
        let (key, token) = (self.key(), DEFAULT_PARK_TOKEN);
        // SAFETY:
        // - The key is the address of this barrier's own field, so only its waiters park there.
        // - `validate` and `timed_out` only access `state`, and every `condition` only computes
        //   with its argument, so they neither panic nor call into the parking lot.
        // - `before_sleep` does nothing.
        unsafe { park::park(key, validate, || {}, timed_out, token, deadline) }
    }

    /// Wakes all parked threads, if there were any in the state that the caller has just replaced.
    #[inline]
    fn wake_if_parked(&self, replaced: State) {
        if replaced.is_parked() {
            self.wake_all();
        }
    }

    /// Wakes every parked thread. A thread that has already arrived in the next round parks again.
    #[cold]
    fn wake_all(&self) {
        let callback = |_: UnparkResult| {
            // Relaxed: as in `park`.
            self.state.fetch_and(!PARKED, Ordering::Relaxed);
            DEFAULT_UNPARK_TOKEN
        };
        // SAFETY:
        // - The key is the address of this barrier's own field, so only its waiters park there.
        // - The filter does nothing, and `callback` only accesses `state`, so they neither panic
        //   nor call into the parking lot.
        unsafe { park::unpark_filter(self.key(), |_| FilterOp::Unpark, callback) };
    }

    /// Removes the current thread from a broken round. The last thread to leave wakes those that
    /// wait for the next round.
    fn leave(&self) {
        loop {
            let state = self.load();
            if self.compare_exchange(state, state.without_thread()) {
                if state.threads() == 1 {
                    self.wake_if_parked(state);
                }
                return;
            }
        }
    }
}

impl<A: Fn() + Sync> Barrier<A> {
    /// Blocks the current thread until all parties have arrived.
    ///
    /// The party that arrives last runs the action, if there is one, before any party returns.
    ///
    /// # Errors
    ///
    /// Returns [`BrokenBarrier`] if the barrier is broken, or if the round breaks while this thread
    /// waits.
    ///
    /// # Panics
    ///
    /// Panics if this thread runs the action and the action panics. The other threads return
    /// [`BrokenBarrier`] in this case.
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

    /// Blocks the current thread until all parties have arrived, but for at most `timeout`.
    ///
    /// A wait that times out breaks the barrier for all threads. A timeout of zero does
    /// not block: the call succeeds only if all parties have arrived. A timeout that is too large to add to the current
    /// time means no timeout.
    ///
    /// # Errors
    ///
    /// Returns [`BrokenBarrier`] in the same cases as [`wait`](Barrier::wait), and if the wait
    /// times out before the last party has arrived.
    ///
    /// # Panics
    ///
    /// Panics in the same case as [`wait`](Barrier::wait).
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

    /// Blocks the current thread until all parties have arrived, or until `deadline`.
    ///
    /// A wait that times out breaks the barrier for all threads. A deadline that has already passed
    /// is the same as a timeout of zero.
    ///
    /// # Errors
    ///
    /// Returns [`BrokenBarrier`] in the same cases as [`wait_for`](Barrier::wait_for).
    ///
    /// # Panics
    ///
    /// Panics in the same case as [`wait`](Barrier::wait).
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
        let result = self.wait_in_round(&call, deadline);
        let op = if result.is_ok() { Op::Pass } else { Op::Break };
        call.ended(op, 0);
        result
    }

    /// Joins a round, and waits for it to pass or to break.
    fn wait_in_round(
        &self,
        call: &Call,
        deadline: Option<Instant>,
    ) -> Result<BarrierWaitResult, BrokenBarrier> {
        let joined = self.join(call, deadline)?;
        let index = joined.threads();
        let is_leader = self.is_last_missing(joined);
        if is_leader {
            self.lead(joined)?;
        } else {
            self.follow(joined.round(), deadline)?;
        }
        Ok(BarrierWaitResult { index, is_leader })
    }

    /// Joins the current round as soon as it is open. Returns the state just before this thread
    /// joined.
    fn join(&self, call: &Call, deadline: Option<Instant>) -> Result<State, BrokenBarrier> {
        let mut reported = false;
        loop {
            let state = self.load();
            if let Some(reason) = state.barrier_reason() {
                return Err(BrokenBarrier { reason });
            }
            if !state.is_open(self.parties) {
                self.wait_for_open_round(deadline)?;
                continue;
            }

            if !reported {
                // Reported before this thread joins, unlike all other changes. A trace subscriber
                // that blocks here blocks only its own thread, because no thread counts on this one
                // yet, and no thread can report that it passes before this one has reported that it
                // arrives. The number may be out of date if another thread joins first. The
                // exchange below checks the state again.
                call.report(Op::Arrive, state.threads());
                reported = true;
            }

            // Without an action, the last thread to arrive joins and starts the next round in one
            // step, so nothing can break a round that is complete.
            let passes = self.is_last_missing(state) && self.action.is_none();
            let new = if passes {
                state.next_round()
            } else {
                state.with_thread()
            };
            if self.compare_exchange(state, new) {
                return Ok(state);
            }
        }
    }

    /// Whether all parties but one have arrived in a round that is open.
    fn is_last_missing(&self, state: State) -> bool {
        state.threads() == self.parties - 1
    }

    /// Waits until the current round is open or the barrier is broken. If this wait times out, it
    /// breaks the barrier, but not the current round, to which this thread does not belong.
    #[cold]
    fn wait_for_open_round(&self, deadline: Option<Instant>) -> Result<(), BrokenBarrier> {
        let reason = BrokenBarrierReason::TimedOut;
        let is_closed =
            |state: State| state.barrier_reason().is_none() && !state.is_open(self.parties);
        let break_if_closed =
            |state: State| is_closed(state).then_some(state.break_barrier(reason));
        let state = self.wait_while(deadline, is_closed);
        if is_closed(state) && self.update_and_wake(break_if_closed) {
            return Err(BrokenBarrier { reason });
        }
        Ok(())
    }

    /// Completes the round. Called by the last thread to arrive.
    fn lead(&self, joined: State) -> Result<(), BrokenBarrier> {
        let Some(action) = &self.action else {
            // `join` has already started the next round.
            self.wake_if_parked(joined);
            return Ok(());
        };
        let break_on_panic = BreakOnPanic(self);
        trace::outside(action);
        mem::forget(break_on_panic);
        self.pass_unless_broken()
    }

    /// Starts the next round after the action has run, unless another thread broke the current
    /// round while the action ran.
    fn pass_unless_broken(&self) -> Result<(), BrokenBarrier> {
        loop {
            let state = self.load();
            if let Some(reason) = state.round_reason() {
                self.leave();
                return Err(BrokenBarrier { reason });
            }
            if self.compare_exchange(state, state.next_round()) {
                self.wake_if_parked(state);
                return Ok(());
            }
        }
    }

    /// Waits until `round` has passed or is broken. Called by every thread but the last to arrive.
    fn follow(&self, round: u64, mut deadline: Option<Instant>) -> Result<(), BrokenBarrier> {
        loop {
            match self.wait_for_decision(round, deadline) {
                RoundStatus::Passed => return Ok(()),
                RoundStatus::Broken(reason) => {
                    self.leave();
                    return Err(BrokenBarrier { reason });
                }
                RoundStatus::Undecided => {
                    self.break_incomplete_round(round);
                    // The round may still be undecided, because the last party has arrived and runs
                    // the action. The deadline has no meaning anymore.
                    deadline = None;
                }
            }
        }
    }

    /// Waits until `round` has passed or is broken, or until `deadline`.
    fn wait_for_decision(&self, round: u64, deadline: Option<Instant>) -> RoundStatus {
        let is_undecided = |state: State| state.status_of(round) == RoundStatus::Undecided;
        let state = self.wait_while(deadline, is_undecided);
        state.status_of(round)
    }

    /// Breaks `round` after a timeout, unless it is decided or complete.
    fn break_incomplete_round(&self, round: u64) {
        let is_incomplete = |state: State| state.round() == round && state.is_open(self.parties);
        self.break_barrier_if(BrokenBarrierReason::TimedOut, is_incomplete);
    }
}

/// Breaks the barrier when it is dropped, which happens only if the action panics.
struct BreakOnPanic<'a, A>(&'a Barrier<A>);

impl<A> Drop for BreakOnPanic<'_, A> {
    fn drop(&mut self) {
        let is_whole = |state: State| state.round_reason().is_none();
        let reason = BrokenBarrierReason::ActionPanicked;
        self.0.break_barrier_if(reason, is_whole);
        self.0.leave();
    }
}

impl<A> fmt::Debug for Barrier<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.load();
        f.debug_struct("Barrier")
            .field("parties", &self.parties)
            .field("waiting", &state.arrived())
            .field("broken", &state.barrier_reason().is_some())
            .finish()
    }
}

/// How a round stands, as seen by a thread that has arrived in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RoundStatus {
    Undecided,
    Passed,
    Broken(BrokenBarrierReason),
}

/// A value of the state. The tables at the top of this file list its parts.
#[derive(Clone, Copy)]
struct State(u64);

impl State {
    fn is_parked(self) -> bool {
        self.0 & PARKED != 0
    }

    fn barrier_reason(self) -> Option<BrokenBarrierReason> {
        BrokenBarrierReason::from_code((self.0 >> BARRIER_REASON_SHIFT) & REASON)
    }

    fn round_reason(self) -> Option<BrokenBarrierReason> {
        BrokenBarrierReason::from_code((self.0 >> ROUND_REASON_SHIFT) & REASON)
    }

    /// The number of threads in the current round: those that have arrived, or those that have yet
    /// to leave it if it is broken.
    fn threads(self) -> usize {
        ((self.0 & THREADS) / THREAD) as usize
    }

    fn round(self) -> u64 {
        self.0 / ROUND
    }

    /// The number of threads that have arrived in the current round, and have not been sent away.
    fn arrived(self) -> usize {
        match self.round_reason() {
            Some(_) => 0,
            None => self.threads(),
        }
    }

    /// Whether a thread may join the current round: it is neither complete nor broken.
    fn is_open(self, parties: usize) -> bool {
        self.round_reason().is_none() && self.threads() < parties
    }

    /// How `round` stands, for a thread that belongs to it and has not left it.
    fn status_of(self, round: u64) -> RoundStatus {
        if self.round() != round {
            return RoundStatus::Passed;
        }
        match self.round_reason() {
            Some(reason) => RoundStatus::Broken(reason),
            None => RoundStatus::Undecided,
        }
    }

    fn with_parked(self) -> State {
        State(self.0 | PARKED)
    }

    /// One thread more in the current round.
    fn with_thread(self) -> State {
        State(self.0 + THREAD)
    }

    /// One thread less in a broken round. The last thread to leave makes room for the next round,
    /// which has the same number.
    fn without_thread(self) -> State {
        let left = State(self.0 - THREAD);
        if left.threads() > 0 {
            return left;
        }
        State(left.0 & !(REASON << ROUND_REASON_SHIFT))
    }

    /// The next round, in which no thread has arrived.
    fn next_round(self) -> State {
        State((self.0 & !THREADS).wrapping_add(ROUND))
    }

    /// Breaks the current round, if threads have arrived in it and it is not already broken.
    fn break_round(self, reason: BrokenBarrierReason) -> State {
        if self.arrived() == 0 {
            return self;
        }
        State(self.0 | (reason.code() << ROUND_REASON_SHIFT))
    }

    /// Breaks the barrier, if it is not already broken.
    fn break_barrier(self, reason: BrokenBarrierReason) -> State {
        if self.barrier_reason().is_some() {
            return self;
        }
        State(self.0 | (reason.code() << BARRIER_REASON_SHIFT))
    }

    fn without_barrier_reason(self) -> State {
        State(self.0 & !(REASON << BARRIER_REASON_SHIFT))
    }
}

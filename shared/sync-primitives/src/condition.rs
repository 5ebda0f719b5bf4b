//! [`Condition`]: a condition variable that works with both locks.
//!
//! What users may rely on is documented on [`Condition`], and which guards it can wait with on
//! [`Waitable`]. This comment is about the implementation.
//!
//! Waiters park in the parking lot at the address of the condition. The module [`park`] explains
//! the parking lot and its bucket locks. The condition itself is one pointer, which says what the
//! waiters hold:
//!
//! | `waiters_lock` | Meaning |
//! |---|---|
//! | `NO_WAITERS` | The wait queue is empty. |
//! | a lock | Every waiter came with this lock. The lock is alive, because they borrow it. |
//! | `SEVERAL_LOCKS` | The waiters came with different locks. |
//!
//! - If every waiter came with one lock and that lock is locked, a notification wakes no thread. It
//!   moves the waiters to the wait queue of the lock (*wait morphing*), and they are woken one by
//!   one as the lock is unlocked. Otherwise each of them would wake up only to find the lock held.
//! - A waiter joins the wait queue before it unlocks its lock. A thread that has changed the value
//!   under the lock therefore finds every waiter that has seen the old value.
//! - `waiters_lock` is written only under the bucket lock of the condition. A notifier reads it
//!   without the bucket lock first, so that a notification without waiters costs one load. It
//!   cannot miss a waiter that matters: the waiter wrote the field before it unlocked its lock, and
//!   the notifier has locked that lock since.
//! - A thread that is alone in the wait queue spins for a while before it parks. If its
//!   notification comes soon, this saves the system calls of a park and an unpark.
//!
//! A trace subscriber runs in the middle of a wait, and it may lock the same `RLock`
//! again and keep the guard. So the check that an [`Outermost`] is still the only level is repeated
//! after the last event that is sent before the thread parks (see [`Condition::park`]).

use crate::lock::{LockGuard, RawLock, TOKEN_HANDOFF};
use crate::park::{
    self, AtomicPtr, DEFAULT_PARK_TOKEN, DEFAULT_UNPARK_TOKEN, FilterOp, Instant, Ordering,
    ParkResult, RequeueOp, SpinWait, UnparkResult, const_fn,
};
use crate::rlock::{Outermost, RLockGuard, RawRLock};
use crate::trace::{self, Call, Op, Place, Primitive, Subject};
use std::{cell::Cell, fmt, ops::Deref, ptr, time::Duration};

/// No thread waits.
const NO_WAITERS: *mut RawLock = ptr::null_mut();
/// Threads wait that came with different locks. No lock has this address, because a `RawLock` is
/// never placed in the first page of memory.
const SEVERAL_LOCKS: *mut RawLock = ptr::without_provenance_mut(1);

/// A condition variable: lets a thread that holds a lock wait until other threads have changed the
/// value of the lock.
///
/// A wait unlocks the lock, parks the thread until it is notified, and locks the lock again. One
/// type serves [`Lock`](crate::Lock) and [`RLock`](crate::RLock). In most programs
/// [`wait_while`](Condition::wait_while) is the method to use, because it checks the value after
/// each wakeup.
///
/// Other types are a better fit in these cases:
///
/// - Threads wait until an item is there, or until there is room for one: use a
///   [`Queue`](crate::Queue).
/// - Threads wait until fewer than n threads do something: use a [`Semaphore`](crate::Semaphore).
/// - Threads wait for a single flag that no lock protects: use an [`Event`](crate::Event).
///
/// # Guarantees
///
/// - **No lost wakeups.** Unlocking the lock and joining the wait queue are one step. If a thread
///   changes the value under the lock and then notifies, it notifies every waiter that has seen the
///   old value.
/// - **One notification, one wait.** Each notification that takes a thread off the wait queue ends
///   exactly one wait. A timed wait that races with a notification either was notified or has timed
///   out, and says which.
/// - **Order.** A notification takes the threads that have waited longest off the wait queue.
/// - **The lock is held again.** Every wait returns with the lock locked as before, with every
///   level of an `RLock`.
/// - **Several locks.** Threads may wait on one condition with different locks at the same time.
/// - **Cost.** Notifying makes no system call if no thread waits.
///
/// # Not guaranteed
///
/// - **A true condition.** [`wait`](Condition::wait) may return without a notification (a spurious
///   wakeup), and another thread may change the value again before the notified thread has locked
///   the lock. So check the value in a loop, or call [`wait_while`](Condition::wait_while).
/// - **Order of locking.** Notified threads may get the lock in a different order than they were
///   notified.
///
/// # Algorithm
///
/// Waiters park in a wait queue of the condition. A notification wakes them, or, if the lock is
/// held, moves them to the wait queue of the lock, so that they do not wake up only to wait for it.
/// The design note *Design of Condition* in the book (`docs/src/design/condition.md` in the
/// repository) has the rest.
///
/// # Examples
///
/// ```
/// use std::thread;
/// use sync_primitives::{Condition, Lock};
///
/// let ready = Lock::new(false);
/// let changed = Condition::new();
///
/// thread::scope(|scope| {
///     scope.spawn(|| {
///         *ready.lock() = true;
///         changed.notify_all();
///     });
///     let mut guard = ready.lock();
///     changed.wait_while(&mut guard, |ready| !ready);
///     assert!(*guard);
/// });
/// ```
#[doc(alias = "condvar")]
#[doc(alias = "threading.Condition")]
pub struct Condition {
    /// The table at the top of this file lists the values.
    ///
    /// Every access is Relaxed. The bucket lock orders the accesses under it. For the one without
    /// it, in `has_waiters`, the lock of the waiter makes the write of the waiter visible.
    waiters_lock: AtomicPtr<RawLock>,
}

/// Tells whether a timed wait on a [`Condition`] has timed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// Returns `true` if the wait has timed out.
    ///
    /// After [`wait_for`](Condition::wait_for) and [`wait_until`](Condition::wait_until) this means
    /// that no notification came in time. After [`wait_while_for`](Condition::wait_while_for) and
    /// [`wait_while_until`](Condition::wait_while_until) it means that the closure still returns
    /// `true`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use sync_primitives::{Condition, Lock};
    ///
    /// let lock = Lock::new(());
    /// let result = Condition::new().wait_for(&mut lock.lock(), Duration::from_millis(1));
    /// assert!(result.timed_out());
    /// ```
    #[inline]
    pub fn timed_out(&self) -> bool {
        self.0
    }
}

impl Condition {
    const_fn! {
        /// Creates a condition on which no thread waits.
        ///
        /// # Examples
        ///
        /// ```
        /// use sync_primitives::Condition;
        ///
        /// static NOT_EMPTY: Condition = Condition::new();
        /// assert!(!NOT_EMPTY.notify_one());
        /// ```
        #[inline]
        pub const fn new() -> Self {
            Condition { waiters_lock: AtomicPtr::new(NO_WAITERS) }
        }
    }

    /// Unlocks the lock, blocks the current thread until it is notified, and locks the lock again.
    ///
    /// The guard is a [`LockGuard`], an [`RLockGuard`] of a `Sync` value, or an [`Outermost`]. A
    /// wait releases every level of an `RLock`, and acquires the same number of levels again.
    ///
    /// This method may return without a notification. Call it in a loop that checks the value, or
    /// call [`wait_while`](Condition::wait_while), which contains that loop.
    ///
    /// # Panics
    ///
    /// Panics if the guard is an [`Outermost`] and the current thread has acquired another level of
    /// the `RLock` since. The lock stays locked.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    /// use sync_primitives::{Condition, Lock};
    ///
    /// let tickets = Lock::new(0);
    /// let more = Condition::new();
    /// thread::scope(|scope| {
    ///     scope.spawn(|| {
    ///         *tickets.lock() += 1;
    ///         more.notify_one();
    ///     });
    ///     let mut guard = tickets.lock();
    ///     while *guard == 0 {
    ///         more.wait(&mut guard);
    ///     }
    ///     *guard -= 1;
    /// });
    /// ```
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn wait<G: Waitable>(&self, guard: &mut G) {
        self.wait_deadline(guard, None);
    }

    /// Waits as [`wait`](Condition::wait) does, but at most for `timeout`.
    ///
    /// A timeout that is too large to add to the current time means no timeout. After a timeout,
    /// too, this method locks the lock again, which may have to wait for the thread that holds it.
    ///
    /// # Panics
    ///
    /// Panics as [`wait`](Condition::wait) does.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use sync_primitives::{Condition, Lock};
    ///
    /// let lock = Lock::new(());
    /// let mut guard = lock.lock();
    /// assert!(Condition::new().wait_for(&mut guard, Duration::from_millis(1)).timed_out());
    /// assert!(lock.is_locked());
    /// ```
    #[must_use = "the wait may have timed out: check `timed_out()`, or write `let _ = ..`"]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn wait_for<G: Waitable>(&self, guard: &mut G, timeout: Duration) -> WaitTimeoutResult {
        self.wait_deadline(guard, park::deadline_after(timeout))
    }

    /// Waits as [`wait`](Condition::wait) does, but at the latest until `deadline`.
    ///
    /// After a timeout, too, this method locks the lock again, which may have to wait for the
    /// thread that holds it.
    ///
    /// # Panics
    ///
    /// Panics as [`wait`](Condition::wait) does.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Instant;
    /// use sync_primitives::{Condition, Lock};
    ///
    /// let lock = Lock::new(());
    /// assert!(Condition::new().wait_until(&mut lock.lock(), Instant::now()).timed_out());
    /// ```
    #[must_use = "the wait may have timed out: check `timed_out()`, or write `let _ = ..`"]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn wait_until<G: Waitable>(&self, guard: &mut G, deadline: Instant) -> WaitTimeoutResult {
        self.wait_deadline(guard, Some(deadline))
    }

    /// Waits while `condition` returns `true`, and returns at once if it returns `false` at first.
    ///
    /// The closure runs with the lock held, before the first wait and after each notification. This
    /// is Python's `wait_for(predicate)` with the opposite answer: the wait ends when `condition`
    /// returns `false`.
    ///
    /// # Panics
    ///
    /// Panics as [`wait`](Condition::wait) does. If `condition` panics, the lock stays locked until
    /// unwinding drops the guard.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{collections::VecDeque, thread};
    /// use sync_primitives::{Condition, Lock};
    ///
    /// let letters = Lock::new(VecDeque::new());
    /// let not_empty = Condition::new();
    /// thread::scope(|scope| {
    ///     scope.spawn(|| {
    ///         letters.lock().push_back("hello");
    ///         not_empty.notify_one();
    ///     });
    ///     let mut guard = letters.lock();
    ///     not_empty.wait_while(&mut guard, |letters| letters.is_empty());
    ///     assert_eq!(guard.pop_front(), Some("hello"));
    /// });
    /// ```
    #[doc(alias = "wait_for")]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn wait_while<G: Waitable>(
        &self,
        guard: &mut G,
        condition: impl FnMut(&G::Target) -> bool,
    ) {
        self.wait_while_deadline(guard, None, condition);
    }

    /// Waits as [`wait_while`](Condition::wait_while) does, but at most for `timeout` in total.
    ///
    /// A timeout that is too large to add to the current time means no timeout. After a timeout,
    /// too, this method locks the lock again and calls `condition` once more, so the result says
    /// whether the condition holds now.
    ///
    /// # Panics
    ///
    /// Panics as [`wait_while`](Condition::wait_while) does.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use sync_primitives::{Condition, Lock};
    ///
    /// let ready = Lock::new(false);
    /// let mut guard = ready.lock();
    /// let changed = Condition::new();
    /// let result = changed.wait_while_for(&mut guard, Duration::from_millis(1), |ready| !ready);
    /// assert!(result.timed_out());
    /// ```
    #[must_use = "after a timeout the closure still returns true: check `timed_out()`"]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn wait_while_for<G: Waitable>(
        &self,
        guard: &mut G,
        timeout: Duration,
        condition: impl FnMut(&G::Target) -> bool,
    ) -> WaitTimeoutResult {
        self.wait_while_deadline(guard, park::deadline_after(timeout), condition)
    }

    /// Waits as [`wait_while`](Condition::wait_while) does, but at the latest until `deadline`.
    ///
    /// After a timeout, too, this method locks the lock again and calls `condition` once more, so
    /// the result says whether the condition holds now.
    ///
    /// # Panics
    ///
    /// Panics as [`wait_while`](Condition::wait_while) does.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Instant;
    /// use sync_primitives::{Condition, Lock};
    ///
    /// let ready = Lock::new(true);
    /// let mut guard = ready.lock();
    /// let changed = Condition::new();
    /// let result = changed.wait_while_until(&mut guard, Instant::now(), |ready| !ready);
    /// assert!(!result.timed_out());
    /// ```
    #[must_use = "after a timeout the closure still returns true: check `timed_out()`"]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn wait_while_until<G: Waitable>(
        &self,
        guard: &mut G,
        deadline: Instant,
        condition: impl FnMut(&G::Target) -> bool,
    ) -> WaitTimeoutResult {
        self.wait_while_deadline(guard, Some(deadline), condition)
    }

    /// Waits while `condition` returns `true`, at the latest until `deadline`.
    #[cfg_attr(feature = "trace", track_caller)]
    pub(crate) fn wait_while_deadline<G: Waitable>(
        &self,
        guard: &mut G,
        deadline: Option<Instant>,
        mut condition: impl FnMut(&G::Target) -> bool,
    ) -> WaitTimeoutResult {
        while condition(&**guard) {
            let timed_out = self.wait_deadline(guard, deadline).timed_out();
            // A wait that ends because of a notification does not look at the clock.
            if timed_out || park::has_passed(deadline) {
                return WaitTimeoutResult(condition(&**guard));
            }
        }
        WaitTimeoutResult(false)
    }

    /// Notifies the thread that has waited longest. Returns `false` if no thread waits.
    ///
    /// Change the value under the lock before you notify. You may notify before or after you unlock
    /// the lock: no wakeup is lost in either case.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::Condition;
    ///
    /// assert!(!Condition::new().notify_one());
    /// ```
    #[inline]
    #[doc(alias = "notify")]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn notify_one(&self) -> bool {
        let notified = self.has_waiters() && self.notify_slow(Notify::One) == 1;
        trace::report(
            Place::here(),
            self.subject(),
            Op::Notify,
            usize::from(notified),
        );
        notified
    }

    /// Notifies up to `n` threads, those that have waited longest. Returns how many it took off the
    /// wait queue.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::Condition;
    ///
    /// assert_eq!(Condition::new().notify_n(3), 0);
    /// ```
    #[inline]
    #[doc(alias = "notify")]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn notify_n(&self, n: usize) -> usize {
        let notified = match n {
            0 => 0,
            _ if !self.has_waiters() => 0,
            1 => self.notify_slow(Notify::One),
            _ => self.unpark_up_to(n),
        };
        trace::report(Place::here(), self.subject(), Op::Notify, notified);
        notified
    }

    /// Notifies every thread that waits. Returns how many it took off the wait queue.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    /// use sync_primitives::{Condition, Lock};
    ///
    /// let open = Lock::new(false);
    /// let opened = Condition::new();
    /// thread::scope(|scope| {
    ///     for _ in 0..3 {
    ///         scope.spawn(|| opened.wait_while(&mut open.lock(), |open| !open));
    ///     }
    ///     *open.lock() = true;
    ///     opened.notify_all();
    /// });
    /// ```
    #[inline]
    #[doc(alias = "broadcast")]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn notify_all(&self) -> usize {
        let notified = if self.has_waiters() {
            self.notify_slow(Notify::All)
        } else {
            0
        };
        trace::report(Place::here(), self.subject(), Op::Notify, notified);
        notified
    }

    // Lets tests wait until a thread has parked. Not part of the API.
    #[doc(hidden)]
    pub fn waiters(&self) -> usize {
        park::waiters(self.key())
    }

    /// Identifies the condition in trace events.
    #[inline]
    fn subject(&self) -> Subject {
        Subject::new(Primitive::Condition, self)
    }

    /// The address at which waiters park.
    #[inline]
    fn key(&self) -> usize {
        (&raw const self.waiters_lock).addr()
    }

    #[inline]
    fn has_waiters(&self) -> bool {
        self.waiters_lock.load(Ordering::Relaxed) != NO_WAITERS
    }

    /// Unlocks the lock of `guard`, waits until this thread is notified or until `deadline`, and
    /// locks the lock again.
    #[cfg_attr(feature = "trace", track_caller)]
    fn wait_deadline<G: Waitable>(
        &self,
        guard: &mut G,
        deadline: Option<Instant>,
    ) -> WaitTimeoutResult {
        let held = guard.held(sealed::Token);
        if !held.may_wait() {
            refuse_to_wait();
        }

        let call = Call::new(Place::here(), self.subject());
        trace::about_to_wait();
        // Reported before the lock is unlocked, which is the exception among the releases: the
        // thread unlocks the lock after it has joined the wait queue, and parks next. No event may
        // be sent in between.
        call.report_on(held.subject(), Op::Release, held.count_after_release());
        let outcome = self.park(&held, deadline);
        if outcome == Outcome::Handoff {
            // SAFETY: the lock was unlocked by the wait, and has been handed to this thread.
            unsafe { held.restore_levels() };
        }
        call.ended_if(outcome != Outcome::TimedOut, Op::Pass, 0);

        let call = Call::new(Place::here(), held.subject());
        if matches!(outcome, Outcome::Notified | Outcome::TimedOut) {
            held.lock.lock();
            // SAFETY: the wait unlocked the lock, and the line above has locked it again.
            unsafe { held.restore_levels() };
        }
        // Sent last, because a subscriber may lock an `RLock` that this thread owns.
        call.ended(Op::Acquire, held.count());

        if outcome == Outcome::Refused {
            refuse_to_wait();
        }
        WaitTimeoutResult(outcome == Outcome::TimedOut)
    }

    /// Joins the wait queue, unlocks the lock, and parks until this thread is notified or until
    /// `deadline`. Unless the outcome is `Refused`, the caller must lock the lock again.
    fn park(&self, held: &HeldLock<'_>, deadline: Option<Instant>) -> Outcome {
        let key = self.key();
        let is_first = Cell::new(false);
        let mut was_requeued = false;

        // With the feature `trace`, `park` sends an event before it takes the bucket lock, so this
        // is the first moment at which nothing can run between the check and the unlock.
        let validate = || {
            let may_wait = held.may_wait();
            if may_wait {
                is_first.set(self.add_waiter(held.lock));
            }
            may_wait
        };
        let before_sleep = || {
            // SAFETY: the caller borrows a guard mutably, so this thread holds the lock and does
            // not use the value. It uses the value again only after it has locked the lock again.
            unsafe { held.unlock() };
            if is_first.get() {
                self.spin_until_notified(deadline);
            }
        };
        let timed_out = |parked_at, was_last| {
            // A notifier that moves this thread to the wait queue of the lock has notified it. Such
            // a notification counts even if the deadline passes before the lock is unlocked.
            was_requeued = parked_at != key;
            if !was_requeued && was_last {
                self.remove_last_waiter();
            }
        };

        // SAFETY:
        // - The key is the address of a field of this condition, so only its waiters park there.
        // - `validate` and `timed_out` only access `waiters_lock`, the depth of the `RLock` and
        //   locals, so they neither panic nor call into the parking lot.
        // - `before_sleep` runs without a bucket lock. It may unpark a thread that waits for the
        //   lock, but it neither parks nor panics, and it sends no event, because the wait has been
        //   reported.
        let result = unsafe {
            park::park(
                key,
                validate,
                before_sleep,
                timed_out,
                DEFAULT_PARK_TOKEN,
                deadline,
            )
        };
        match result {
            ParkResult::Invalid => Outcome::Refused,
            ParkResult::Unparked(TOKEN_HANDOFF) => Outcome::Handoff,
            ParkResult::Unparked(_) => Outcome::Notified,
            ParkResult::TimedOut if was_requeued => Outcome::Notified,
            ParkResult::TimedOut => Outcome::TimedOut,
        }
    }

    /// Spins while this thread is in the wait queue. If the notification comes before the thread
    /// parks, the park returns at once.
    ///
    /// This only works for a thread that is alone in the wait queue, because it finds out about its
    /// notification by the queue being empty. Of several waiters, the notified one would not
    /// notice, and the others would keep the processor busy: a broadcast to eight threads took
    /// nearly twice as long when all of them spun.
    fn spin_until_notified(&self, deadline: Option<Instant>) {
        if park::has_passed(deadline) {
            return;
        }
        let mut spin = SpinWait::PATIENT;
        while self.has_waiters() && spin.spin(deadline) {}
    }

    /// Records that a thread which holds `lock` joins the wait queue. Returns `true` if the queue
    /// was empty. The caller must hold the bucket lock.
    fn add_waiter(&self, lock: &RawLock) -> bool {
        let lock = (&raw const *lock).cast_mut();
        let others = self.waiters_lock.load(Ordering::Relaxed);
        let is_first = others == NO_WAITERS;
        let waiters_lock = if is_first || others == lock {
            lock
        } else {
            SEVERAL_LOCKS
        };
        self.waiters_lock.store(waiters_lock, Ordering::Relaxed);
        is_first
    }

    /// Records that the wait queue is empty. The caller must hold the bucket lock.
    fn remove_last_waiter(&self) {
        self.waiters_lock.store(NO_WAITERS, Ordering::Relaxed);
    }

    /// Notifies one waiter or all of them. Returns how many threads it took off the wait queue.
    #[cold]
    fn notify_slow(&self, notify: Notify) -> usize {
        loop {
            let lock = self.waiters_lock.load(Ordering::Relaxed);
            if lock == NO_WAITERS {
                return 0;
            }
            if lock == SEVERAL_LOCKS {
                return self.unpark_up_to(notify.limit());
            }
            if let Some(notified) = self.unpark_or_requeue(notify, lock) {
                return notified;
            }
            // The wait queue has changed since the load. Try again.
        }
    }

    /// Notifies waiters that all came with `lock`: wakes them if the lock is unlocked, or moves
    /// them to the wait queue of the lock. Returns how many threads it took off the wait queue, or
    /// `None` if `lock` is no longer the lock of every waiter.
    fn unpark_or_requeue(&self, notify: Notify, lock: *mut RawLock) -> Option<usize> {
        // The pointer as it is under the bucket lock. `lock` was read without the bucket lock, so
        // it may refer to a lock that has been freed since, even if a new lock has the same
        // address.
        let current = Cell::new(NO_WAITERS);

        let validate = || {
            current.set(self.waiters_lock.load(Ordering::Relaxed));
            if current.get() != lock {
                return RequeueOp::Abort;
            }
            // SAFETY: the pointer is neither `NO_WAITERS` nor `SEVERAL_LOCKS`, because `lock` is
            // neither. So threads are parked here that borrow this lock, and they cannot leave the
            // wait queue as long as the bucket lock is held.
            notify.requeue_op(unsafe { &*current.get() })
        };
        let callback = |op, result: UnparkResult| {
            if !result.have_more_threads {
                self.remove_last_waiter();
            }
            if op == RequeueOp::UnparkOneRequeueRest && result.requeued_threads > 0 {
                // SAFETY: the threads that were just moved borrow the lock, and cannot leave its
                // wait queue as long as its bucket lock is held.
                unsafe { &*current.get() }.mark_parked();
            }
            DEFAULT_UNPARK_TOKEN
        };

        // SAFETY:
        // - The keys are the address of a field of this condition, where only its waiters park, and
        //   the address of a lock, where only waiters of this lock park. If the lock has been
        //   freed, `validate` aborts, so threads that park at its address are left alone.
        // - `validate` and `callback` only access atomics of the condition and the lock, and
        //   locals, so they neither panic nor call into the parking lot.
        let result = unsafe { park::unpark_requeue(self.key(), lock.addr(), validate, callback) };
        // A lock has waiters until the last one leaves the queue, so zero means that `validate` has
        // aborted.
        let notified = result.unparked_threads + result.requeued_threads;
        (notified > 0).then_some(notified)
    }

    /// Wakes up to `limit` waiters, without regard to their locks. Returns how many it woke.
    #[cold]
    fn unpark_up_to(&self, limit: usize) -> usize {
        let mut left = limit;
        let filter = |_token| {
            if left == 0 {
                return FilterOp::Stop;
            }
            left -= 1;
            FilterOp::Unpark
        };
        let callback = |result: UnparkResult| {
            if !result.have_more_threads {
                self.remove_last_waiter();
            }
            DEFAULT_UNPARK_TOKEN
        };
        // SAFETY:
        // - The key is the address of a field of this condition, so only its waiters park there.
        // - `filter` and `callback` only access `waiters_lock` and locals, so they neither panic
        //   nor call into the parking lot.
        let result = unsafe { park::unpark_filter(self.key(), filter, callback) };
        result.unparked_threads
    }
}

/// How a wait came to its end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// The guard did not allow the thread to wait. The lock has not been unlocked.
    Refused,
    /// No notification came in time.
    TimedOut,
    /// The thread was notified.
    Notified,
    /// The thread was notified and moved to the wait queue of the lock, and the lock has been
    /// handed to it there.
    Handoff,
}

/// How many waiters a notification is for.
#[derive(Clone, Copy)]
enum Notify {
    One,
    All,
}

impl Notify {
    fn limit(self) -> usize {
        match self {
            Notify::One => 1,
            Notify::All => usize::MAX,
        }
    }

    /// Decides what becomes of waiters that all came with `lock`: as many as can lock it now are
    /// woken, and the others are moved to its wait queue. The caller must hold both bucket locks.
    fn requeue_op(self, lock: &RawLock) -> RequeueOp {
        let is_locked = lock.mark_parked_if_locked();
        match (self, is_locked) {
            (Notify::One, true) => RequeueOp::RequeueOne,
            (Notify::One, false) => RequeueOp::UnparkOne,
            (Notify::All, true) => RequeueOp::RequeueAll,
            (Notify::All, false) => RequeueOp::UnparkOneRequeueRest,
        }
    }
}

/// The lock that a guard holds, as a wait needs it.
pub struct HeldLock<'a> {
    /// The lock to unlock and to lock again.
    lock: &'a RawLock,
    /// The `RLock` that `lock` belongs to, if it belongs to one.
    rlock: Option<&'a RawRLock>,
    /// Whether the thread may wait only while it holds a single level of the `RLock`.
    requires_one_level: bool,
    /// The number of levels that the wait has released.
    released_levels: Cell<u32>,
}

impl<'a> HeldLock<'a> {
    fn lock(lock: &'a RawLock) -> Self {
        HeldLock {
            lock,
            rlock: None,
            requires_one_level: false,
            released_levels: Cell::new(0),
        }
    }

    fn rlock(rlock: &'a RawRLock, requires_one_level: bool) -> Self {
        HeldLock {
            lock: rlock.lock(),
            rlock: Some(rlock),
            requires_one_level,
            released_levels: Cell::new(0),
        }
    }

    /// Returns `false` if another thread could reach a value that is not `Sync` while this thread,
    /// which must own the lock, still has a reference to it.
    fn may_wait(&self) -> bool {
        match self.rlock {
            Some(rlock) if self.requires_one_level => rlock.levels() == 1,
            _ => true,
        }
    }

    /// Identifies the lock in trace events.
    fn subject(&self) -> Subject {
        match self.rlock {
            Some(rlock) => rlock.subject(),
            None => self.lock.subject(),
        }
    }

    /// The count to report when the wait unlocks the lock: the levels that remain, or 1 for a
    /// `Lock`.
    fn count_after_release(&self) -> usize {
        if self.rlock.is_some() { 0 } else { 1 }
    }

    /// The count to report when the wait has locked the lock again: its levels, or 1 for a `Lock`.
    fn count(&self) -> usize {
        self.rlock.map_or(1, |rlock| rlock.levels() as usize)
    }

    /// Unlocks the lock at every level.
    ///
    /// # Safety
    ///
    /// The calling thread must hold the lock, and must not use the value before `restore_levels`.
    unsafe fn unlock(&self) {
        if let Some(rlock) = self.rlock {
            // SAFETY: the caller guarantees that this thread owns the lock, and it is unlocked
            // next.
            self.released_levels.set(unsafe { rlock.release_levels() });
        }
        // SAFETY: the caller guarantees that this thread holds the lock and no longer uses the
        // value.
        unsafe { self.lock.unlock() };
    }

    /// Takes ownership of the `RLock` again, with the levels that `unlock` has released.
    ///
    /// # Safety
    ///
    /// The calling thread must have called `unlock`, and must hold `lock` again.
    unsafe fn restore_levels(&self) {
        if let Some(rlock) = self.rlock {
            // SAFETY: the caller guarantees that this thread holds the lock, and `unlock` has set
            // `released_levels` to the result of `release_levels`.
            unsafe { rlock.restore_levels(self.released_levels.get()) };
        }
    }
}

/// Panics because an `Outermost` is not the only level of its thread.
#[cold]
fn refuse_to_wait() -> ! {
    panic!("an Outermost cannot wait while its thread holds another level of the RLock");
}

impl Default for Condition {
    fn default() -> Self {
        Condition::new()
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condition")
            .field("has_waiters", &self.has_waiters())
            .finish()
    }
}

/// A guard with which a thread can wait on a [`Condition`].
///
/// This trait is sealed. To wait, a thread must let other threads get the lock while its own guard,
/// and perhaps guards of outer levels, still exist. This is sound for three types:
///
/// - **[`LockGuard`]**: a lock has only one guard, and the wait borrows it mutably. No reference
///   made through it can be alive, so other threads may change the value.
/// - **[`RLockGuard<T>`](RLockGuard) where `T: Sync`**: guards of outer levels, and a `&T` made
///   through them, may be alive during the wait, while another thread gets a `&T` of its own. `T:
///   Sync` allows exactly that. No thread can get a `&mut T`, because that takes the `RLock`
///   itself, which the guards borrow.
/// - **[`Outermost<T>`](Outermost) for any `T`**: the thread holds a single level, so there is no
///   guard of an outer level, and the view borrows the only guard mutably. The thread may lock the
///   `RLock` again beside the view, so each wait checks the number of levels and panics if there is
///   more than one. A forgotten guard counts as a level.
///
/// A wait with `RLockGuard<T>` for any other `T` does not compile. If the value were a `RefCell`,
/// an outer guard could lend a borrow of it, and another thread would use the same unsynchronized
/// borrow counter during the wait.
#[diagnostic::on_unimplemented(
    message = "a `Condition` cannot wait on `{Self}`",
    note = "it waits on a `LockGuard<T>`, on an `RLockGuard<T>` where `T: Sync`, or on an `Outermost<T>`",
    note = "for an `RLock` around a `Cell` or `RefCell`, wait on `RLockGuard::outermost(&mut guard)`"
)]
pub trait Waitable: Deref + sealed::Guard {}

impl<T: ?Sized> Waitable for LockGuard<'_, T> {}
impl<T: ?Sized + Sync> Waitable for RLockGuard<'_, T> {}
impl<T: ?Sized> Waitable for Outermost<'_, T> {}

mod sealed {
    use super::{HeldLock, LockGuard, Outermost, RLockGuard};

    /// Keeps the method of `Guard` private to this crate. The method of a supertrait can be called
    /// wherever `G: Waitable` holds, but only this crate can name the argument.
    pub struct Token;

    /// How a `Condition` gets at the lock of a guard.
    pub trait Guard {
        /// Returns the lock that this guard holds.
        ///
        /// This takes `&mut self` because several threads may share a guard, but only its own
        /// thread can borrow it mutably, and only that thread may read the number of levels.
        fn held(&mut self, _: Token) -> HeldLock<'_>;
    }

    impl<T: ?Sized> Guard for LockGuard<'_, T> {
        fn held(&mut self, _: Token) -> HeldLock<'_> {
            HeldLock::lock(self.raw())
        }
    }

    impl<T: ?Sized> Guard for RLockGuard<'_, T> {
        fn held(&mut self, _: Token) -> HeldLock<'_> {
            HeldLock::rlock(self.raw(), false)
        }
    }

    impl<T: ?Sized> Guard for Outermost<'_, T> {
        fn held(&mut self, _: Token) -> HeldLock<'_> {
            HeldLock::rlock(self.raw(), true)
        }
    }
}

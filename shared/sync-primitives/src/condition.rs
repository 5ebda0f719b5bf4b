//! [`Condition`]: sleep until what a lock protects has changed.
//!
//! Use it when a thread must wait for a state that another thread brings about under a lock: "until the buffer is not
//! empty". Use a [`Queue`](crate::Queue) when the state is "an item is there", and a
//! [`Semaphore`](crate::Semaphore) when it is "fewer than n are inside": they have done the waiting for you.
//!
//! **Promises.** Giving up the lock and starting to wait are one step: a notification by a thread that changed the
//! state under the lock is never lost. A notification is used up by exactly one wait; a timed wait that races with a
//! notification reports the one or the other, never neither. One type serves [`Lock`](crate::Lock) and
//! [`RLock`](crate::RLock), and one condition may be waited on with different locks at the same time. Notifying when
//! nobody waits makes no system call. A wait returns with the lock held as before, at every level of an `RLock`.
//!
//! **No promises.** A plain `wait` may return without a notification (today it does not), and by the time it has the
//! lock again another thread may have undone the change: so wait in a loop, or let `wait_while` do it. Who of several
//! waiters gets the lock first is the lock's affair.
//!
//! **Algorithm.** Waiters sleep in the parking lot at the condition's address. The condition itself is one pointer:
//! which lock the sleepers came with, if it is the same for all. Then a notifier that finds that lock held does not
//! wake anybody: it moves the sleepers to the lock's own line ("wait morphing"), to be woken one by one as the lock
//! becomes free, instead of all at once only to find it held. Who waits alone stays awake for a while first, already in
//! line.
//!
//! # Why waiting on a re-entrant lock is sound, and when it is not
//!
//! To wait, a thread must let others into the lock while its own guard, and perhaps outer guards, still exist.
//!
//! - **[`LockGuard`](crate::LockGuard)**: the only guard there is; `&mut guard` proves that no reference made through
//!   it is alive. Others may change the value meanwhile.
//! - **[`RLockGuard<T>`](crate::RLockGuard) where `T: Sync`**: outer guards, and `&T` made through them, may be alive
//!   all through the wait, while another thread gets a `&T` of its own. Two threads with `&T` at once is just what
//!   `T: Sync` allows, and nobody can get a `&mut T`: `get_mut` and `into_inner` need the lock itself, which the
//!   guards borrow.
//! - **`RLockGuard<T>` for any other `T`** does not compile. With `T = RefCell<_>`, an outer guard could lend a
//!   `Ref`, and the thread let in by the wait would read and write the same unsynchronized borrow counter.
//! - **[`Outermost<T>`](crate::Outermost) for any `T`**: at depth one there are no outer guards. The view borrows the
//!   one guard mutably, so no `&T` made through it is alive; and each time it is about to sleep, `Condition` checks
//!   that the depth is still one, because the lock itself can be locked again beside the view (a predicate may even
//!   keep the guard it gets). It panics otherwise. A forgotten guard counts as a level, so it is caught too. For the
//!   value this is a plain release and re-acquisition, which `T: Send` pays for.

use crate::{
    lock::{LockGuard, RawLock, TOKEN_HANDOFF},
    park::{
        self, AtomicPtr, DEFAULT_PARK_TOKEN, DEFAULT_UNPARK_TOKEN, FilterOp, Instant, Ordering,
        ParkResult, RequeueOp, SpinWait, UnparkResult, const_fn,
    },
    rlock::{Outermost, RLockGuard, RawRLock},
    trace::{self, Call, Op, Place, Primitive, Subject},
};
use std::{cell::Cell, fmt, ops::Deref, ptr, time::Duration};

/// Nobody waits.
const NOBODY: *mut RawLock = ptr::null_mut();
/// Threads wait, and not all with the same lock. No lock lives at this address: allocators begin far above it.
const SEVERAL_LOCKS: *mut RawLock = ptr::without_provenance_mut(1);

/// A condition variable: lets threads that hold a lock sleep until others have changed what it protects.
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
    /// | `waiting_with` | what it means |
    /// |---|---|
    /// | `NOBODY` | the waiting line is empty |
    /// | a lock | every thread in line came with this lock, which is alive because they borrow it |
    /// | `SEVERAL_LOCKS` | threads in line came with different locks |
    ///
    /// Written only under the bucket lock of the condition's key, so Relaxed does for what happens there. `notify`
    /// reads it without: that read cannot miss a waiter that matters, because the notifier has locked the waiter's
    /// lock since the waiter gave it up, and the waiter wrote before it gave it up.
    waiting_with: AtomicPtr<RawLock>,
}

/// Whether a timed wait ended because its time was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// From `wait_for` and `wait_until`: no notification came in time. From `wait_while_for` and
    /// `wait_while_until`: the closure still says true.
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
        /// Makes a condition that nobody waits on.
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
            Condition { waiting_with: AtomicPtr::new(NOBODY) }
        }
    }

    /// Gives up the lock, waits for a notification, and takes the lock back.
    ///
    /// `guard` is a [`LockGuard`], an [`RLockGuard`] of a `Sync` value, or an [`Outermost`]. An `RLock` is given up at
    /// every level and taken back at every level.
    ///
    /// It may return without a notification; call it in a loop that checks, or call
    /// [`wait_while`](Condition::wait_while), which is that loop.
    ///
    /// # Panics
    ///
    /// With an [`Outermost`] if the thread holds a further level by now.
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

    /// As [`wait`](Condition::wait), but gives up after `timeout`. More than the clock can count means for ever. Taking
    /// the lock back then may still have to wait for who holds it.
    ///
    /// # Panics
    ///
    /// As [`wait`](Condition::wait).
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
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn wait_for<G: Waitable>(&self, guard: &mut G, timeout: Duration) -> WaitTimeoutResult {
        self.wait_deadline(guard, park::deadline_after(timeout))
    }

    /// As [`wait`](Condition::wait), but gives up at `deadline`, and then takes the lock back.
    ///
    /// # Panics
    ///
    /// As [`wait`](Condition::wait).
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
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn wait_until<G: Waitable>(&self, guard: &mut G, deadline: Instant) -> WaitTimeoutResult {
        self.wait_deadline(guard, Some(deadline))
    }

    /// Waits as long as `condition` says true of the value; returns at once if it says false to begin with.
    ///
    /// `condition` is asked with the lock held, before each wait and after each notification. (Python's
    /// `wait_for(predicate)` is the same with the answer turned round.)
    ///
    /// # Panics
    ///
    /// As [`wait`](Condition::wait). A panic of `condition` leaves the guard as it was, held.
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

    /// As [`wait_while`](Condition::wait_while), but gives up when `timeout` is over, and then takes the lock back.
    ///
    /// # Panics
    ///
    /// As [`wait_while`](Condition::wait_while).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use sync_primitives::{Condition, Lock};
    ///
    /// let ready = Lock::new(false);
    /// let mut guard = ready.lock();
    /// let result = Condition::new().wait_while_for(&mut guard, Duration::from_millis(1), |ready| !ready);
    /// assert!(result.timed_out());
    /// ```
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn wait_while_for<G: Waitable>(
        &self,
        guard: &mut G,
        timeout: Duration,
        condition: impl FnMut(&G::Target) -> bool,
    ) -> WaitTimeoutResult {
        self.wait_while_deadline(guard, park::deadline_after(timeout), condition)
    }

    /// As [`wait_while`](Condition::wait_while), but gives up at `deadline`, and then takes the lock back.
    ///
    /// # Panics
    ///
    /// As [`wait_while`](Condition::wait_while).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Instant;
    /// use sync_primitives::{Condition, Lock};
    ///
    /// let ready = Lock::new(true);
    /// let result = Condition::new().wait_while_until(&mut ready.lock(), Instant::now(), |ready| !ready);
    /// assert!(!result.timed_out());
    /// ```
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn wait_while_until<G: Waitable>(
        &self,
        guard: &mut G,
        deadline: Instant,
        condition: impl FnMut(&G::Target) -> bool,
    ) -> WaitTimeoutResult {
        self.wait_while_deadline(guard, Some(deadline), condition)
    }

    #[cfg_attr(feature = "trace", track_caller)]
    pub(crate) fn wait_while_deadline<G: Waitable>(
        &self,
        guard: &mut G,
        deadline: Option<Instant>,
        mut condition: impl FnMut(&G::Target) -> bool,
    ) -> WaitTimeoutResult {
        while condition(&**guard) {
            if self.wait_deadline(guard, deadline).timed_out() {
                return WaitTimeoutResult(condition(&**guard));
            }
        }
        WaitTimeoutResult(false)
    }

    /// Wakes the thread that has waited longest, if any. Returns whether there was one.
    ///
    /// Change the state first, under the lock, and then notify; whether before or after unlocking makes no difference
    /// to correctness.
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
        let notified = self.has_waiters() && self.notify_one_slow();
        trace::report(
            Place::here(),
            self.subject(),
            Op::Notify,
            usize::from(notified),
        );
        notified
    }

    /// Wakes up to `n` threads, those that have waited longest. Returns how many it took off the waiting line.
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
            1 => usize::from(self.notify_one_slow()),
            _ => self.unpark_up_to(n),
        };
        trace::report(Place::here(), self.subject(), Op::Notify, notified);
        notified
    }

    /// Wakes every thread that waits. Returns how many it took off the waiting line.
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
            self.notify_all_slow()
        } else {
            0
        };
        trace::report(Place::here(), self.subject(), Op::Notify, notified);
        notified
    }

    #[doc(hidden)]
    pub fn waiters(&self) -> usize {
        park::waiters(self.key())
    }

    #[inline]
    fn subject(&self) -> Subject {
        Subject::new(Primitive::Condition, self)
    }

    #[inline]
    fn key(&self) -> usize {
        (&raw const self.waiting_with).addr()
    }

    #[inline]
    fn has_waiters(&self) -> bool {
        // Relaxed: see the field.
        self.waiting_with.load(Ordering::Relaxed) != NOBODY
    }

    #[cfg_attr(feature = "trace", track_caller)]
    fn wait_deadline<G: Waitable>(
        &self,
        guard: &mut G,
        deadline: Option<Instant>,
    ) -> WaitTimeoutResult {
        guard.assert_may_wait(sealed::Token);
        let lock = guard.lock(sealed::Token);
        let rlock = guard.levels(sealed::Token);
        let lock_subject = rlock.map_or_else(|| lock.subject(), RawRLock::subject);
        let call = Call::new(Place::here(), self.subject());
        trace::about_to_wait();
        call.report_on(
            lock_subject,
            Op::Release,
            if rlock.is_some() { 0 } else { 1 },
        );
        let mut levels = 0;
        let (notified, handed_over) = self.sleep(lock, deadline, || {
            // SAFETY: the guard proves that this thread owns the lock; it is given up by the next statement.
            levels = rlock.map_or(0, |rlock| unsafe { rlock.give_up_levels() });
            // SAFETY: the guard proves that this thread holds the lock, and is borrowed until it has it back.
            unsafe { lock.unlock() };
        });
        call.ended_if(notified, Op::Pass, 0);
        let call = Call::new(Place::here(), lock_subject);
        if !handed_over {
            lock.lock();
        }
        if let Some(rlock) = rlock {
            // SAFETY: the lock was handed to this thread or has just been taken, and these are the levels given up.
            unsafe { rlock.take_back_levels(levels) };
        }
        // Only now: a subscriber may lock an `RLock` once more.
        call.ended(
            Op::Acquire,
            if rlock.is_some() { levels as usize } else { 1 },
        );
        WaitTimeoutResult(!notified)
    }

    /// Joins the waiting line, calls `give_up`, and sleeps until notified or until `deadline`. Returns whether it was
    /// notified, and whether the lock was handed to it on the way.
    fn sleep(
        &self,
        lock: &RawLock,
        deadline: Option<Instant>,
        give_up: impl FnOnce(),
    ) -> (bool, bool) {
        let key = self.key();
        let mine = (&raw const *lock).cast_mut();
        // The line always lets us in; what it learns under the bucket lock is which lock we came with.
        let alone = Cell::new(false);
        let join = || {
            let others = self.waiting_with.load(Ordering::Relaxed);
            alone.set(others == NOBODY);
            let with = if others == NOBODY || others == mine {
                mine
            } else {
                SEVERAL_LOCKS
            };
            self.waiting_with.store(with, Ordering::Relaxed);
            true
        };
        let mut moved = false;
        let ran_out = |parked_at, was_last| {
            // A notifier had moved us to the lock's line: that was a notification, and we do not give it back.
            moved = parked_at != key;
            if !moved && was_last {
                self.waiting_with.store(NOBODY, Ordering::Relaxed);
            }
        };
        let before_sleep = || {
            give_up();
            if alone.get() {
                self.linger(deadline);
            }
        };
        // SAFETY: the key is the address of our own field. `join` and `ran_out` touch only the pointer and locals, so
        // they neither unwind nor park; `give_up` unlocks, which may unpark but neither parks nor unwinds, and `linger`
        // does none of these (that this thread waits has been told already).
        let result = unsafe {
            park::park(
                key,
                join,
                before_sleep,
                ran_out,
                DEFAULT_PARK_TOKEN,
                deadline,
            )
        };
        (
            result.is_unparked() || moved,
            result == ParkResult::Unparked(TOKEN_HANDOFF),
        )
    }

    /// In line, and awake for a while yet: if the notification comes soon, the sleep that follows is over before it begins.
    ///
    /// A hint, read off the line's being empty; so only for who was alone when he joined it. Of several, who is notified
    /// would not see it, and the others would be in his way: a broadcast to eight took nearly twice as long.
    fn linger(&self, deadline: Option<Instant>) {
        if park::has_passed(deadline) {
            return;
        }
        let mut spin = SpinWait::PATIENT;
        while self.has_waiters() && spin.spin(deadline) {}
    }

    #[cold]
    fn notify_one_slow(&self) -> bool {
        let or_move = |lock: &RawLock| {
            if lock.mark_parked_if_locked() {
                RequeueOp::RequeueOne
            } else {
                RequeueOp::UnparkOne
            }
        };
        self.notify_slow(1, or_move) == 1
    }

    #[cold]
    fn notify_all_slow(&self) -> usize {
        let or_move = |lock: &RawLock| {
            if lock.mark_parked_if_locked() {
                RequeueOp::RequeueAll
            } else {
                RequeueOp::UnparkOneRequeueRest
            }
        };
        self.notify_slow(usize::MAX, or_move)
    }

    /// Wakes up to `n` threads, or, if all wait with one lock, does with them what `choose` says under both bucket
    /// locks. Returns how many left the line.
    fn notify_slow(&self, n: usize, choose: impl Fn(&RawLock) -> RequeueOp) -> usize {
        loop {
            let lock = self.waiting_with.load(Ordering::Relaxed);
            if lock == NOBODY {
                return 0;
            }
            if lock == SEVERAL_LOCKS {
                return self.unpark_up_to(n);
            }
            // Looked at again under the bucket lock, where it cannot change: if this has the address we know, it is a
            // lock that the threads in line borrow. (What we have looked at before may be another lock, gone since, of
            // which this one has taken the place.)
            let alive = Cell::new(NOBODY);
            let still_all_with_it = || {
                alive.set(self.waiting_with.load(Ordering::Relaxed));
                if alive.get() != lock {
                    return RequeueOp::Abort;
                }
                // SAFETY: see above.
                choose(unsafe { &*alive.get() })
            };
            let settle = |op, line: UnparkResult| {
                if !line.have_more_threads {
                    self.waiting_with.store(NOBODY, Ordering::Relaxed);
                }
                if op == RequeueOp::UnparkOneRequeueRest && line.requeued_threads > 0 {
                    // SAFETY: the threads just moved borrow the lock, and sleep until this callback is over.
                    unsafe { &*alive.get() }.mark_parked();
                }
                DEFAULT_UNPARK_TOKEN
            };
            // SAFETY: the keys are our own address and that of a lock, where its waiters park (and if that lock is
            // gone by now, nothing is done there); the callbacks touch atomics of the two only, so they neither
            // unwind nor park.
            let line =
                unsafe { park::unpark_requeue(self.key(), lock.addr(), still_all_with_it, settle) };
            if line.unparked_threads + line.requeued_threads > 0 {
                return line.unparked_threads + line.requeued_threads;
            }
            // Between the first look and the bucket lock the line became empty or mixed. Look again.
        }
    }

    /// Wakes up to `n` threads, each by itself.
    #[cold]
    fn unpark_up_to(&self, n: usize) -> usize {
        let mut left = n;
        let next = |_| match left {
            0 => FilterOp::Stop,
            _ => {
                left -= 1;
                FilterOp::Unpark
            }
        };
        let settle = |line: UnparkResult| {
            if !line.have_more_threads {
                self.waiting_with.store(NOBODY, Ordering::Relaxed);
            }
            DEFAULT_UNPARK_TOKEN
        };
        // SAFETY: the key is the address of our own field; the callbacks count and touch the pointer, so they neither
        // unwind nor park.
        unsafe { park::unpark_filter(self.key(), next, settle) }.unparked_threads
    }
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

/// What a [`Condition`] can wait on: a [`LockGuard`], an [`RLockGuard`] whose value is `Sync`, or an [`Outermost`].
///
/// Sealed: whether waiting on a guard is sound depends on who else may hold a reference to the value meanwhile.
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
    use super::{LockGuard, Outermost, RLockGuard, RawLock, RawRLock};

    /// Keeps the methods below to this crate: a supertrait's methods can be called wherever `G: Waitable`, private
    /// module or not, but nobody else can name this type and so make the argument.
    pub struct Token;

    /// How a condition handles a guard.
    pub trait Guard {
        /// The lock to give up and take back.
        fn lock(&self, _: Token) -> &RawLock;

        /// Where its levels are counted, if it is re-entrant.
        fn levels(&self, _: Token) -> Option<&RawRLock> {
            None
        }

        /// Panics if waiting now would let two threads reach a value that is not `Sync`.
        ///
        /// By `&mut`: a guard may be looked at from several threads, but is held mutably by its owner's alone, and only
        /// the owner may read the levels.
        fn assert_may_wait(&mut self, _: Token) {}
    }

    impl<T: ?Sized> Guard for LockGuard<'_, T> {
        fn lock(&self, _: Token) -> &RawLock {
            self.raw()
        }
    }

    impl<T: ?Sized> Guard for RLockGuard<'_, T> {
        fn lock(&self, _: Token) -> &RawLock {
            self.raw().lock()
        }

        fn levels(&self, _: Token) -> Option<&RawRLock> {
            Some(self.raw())
        }
    }

    impl<T: ?Sized> Guard for Outermost<'_, T> {
        fn lock(&self, _: Token) -> &RawLock {
            self.raw().lock()
        }

        fn levels(&self, _: Token) -> Option<&RawRLock> {
            Some(self.raw())
        }

        fn assert_may_wait(&mut self, _: Token) {
            let levels = self.raw().levels();
            assert!(
                levels == 1,
                "an Outermost cannot wait while its thread holds {levels} levels of the RLock"
            );
        }
    }
}

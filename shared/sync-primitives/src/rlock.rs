//! [`RLock`]: a lock that its owner may lock again.
//!
//! What users may rely on is documented on [`RLock`]. This comment is about the implementation.
//!
//! A [`RawRLock`] is a [`RawLock`] with two more fields: the id of the owning thread, and the
//! number of levels that this thread holds. The `RawLock` excludes the other threads and parks
//! them.
//!
//! | `owner` | `depth` | `lock` | Meaning |
//! |---|---|---|---|
//! | `NO_OWNER` | 0 | unlocked | No thread owns the lock. |
//! | `NO_OWNER` | 0 | locked | A thread has just locked `lock`, or is about to unlock it. |
//! | t | n ≥ 1 | locked | Thread t holds n levels. |
//!
//! - A thread that reads its own id in `owner` owns the lock, because no other thread ever writes
//!   that id. Locking again therefore takes one comparison and one addition, and no atomic
//!   read-modify-write.
//! - A thread that does not own the lock may read `NO_OWNER` or the id of another thread. Both send
//!   it to `lock`, so it does not matter how old the value is.
//! - Only the owner accesses `depth`. Ownership passes from thread to thread through `lock`, which
//!   orders the last access of one owner before the first access of the next.
//! - Thread ids are never reused. If a thread ends without releasing a level, the lock stays locked
//!   forever, and no later thread is mistaken for its owner.

use crate::lock::RawLock;
use crate::park::{
    self, AtomicUsize, Cell, Instant, Ordering, const_fn, thread_id, thread_id_if_assigned,
};
use crate::trace::{self, Call, Op, Place, Primitive, Subject};
use std::{
    cell::UnsafeCell,
    fmt,
    marker::PhantomData,
    mem,
    ops::Deref,
    panic::{RefUnwindSafe, UnwindSafe},
    process,
    time::Duration,
};

/// The value of `owner` while no thread owns the lock.
///
/// No thread has this id, and it is not 0: `thread_id_if_assigned` returns 0 for a thread without
/// an id, and such a thread owns no lock.
const NO_OWNER: usize = usize::MAX;

/// A reentrant lock that owns the value it protects: its owner may lock it again.
///
/// Use an `RLock` when several public methods of an object lock it and call each other. Each
/// [`lock`](RLock::lock) acquires one more *level* of the lock, and dropping its [`RLockGuard`]
/// releases that level. Other threads get the lock when the last level is released.
///
/// Other types are a better fit in these cases:
///
/// - You can move the code that runs with the lock held into private methods that expect it to be
///   held: use a [`Lock`](crate::Lock). It is faster and lends `&mut T`, and no method ever sees
///   the half-finished change of a caller that also holds the lock.
/// - Threads pass values on instead of sharing them: use a [`Queue`](crate::Queue).
///
/// # Guarantees
///
/// - **Mutual exclusion.** At most one thread at a time holds levels of the lock.
/// - **Reentrancy.** The owner never waits for its own lock. It may hold up to `u32::MAX` levels,
///   and may release them in any order.
/// - **Shared access.** A guard lends only `&T`, because an outer level may already have lent one.
///   To change the value, use a [`Cell`](std::cell::Cell), a [`RefCell`](std::cell::RefCell) or an
///   atomic.
/// - **Memory ordering.** Locking the first level is an acquire operation, and releasing the last
///   one is a release operation. Everything an owner did is visible to the next owner.
/// - **Eventual fairness.** As for a [`Lock`](crate::Lock#guarantees): a running thread may get the
///   lock first, but a waiter that is first in the queue and has waited for 1 ms is handed the lock
///   directly, about once every 20 ms.
/// - **No poisoning.** If a thread panics while it holds the lock, unwinding drops its guards and
///   releases their levels.
///
/// # Not guaranteed
///
/// - **Order.** Threads may get the lock in a different order than they asked for it.
/// - **Borrowing across levels.** If the value is a `RefCell`, a mutable borrow on one level makes
///   every borrow on a deeper level panic.
///
/// # Algorithm
///
/// The state of a [`Lock`](crate::Lock), with the id of the owner and the number of its levels
/// beside it. A thread that reads its own id there owns the lock, so locking another level takes a
/// comparison and an addition. The design note *Design of RLock* in the book
/// (`docs/src/design/rlock.md` in the repository) has the rest.
///
/// # Examples
///
/// ```
/// use std::{cell::Cell, thread};
/// use sync_primitives::RLock;
///
/// struct Account(RLock<Cell<i64>>);
///
/// impl Account {
///     fn deposit(&self, amount: i64) {
///         let balance = self.0.lock();
///         balance.set(balance.get() + amount);
///     }
///     fn deposit_twice(&self, amount: i64) {
///         let _both_or_none = self.0.lock();
///         self.deposit(amount); // locks again; no deadlock
///         self.deposit(amount);
///     }
/// }
///
/// let account = Account(RLock::new(Cell::new(0)));
/// thread::scope(|scope| {
///     scope.spawn(|| account.deposit_twice(10));
///     scope.spawn(|| account.deposit_twice(1));
/// });
/// assert_eq!(account.0.lock().get(), 22);
/// ```
#[doc(alias = "threading.RLock")]
#[doc(alias = "ReentrantMutex")]
#[doc(alias = "ReentrantLock")]
pub struct RLock<T: ?Sized> {
    raw: RawRLock,
    value: UnsafeCell<T>,
}

// SAFETY: an `RLock` owns its value, so sending the lock to another thread sends the value.
unsafe impl<T: ?Sized + Send> Send for RLock<T> {}
// SAFETY: a shared `RLock` lends any number of `&T` to one thread, and lends to the next thread
// only after the last level has been released. This amounts to sending the value from thread to
// thread, so `T: Send` is required. Two threads never have a `&T` at the same time, so `T: Sync` is
// not required, and `T` may be a `RefCell`.
unsafe impl<T: ?Sized + Send> Sync for RLock<T> {}

// A panic releases every level, so unwinding leaves a lock that works. The value may be half
// changed. The contract of `RLock` says so, as the one of `Lock` does.
impl<T: ?Sized> UnwindSafe for RLock<T> {}
impl<T: ?Sized> RefUnwindSafe for RLock<T> {}

impl<T> RLock<T> {
    const_fn! {
        /// Creates an unlocked lock that owns `value`.
        ///
        /// # Examples
        ///
        /// ```
        /// use std::cell::RefCell;
        /// use sync_primitives::RLock;
        ///
        /// static LOG: RLock<RefCell<Vec<&str>>> = RLock::new(RefCell::new(Vec::new()));
        /// LOG.lock().borrow_mut().push("started");
        /// ```
        #[inline]
        pub const fn new(value: T) -> Self {
            RLock { raw: RawRLock::new(), value: UnsafeCell::new(value) }
        }
    }

    /// Consumes the lock and returns its value.
    ///
    /// This does not lock: because you own the lock, no guard can exist.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::RLock;
    ///
    /// assert_eq!(RLock::new(5).into_inner(), 5);
    /// ```
    #[inline]
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> RLock<T> {
    /// Acquires one level of the lock, blocking the current thread while another thread owns it.
    ///
    /// If the current thread already owns the lock, it gets one more level without blocking.
    ///
    /// The level is released when the guard is dropped. `let _ = rlock.lock();` drops the guard at
    /// once, and rustc does not warn about it: a library cannot make it do so. Give the guard a
    /// name, such as `_guard`, to hold the level until the end of the block.
    ///
    /// # Panics
    ///
    /// Panics if the current thread already holds `u32::MAX` levels. The lock stays as it was.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::RLock;
    ///
    /// let lock = RLock::new("hello");
    /// let outer = lock.lock();
    /// let inner = lock.lock();
    /// assert_eq!((*outer, *inner, lock.depth()), ("hello", "hello", 2));
    /// ```
    #[inline]
    #[doc(alias = "acquire")]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn lock(&self) -> RLockGuard<'_, T> {
        self.raw.lock_level(Place::here());
        // SAFETY: this thread has just acquired a level, and has not made another guard for it.
        unsafe { self.make_guard_unchecked() }
    }

    /// Attempts to acquire one level of the lock without blocking.
    ///
    /// Returns `None` if another thread owns the lock, or is unlocking it at this moment and has
    /// not yet decided whether to hand it to a waiter. The owner of the lock always gets a level.
    ///
    /// # Panics
    ///
    /// Panics if the current thread already holds `u32::MAX` levels. The lock stays as it was.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    /// use sync_primitives::RLock;
    ///
    /// let lock = RLock::new(());
    /// let _mine = lock.lock();
    /// assert!(lock.try_lock().is_some()); // this thread owns the lock
    /// thread::scope(|scope| {
    ///     scope.spawn(|| assert!(lock.try_lock().is_none())); // this thread does not
    /// });
    /// ```
    #[inline]
    #[must_use = "a dropped guard unlocks: write `if let Some(guard) = rlock.try_lock()`"]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn try_lock(&self) -> Option<RLockGuard<'_, T>> {
        let locked = self.raw.try_lock_level(Place::here(), RawLock::try_lock);
        // SAFETY: as in `lock`.
        locked.then(|| unsafe { self.make_guard_unchecked() })
    }

    /// Attempts to acquire one level of the lock, blocking the current thread for at most
    /// `timeout`.
    ///
    /// Returns `None` if the lock did not become available in time. A timeout of zero means a
    /// single attempt. A timeout that is too large to add to the current time means no timeout.
    ///
    /// # Panics
    ///
    /// Panics if the current thread already holds `u32::MAX` levels. The lock stays as it was.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{thread, time::Duration};
    /// use sync_primitives::RLock;
    ///
    /// let lock = RLock::new(());
    /// let _mine = lock.lock();
    /// thread::scope(|scope| {
    ///     scope.spawn(|| assert!(lock.try_lock_for(Duration::from_millis(1)).is_none()));
    /// });
    /// ```
    #[inline]
    #[must_use = "a dropped guard unlocks: write `if let Some(guard) = rlock.try_lock_for(..)`"]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn try_lock_for(&self, timeout: Duration) -> Option<RLockGuard<'_, T>> {
        let lock_first =
            |lock: &RawLock| lock.try_lock() || lock.lock_slow(park::deadline_after(timeout));
        let locked = self.raw.try_lock_level(Place::here(), lock_first);
        // SAFETY: as in `lock`.
        locked.then(|| unsafe { self.make_guard_unchecked() })
    }

    /// Attempts to acquire one level of the lock, blocking the current thread until `deadline` at
    /// the latest.
    ///
    /// Returns `None` if the lock did not become available in time. A deadline that has already
    /// passed means a single attempt.
    ///
    /// # Panics
    ///
    /// Panics if the current thread already holds `u32::MAX` levels. The lock stays as it was.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use sync_primitives::RLock;
    ///
    /// let lock = RLock::new(7);
    /// let soon = Instant::now() + Duration::from_secs(1);
    /// assert_eq!(lock.try_lock_until(soon).as_deref(), Some(&7));
    /// ```
    #[inline]
    #[must_use = "a dropped guard unlocks: write `if let Some(guard) = rlock.try_lock_until(..)`"]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn try_lock_until(&self, deadline: Instant) -> Option<RLockGuard<'_, T>> {
        let lock_first = |lock: &RawLock| lock.try_lock() || lock.lock_slow(Some(deadline));
        let locked = self.raw.try_lock_level(Place::here(), lock_first);
        // SAFETY: as in `lock`.
        locked.then(|| unsafe { self.make_guard_unchecked() })
    }

    /// Returns `true` if a thread owns the lock, whichever thread it is.
    ///
    /// The answer may be out of date by the time you read it, and it makes no writes of the owner
    /// visible. Use it for diagnostics, not for synchronization.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::RLock;
    ///
    /// let lock = RLock::new(());
    /// let _held = lock.lock();
    /// assert!(lock.is_locked());
    /// ```
    #[inline]
    #[doc(alias = "locked")]
    pub fn is_locked(&self) -> bool {
        self.raw.lock.is_locked()
    }

    /// Returns `true` if the current thread owns the lock.
    ///
    /// The answer stays true until the current thread itself locks or releases the lock.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    /// use sync_primitives::RLock;
    ///
    /// let lock = RLock::new(());
    /// let _mine = lock.lock();
    /// assert!(lock.is_owned());
    /// thread::scope(|scope| {
    ///     scope.spawn(|| assert!(!lock.is_owned()));
    /// });
    /// ```
    #[inline]
    pub fn is_owned(&self) -> bool {
        self.raw.is_owned()
    }

    /// Returns the number of levels that the current thread holds, which is 0 if it does not own
    /// the lock.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::RLock;
    ///
    /// let lock = RLock::new(());
    /// assert_eq!(lock.depth(), 0);
    /// let _outer = lock.lock();
    /// let _inner = lock.lock();
    /// assert_eq!(lock.depth(), 2);
    /// ```
    #[inline]
    pub fn depth(&self) -> usize {
        if self.raw.is_owned() {
            self.raw.depth.get() as usize
        } else {
            0
        }
    }

    /// Returns a mutable reference to the value.
    ///
    /// This does not lock: `&mut self` guarantees that no guard exists.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::RLock;
    ///
    /// let mut lock = RLock::new(1);
    /// *lock.get_mut() += 1;
    /// assert_eq!(lock.into_inner(), 2);
    /// ```
    #[inline]
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// Releases one level of the lock after its guard has been forgotten.
    ///
    /// This is meant for FFI, where foreign code locks in one call and unlocks in another.
    ///
    /// # Safety
    ///
    /// The calling thread must own the lock, and one of its guards must have been forgotten with
    /// [`mem::forget`]: it must not be used or dropped after this call.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::RLock;
    ///
    /// let lock = RLock::new(());
    /// std::mem::forget(lock.lock());
    /// // SAFETY: the line above acquired the level and forgot its guard.
    /// unsafe { lock.force_unlock() };
    /// assert_eq!(lock.depth(), 0);
    /// ```
    #[inline]
    #[cfg_attr(feature = "trace", track_caller)]
    pub unsafe fn force_unlock(&self) {
        // SAFETY: the caller guarantees that this thread holds a level without a guard.
        unsafe { self.raw.unlock_level(Place::here()) }
    }

    /// Creates a guard for a level that the calling thread already holds.
    ///
    /// This is the counterpart of [`force_unlock`](RLock::force_unlock).
    ///
    /// # Safety
    ///
    /// The calling thread must hold a level of the lock for which no guard exists.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::RLock;
    ///
    /// let lock = RLock::new(5);
    /// std::mem::forget(lock.lock());
    /// // SAFETY: the line above acquired the level and forgot its guard.
    /// let guard = unsafe { lock.make_guard_unchecked() };
    /// assert_eq!(*guard, 5);
    /// ```
    #[inline]
    pub unsafe fn make_guard_unchecked(&self) -> RLockGuard<'_, T> {
        RLockGuard {
            rlock: self,
            not_send: PhantomData,
        }
    }

    // Lets tests wait until a thread has parked. Not part of the API.
    #[doc(hidden)]
    pub fn waiters(&self) -> usize {
        park::waiters(self.raw.lock.key())
    }
}

impl<T: Default> Default for RLock<T> {
    fn default() -> Self {
        RLock::new(T::default())
    }
}

impl<T> From<T> for RLock<T> {
    fn from(value: T) -> Self {
        RLock::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RLock<T> {
    /// Shows the value, or `<locked>` if another thread owns the lock. This never blocks.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("RLock");
        match self.try_lock() {
            Some(guard) => debug.field("value", &&*guard).finish(),
            None => debug.field("value", &format_args!("<locked>")).finish(),
        }
    }
}

/// One level of an [`RLock`], which the thread holds until the guard is dropped.
///
/// The guard lends `&T` only. It is not `Send`: the thread that locked must also be the one that
/// unlocks. A future that holds a guard across an `.await` is therefore not `Send` either, so you
/// cannot spawn it on a runtime that moves tasks between threads.
#[must_use = "a guard that is dropped at once releases its level at once"]
pub struct RLockGuard<'a, T: ?Sized> {
    rlock: &'a RLock<T>,
    not_send: PhantomData<*const ()>,
}

// SAFETY: a shared guard lends only `&T`, which other threads may use if `T: Sync`.
unsafe impl<T: ?Sized + Sync> Sync for RLockGuard<'_, T> {}

impl<'a, T: ?Sized> RLockGuard<'a, T> {
    #[inline]
    pub(crate) fn raw(&self) -> &'a RawRLock {
        &self.rlock.raw
    }

    /// Returns a guard for a part of the value.
    ///
    /// The thread holds the level until the returned guard is dropped.
    ///
    /// This is an associated function rather than a method, so that it does not hide a `map` method
    /// of the value.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::{RLock, RLockGuard};
    ///
    /// let pair = RLock::new((1, "one"));
    /// let name = RLockGuard::map(pair.lock(), |pair| &pair.1);
    /// assert_eq!((*name, pair.depth()), ("one", 1));
    /// ```
    #[inline]
    pub fn map<U: ?Sized>(guard: Self, f: impl FnOnce(&T) -> &U) -> MappedRLockGuard<'a, U> {
        // If `f` panics, unwinding drops `guard`, which releases its level.
        let value = &raw const *f(&*guard);
        // SAFETY: `value` was borrowed from `guard`.
        unsafe { guard.into_mapped(value) }
    }

    /// Returns a guard for a part of the value if `f` finds it.
    ///
    /// If `f` returns `None`, this returns the original guard as an error.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::{RLock, RLockGuard};
    ///
    /// let names = RLock::new(vec!["Ada", "Grace"]);
    /// let second = RLockGuard::try_map(names.lock(), |names| names.get(1));
    /// assert_eq!(*second.unwrap(), "Grace");
    /// let all = RLockGuard::try_map(names.lock(), |names| names.get(2)).unwrap_err();
    /// assert_eq!(all.len(), 2);
    /// ```
    #[inline]
    pub fn try_map<U: ?Sized>(
        guard: Self,
        f: impl FnOnce(&T) -> Option<&U>,
    ) -> Result<MappedRLockGuard<'a, U>, Self> {
        // If `f` panics, unwinding drops `guard`, which releases its level.
        match f(&*guard).map(|part| &raw const *part) {
            // SAFETY: `value` was borrowed from `guard`.
            Some(value) => Ok(unsafe { guard.into_mapped(value) }),
            None => Err(guard),
        }
    }

    /// Turns this guard into one that lends `value`.
    ///
    /// # Safety
    ///
    /// `value` must have been borrowed from this guard.
    #[inline]
    unsafe fn into_mapped<U: ?Sized>(self, value: *const U) -> MappedRLockGuard<'a, U> {
        let raw = self.raw();
        mem::forget(self);
        MappedRLockGuard {
            raw,
            value,
            marker: PhantomData,
        }
    }

    /// Releases this level. If it was the last level, hands the lock to the first waiter in the
    /// queue, if there is one.
    ///
    /// Dropping the guard instead is faster, because it lets running threads compete for the lock.
    /// Use `unlock_fair` in the rare place where order matters more than speed.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::{RLock, RLockGuard};
    ///
    /// let lock = RLock::new(());
    /// RLockGuard::unlock_fair(lock.lock());
    /// assert!(!lock.is_locked());
    /// ```
    #[inline]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn unlock_fair(guard: Self) {
        let raw = guard.raw();
        mem::forget(guard);
        // SAFETY: the guard proved that this thread holds a level, and it has been forgotten.
        unsafe { raw.unlock_level_fair(Place::here()) };
    }

    /// Releases this level while `f` runs, and acquires a level again afterwards.
    ///
    /// This releases one level only, as dropping the guard would. Other threads can get the lock
    /// while `f` runs if this was the only level of the current thread. If the thread holds further
    /// levels, the lock stays locked, so `f` must not wait for a thread that needs it. You can
    /// check for that case with [`depth`](RLock::depth).
    ///
    /// If `f` panics, the level is acquired again before unwinding continues.
    ///
    /// # Aborts
    ///
    /// Aborts the process if `f` leaves the current thread with `u32::MAX` levels, because the
    /// guard could not get its level back.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{cell::Cell, thread};
    /// use sync_primitives::{RLock, RLockGuard};
    ///
    /// let lock = RLock::new(Cell::new(1));
    /// let mut guard = lock.lock();
    /// RLockGuard::unlocked(&mut guard, || {
    ///     thread::scope(|scope| {
    ///         scope.spawn(|| lock.lock().set(2));
    ///     });
    /// });
    /// assert_eq!((guard.get(), lock.depth()), (2, 1));
    /// ```
    #[inline]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn unlocked<R>(guard: &mut Self, f: impl FnOnce() -> R) -> R {
        struct Relock<'a> {
            raw: &'a RawRLock,
            place: Place,
        }
        impl Drop for Relock<'_> {
            fn drop(&mut self) {
                let abort = AbortOnPanic;
                self.raw.lock_level(self.place);
                mem::forget(abort);
            }
        }
        let (raw, place) = (guard.raw(), Place::here());
        let _relock = Relock { raw, place };
        // SAFETY: `guard` proves that this thread holds a level. The guard is mutably borrowed
        // until `Relock` has acquired a level again, so nobody can use the value through it. If
        // this was the last level, this thread has no other guard that could lend the value.
        unsafe { raw.unlock_level(place) };
        f()
    }

    /// Returns a view of the guard with which a [`Condition`](crate::Condition) can wait even if
    /// the value is not `Sync`.
    ///
    /// Returns `None` if the current thread holds more than this one level.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::{RLock, RLockGuard};
    ///
    /// let lock = RLock::new(());
    /// let mut outer = lock.lock();
    /// assert!(RLockGuard::outermost(&mut outer).is_some());
    /// let mut inner = lock.lock();
    /// assert!(RLockGuard::outermost(&mut inner).is_none());
    /// ```
    #[inline]
    pub fn outermost<'g>(guard: &'g mut Self) -> Option<Outermost<'g, T>> {
        let rlock = guard.rlock;
        (rlock.raw.levels() == 1).then_some(Outermost {
            rlock,
            not_send: PhantomData,
        })
    }
}

impl<T: ?Sized> Deref for RLockGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: this thread owns the lock as long as the guard exists, so no other thread can
        // reach the value. Guards lend only shared references.
        unsafe { &*self.rlock.value.get() }
    }
}

impl<T: ?Sized> Drop for RLockGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the guard proves that this thread holds a level, and cannot be used anymore.
        unsafe { self.rlock.raw.unlock_level(Place::UNKNOWN) };
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RLockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RLockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// Access to a part of the value of an [`RLock`], and one level of the lock, which the thread holds
/// until the guard is dropped.
///
/// This guard is created by [`RLockGuard::map`] and [`RLockGuard::try_map`].
#[must_use = "a guard that is dropped at once releases its level at once"]
pub struct MappedRLockGuard<'a, U: ?Sized> {
    raw: &'a RawRLock,
    /// Points to what the closure of `map` returned. The raw pointer also makes the guard `!Send`.
    value: *const U,
    /// The guard acts as a shared borrow.
    marker: PhantomData<&'a U>,
}

// SAFETY: as for `RLockGuard`, a shared guard lends only `&U`.
unsafe impl<U: ?Sized + Sync> Sync for MappedRLockGuard<'_, U> {}

impl<'a, U: ?Sized> MappedRLockGuard<'a, U> {
    /// Returns a guard for a part of the part that this guard refers to.
    ///
    /// This is an associated function rather than a method, so that it does not hide a `map` method
    /// of the value.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::{MappedRLockGuard, RLock, RLockGuard};
    ///
    /// let nested = RLock::new((1, (2, 3)));
    /// let pair = RLockGuard::map(nested.lock(), |nested| &nested.1);
    /// let last = MappedRLockGuard::map(pair, |pair| &pair.1);
    /// assert_eq!((*last, nested.depth()), (3, 1));
    /// ```
    #[inline]
    pub fn map<V: ?Sized>(guard: Self, f: impl FnOnce(&U) -> &V) -> MappedRLockGuard<'a, V> {
        // If `f` panics, unwinding drops `guard`, which releases its level.
        let value = &raw const *f(&*guard);
        // SAFETY: `value` was borrowed from `guard`.
        unsafe { guard.into_mapped(value) }
    }

    /// Returns a guard for a part of the part that this guard refers to, if `f` finds it.
    ///
    /// If `f` returns `None`, this returns the original guard as an error.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::{MappedRLockGuard, RLock, RLockGuard};
    ///
    /// let nested = RLock::new((1, vec![2, 3]));
    /// let list = RLockGuard::map(nested.lock(), |nested| &nested.1);
    /// let list = MappedRLockGuard::try_map(list, |list| list.get(2)).unwrap_err();
    /// let last = MappedRLockGuard::try_map(list, |list| list.last());
    /// assert_eq!(*last.unwrap(), 3);
    /// ```
    #[inline]
    pub fn try_map<V: ?Sized>(
        guard: Self,
        f: impl FnOnce(&U) -> Option<&V>,
    ) -> Result<MappedRLockGuard<'a, V>, Self> {
        // If `f` panics, unwinding drops `guard`, which releases its level.
        match f(&*guard).map(|part| &raw const *part) {
            // SAFETY: `value` was borrowed from `guard`.
            Some(value) => Ok(unsafe { guard.into_mapped(value) }),
            None => Err(guard),
        }
    }

    /// Turns this guard into one that lends `value`.
    ///
    /// # Safety
    ///
    /// `value` must have been borrowed from this guard.
    #[inline]
    unsafe fn into_mapped<V: ?Sized>(self, value: *const V) -> MappedRLockGuard<'a, V> {
        let raw = self.raw;
        mem::forget(self);
        MappedRLockGuard {
            raw,
            value,
            marker: PhantomData,
        }
    }
}

impl<U: ?Sized> Deref for MappedRLockGuard<'_, U> {
    type Target = U;

    #[inline]
    fn deref(&self) -> &U {
        // SAFETY: `value` was borrowed from a guard whose level this guard has taken over. The
        // level keeps the owner of the value, and every other thread, from changing it.
        unsafe { &*self.value }
    }
}

impl<U: ?Sized> Drop for MappedRLockGuard<'_, U> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: this guard took over the level of the guard it was made from, and cannot be used
        // anymore.
        unsafe { self.raw.unlock_level(Place::UNKNOWN) };
    }
}

impl<U: ?Sized + fmt::Debug> fmt::Debug for MappedRLockGuard<'_, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<U: ?Sized + fmt::Display> fmt::Display for MappedRLockGuard<'_, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// A view of an [`RLockGuard`] that is the only level of its thread.
///
/// This view is created by [`RLockGuard::outermost`]. A [`Condition`](crate::Condition) can wait on
/// it whatever `T` is. The view borrows the only guard mutably, so no reference to the value is
/// left in this thread while another thread owns the lock. [`Waitable`](crate::Waitable) explains
/// why this matters.
#[must_use = "an `Outermost` is only useful for waiting on a `Condition`"]
pub struct Outermost<'g, T: ?Sized> {
    rlock: &'g RLock<T>,
    not_send: PhantomData<*const ()>,
}

// SAFETY: as for `RLockGuard`, a shared view lends only `&T`.
unsafe impl<T: ?Sized + Sync> Sync for Outermost<'_, T> {}

impl<'g, T: ?Sized> Outermost<'g, T> {
    #[inline]
    pub(crate) fn raw(&self) -> &'g RawRLock {
        &self.rlock.raw
    }
}

impl<T: ?Sized> Deref for Outermost<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the view borrows a guard, and this thread owns the lock as long as the guard
        // exists. Guards lend only shared references.
        unsafe { &*self.rlock.value.get() }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Outermost<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// An `RLock` without a value. `RLock` and `Condition` share it.
pub(crate) struct RawRLock {
    lock: RawLock,
    /// The number of levels that the owner holds. Only the owner reads or writes it.
    depth: Cell<u32>,
    /// The id of the thread that owns the lock, or `NO_OWNER`.
    ///
    /// Every access is Relaxed. A thread compares this field only with its own id, which no other
    /// thread writes, so it finds its own last write or a value that is not its id. The Acquire and
    /// Release operations of `lock` order everything else.
    owner: AtomicUsize,
}

// SAFETY: `depth` is not atomic, but only the owner accesses it. Ownership passes from thread to
// thread through `lock`, which orders the last access of one owner before the first of the next.
unsafe impl Sync for RawRLock {}

impl RawRLock {
    const_fn! {
        #[inline]
        const fn new() -> Self {
            RawRLock {
                lock: RawLock::new(),
                depth: Cell::new(0),
                owner: AtomicUsize::new(NO_OWNER),
            }
        }
    }

    /// Whether the calling thread owns the lock.
    #[inline]
    fn is_owned(&self) -> bool {
        self.owner.load(Ordering::Relaxed) == thread_id_if_assigned()
    }

    /// Acquires one level, blocking the calling thread while another thread owns the lock.
    #[inline]
    fn lock_level(&self, place: Place) {
        let lock_first = |lock: &RawLock| {
            lock.lock();
            true
        };
        self.try_lock_level(place, lock_first);
    }

    /// Attempts to acquire one level. Returns `true` if the calling thread has acquired it.
    ///
    /// A thread that does not own the lock yet calls `lock_first` to acquire the first level.
    #[inline]
    fn try_lock_level(&self, place: Place, lock_first: impl FnOnce(&RawLock) -> bool) -> bool {
        let call = Call::new(place, self.subject());
        if self.is_owned() {
            let depth = self.depth.get().checked_add(1);
            let depth = depth.expect("a thread cannot hold more than u32::MAX levels of an RLock");
            self.depth.set(depth);
            return call.ended_if(true, Op::Acquire, depth as usize);
        }
        let current = thread_id();
        let locked = lock_first(&self.lock);
        if locked {
            self.set_owner(current, 1);
        }
        call.ended_if(locked, Op::Acquire, 1)
    }

    /// Releases one level, and unlocks the lock if it was the last one.
    ///
    /// # Safety
    ///
    /// The calling thread must hold a level, and must not use the value after this call unless it
    /// holds another one.
    #[inline]
    unsafe fn unlock_level(&self, place: Place) {
        // Computed first, because another thread may free the lock as soon as it is unlocked.
        let subject = self.subject();
        let depth = self.leave_level();
        if depth == 0 {
            // SAFETY: the caller held the last level, and no longer uses the value.
            unsafe { self.lock.unlock() };
        }
        trace::report(place, subject, Op::Release, depth as usize);
    }

    /// Releases one level. If it was the last one, unlocks the lock and hands it to the first
    /// waiter, if there is one.
    ///
    /// # Safety
    ///
    /// As for `unlock_level`.
    #[inline]
    unsafe fn unlock_level_fair(&self, place: Place) {
        let subject = self.subject();
        let depth = self.leave_level();
        if depth == 0 {
            // SAFETY: as in `unlock_level`.
            unsafe { self.lock.unlock_fair() };
        }
        trace::report(place, subject, Op::Release, depth as usize);
    }

    /// Counts one level less, and returns how many are left. If none is left, the caller must
    /// unlock `lock`.
    #[inline]
    fn leave_level(&self) -> u32 {
        let depth = self.depth.get() - 1;
        self.depth.set(depth);
        if depth == 0 {
            self.owner.store(NO_OWNER, Ordering::Relaxed);
        }
        depth
    }

    /// Makes the calling thread, whose id is `current`, the owner with `levels` levels. It must
    /// have locked `lock`.
    #[inline]
    fn set_owner(&self, current: usize, levels: u32) {
        self.owner.store(current, Ordering::Relaxed);
        self.depth.set(levels);
    }

    /// Identifies the lock in trace events.
    #[inline]
    pub(crate) fn subject(&self) -> Subject {
        Subject::new(Primitive::RLock, self)
    }

    /// Returns the number of levels that the owner holds. Only the owner may call this.
    #[inline]
    pub(crate) fn levels(&self) -> u32 {
        self.depth.get()
    }

    /// The lock that a `Condition` unlocks while a thread waits.
    #[inline]
    pub(crate) fn lock(&self) -> &RawLock {
        &self.lock
    }

    /// Gives up ownership for the wait on a `Condition`, and returns the number of levels.
    ///
    /// # Safety
    ///
    /// The calling thread must own the lock, and must unlock [`lock`](RawRLock::lock) next.
    pub(crate) unsafe fn release_levels(&self) -> u32 {
        self.owner.store(NO_OWNER, Ordering::Relaxed);
        self.depth.replace(0)
    }

    /// Takes ownership again after the wait on a `Condition`.
    ///
    /// # Safety
    ///
    /// The calling thread must have locked [`lock`](RawRLock::lock) again, or must have been handed
    /// it, and `levels` must be the result of `release_levels`.
    pub(crate) unsafe fn restore_levels(&self, levels: u32) {
        self.set_owner(thread_id(), levels);
    }
}

/// Aborts the process when it is dropped. Code that must not unwind forgets it at its end.
struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        process::abort();
    }
}

#[cfg(all(test, not(any(sync_primitives_loom, sync_primitives_shuttle))))]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn locking_more_than_u32_max_levels_panics_and_changes_nothing() {
        let lock = RLock::new(());
        let guard = lock.lock();
        lock.raw.depth.set(u32::MAX);
        assert!(catch_unwind(AssertUnwindSafe(|| drop(lock.lock()))).is_err());
        assert!(catch_unwind(AssertUnwindSafe(|| drop(lock.try_lock()))).is_err());
        assert_eq!(lock.depth(), u32::MAX as usize);
        lock.raw.depth.set(1);
        drop(guard);
        assert!(!lock.is_locked());
    }
}

//! [`RLock`]: a lock that its owner may take again.
//!
//! Use it when public methods of one object all lock it and call one another. Before that, ask whether private
//! methods that expect the lock to be held would do: then a [`Lock`](crate::Lock) is enough, it lends `&mut T`, and
//! no invariant is ever seen half-way by a method deeper in the call chain.
//!
//! **Promises.** At most one thread owns the lock at a time; that thread may take any number of further levels (up to
//! `u32::MAX`), without waiting. The lock is free when the last level is released, in whatever order the guards are
//! dropped. What an owner did is visible to the next owner. Fairness and panics are as for `Lock`: fair in the end, no
//! poisoning. Ownership belongs to the thread, not to its number's next user: a thread's number is never used again.
//!
//! **No promises.** A guard lends `&T` only, because an outer level may hold a `&T` already; change goes through `Cell`,
//! `RefCell` or an atomic. A `RefCell` borrowed on one level panics when borrowed mutably on a deeper one.
//!
//! **Algorithm.** A [`Lock`](crate::Lock)'s state machine excludes the others; beside it stand the owner's number and
//! the number of levels. A thread that reads its own number there owns the lock, for nobody else ever writes that
//! number; so a re-entry is one comparison and one addition, and no atomic read-modify-write.

use crate::{
    lock::RawLock,
    park::{self, AtomicUsize, Cell, Instant, Ordering, const_fn, thread_id},
    trace::{self, Call, Op, Place, Primitive, Subject},
};
use std::{cell::UnsafeCell, fmt, marker::PhantomData, mem, ops::Deref, time::Duration};

/// The owner's number when nobody owns the lock; `thread_id` is never 0.
const NOBODY: usize = 0;

/// A reentrant mutual-exclusion lock that owns the value it protects.
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

// SAFETY: an `RLock` owns its value, so sending the lock sends the value.
unsafe impl<T: ?Sized + Send> Send for RLock<T> {}
// SAFETY: a shared `RLock` lends `&T`, several times over but always to one thread, and to the next only when the
// last level is gone: that is sending the value between them. `T: Sync` is not needed, so a `RefCell` will do.
unsafe impl<T: ?Sized + Send> Sync for RLock<T> {}

impl<T> RLock<T> {
    const_fn! {
        /// Makes a free lock around `value`.
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

    /// Takes the value out. No locking: owning the lock proves that nobody holds it.
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
    /// Takes the lock, or one more level of it if this thread owns it already; waits while another thread owns it.
    ///
    /// Acquire, on the first level: everything the last owner did before its last release is visible now.
    ///
    /// # Panics
    ///
    /// If the thread holds `u32::MAX` levels already; nothing has changed then.
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
        self.raw.enter(Place::here(), |lock| {
            lock.lock();
            true
        });
        RLockGuard::of(self)
    }

    /// Takes a level if that is possible at this moment; never waits.
    ///
    /// # Panics
    ///
    /// As [`lock`](RLock::lock).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    /// use sync_primitives::RLock;
    ///
    /// let lock = RLock::new(());
    /// let _mine = lock.lock();
    /// assert!(lock.try_lock().is_some()); // the owner gets in
    /// thread::scope(|scope| {
    ///     scope.spawn(|| assert!(lock.try_lock().is_none())); // nobody else does
    /// });
    /// ```
    #[inline]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn try_lock(&self) -> Option<RLockGuard<'_, T>> {
        self.raw
            .enter(Place::here(), RawLock::try_lock)
            .then(|| RLockGuard::of(self))
    }

    /// Waits for the lock, but no longer than `timeout`. Zero means one try; more than the clock can count, for ever.
    ///
    /// # Panics
    ///
    /// As [`lock`](RLock::lock).
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
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn try_lock_for(&self, timeout: Duration) -> Option<RLockGuard<'_, T>> {
        let first_level =
            |lock: &RawLock| lock.try_lock() || lock.lock_slow(park::deadline_after(timeout));
        self.raw
            .enter(Place::here(), first_level)
            .then(|| RLockGuard::of(self))
    }

    /// Waits for the lock until `deadline`. A deadline that has passed means one try.
    ///
    /// # Panics
    ///
    /// As [`lock`](RLock::lock).
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
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn try_lock_until(&self, deadline: Instant) -> Option<RLockGuard<'_, T>> {
        let first_level = |lock: &RawLock| lock.try_lock() || lock.lock_slow(Some(deadline));
        self.raw
            .enter(Place::here(), first_level)
            .then(|| RLockGuard::of(self))
    }

    /// Whether some thread owned the lock when this was called. By the time you read the answer it may be stale.
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

    /// Whether the calling thread owns the lock. The answer cannot go stale: only this thread changes it.
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
        self.raw.is_mine()
    }

    /// How many levels the calling thread holds; 0 if it is not the owner.
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
        if self.raw.is_mine() {
            self.raw.depth.get() as usize
        } else {
            0
        }
    }

    /// Reaches the value without locking: `&mut self` proves that nobody else can.
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

    /// Releases one level although its guard is gone, for foreign code that locks in one call and unlocks in another.
    ///
    /// # Safety
    ///
    /// The calling thread owns the lock, and one of its guards was forgotten: it neither lives nor will be dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::RLock;
    ///
    /// let lock = RLock::new(());
    /// std::mem::forget(lock.lock());
    /// // SAFETY: the line above took the level and forgot its guard.
    /// unsafe { lock.force_unlock() };
    /// assert_eq!(lock.depth(), 0);
    /// ```
    #[inline]
    #[cfg_attr(feature = "trace", track_caller)]
    pub unsafe fn force_unlock(&self) {
        // SAFETY: the caller owns a level that no guard will release.
        unsafe { self.raw.leave(Place::here()) }
    }

    /// Makes a guard for a level that this thread already holds, the other half of
    /// [`force_unlock`](RLock::force_unlock).
    ///
    /// # Safety
    ///
    /// The calling thread owns the lock, and one of its guards was forgotten, for which the new one stands.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::RLock;
    ///
    /// let lock = RLock::new(5);
    /// std::mem::forget(lock.lock());
    /// // SAFETY: the line above took the level and forgot its guard.
    /// let guard = unsafe { lock.make_guard_unchecked() };
    /// assert_eq!(*guard, 5);
    /// ```
    #[inline]
    pub unsafe fn make_guard_unchecked(&self) -> RLockGuard<'_, T> {
        RLockGuard::of(self)
    }

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
    /// Shows the value if the lock is free or this thread's own at this moment, and never waits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.try_lock() {
            Some(guard) => f.debug_struct("RLock").field("value", &&*guard).finish(),
            None => f
                .debug_struct("RLock")
                .field("value", &format_args!("<locked>"))
                .finish(),
        }
    }
}

/// One level of an [`RLock`]; dropping it releases that level.
///
/// It stays in the thread that locked (`!Send`) and lends `&T` only.
#[must_use = "a guard that is dropped at once releases its level at once"]
pub struct RLockGuard<'a, T: ?Sized> {
    rlock: &'a RLock<T>,
    /// Makes the guard `!Send`: the thread that locks is the thread that unlocks.
    stays_here: PhantomData<*const ()>,
}

// SAFETY: a shared guard lends only `&T`, which may cross threads when `T: Sync`.
unsafe impl<T: ?Sized + Sync> Sync for RLockGuard<'_, T> {}

impl<'a, T: ?Sized> RLockGuard<'a, T> {
    /// The guard of a level that this thread has just taken.
    #[inline]
    fn of(rlock: &'a RLock<T>) -> Self {
        RLockGuard {
            rlock,
            stays_here: PhantomData,
        }
    }

    #[inline]
    pub(crate) fn raw(&self) -> &'a RawRLock {
        &self.rlock.raw
    }

    /// Narrows a guard to a part of what it protects. The level stays held until the result is dropped.
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
        // If `f` panics, `guard` is still whole and releases its level while unwinding.
        let value: *const U = f(&*guard);
        let raw = guard.raw();
        mem::forget(guard);
        MappedRLockGuard {
            raw,
            value,
            borrows: PhantomData,
        }
    }

    /// Releases this level and, if it was the last and a thread sleeps for the lock, hands it to the one that came
    /// first.
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
        // SAFETY: the guard stood for one level of this thread, and it is forgotten.
        if unsafe { raw.leave_level(Place::here()) } {
            // SAFETY: that was the thread's last level.
            unsafe { raw.lock.unlock_fair() };
        }
    }

    /// A view of the only level, for waiting on a [`Condition`](crate::Condition) with a value that is not `Sync`.
    ///
    /// `Some` when the calling thread holds exactly one level, this one.
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
        (rlock.raw.depth.get() == 1).then_some(Outermost {
            rlock,
            stays_here: PhantomData,
        })
    }
}

impl<T: ?Sized> Deref for RLockGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard proves that this thread owns the lock, so no other thread reaches the value; guards lend
        // shared references only.
        unsafe { &*self.rlock.value.get() }
    }
}

impl<T: ?Sized> Drop for RLockGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the guard stands for one level of this thread, and ends here.
        unsafe { self.rlock.raw.leave(Place::UNKNOWN) };
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

/// A part of what an [`RLock`] protects, and one level of it; made by [`RLockGuard::map`].
#[must_use = "a guard that is dropped at once releases its level at once"]
pub struct MappedRLockGuard<'a, U: ?Sized> {
    raw: &'a RawRLock,
    value: *const U,
    /// Lends a `U`. The pointer beside it makes the guard `!Send`.
    borrows: PhantomData<&'a U>,
}

// SAFETY: as for `RLockGuard`: a shared guard lends only `&U`.
unsafe impl<U: ?Sized + Sync> Sync for MappedRLockGuard<'_, U> {}

impl<U: ?Sized> Deref for MappedRLockGuard<'_, U> {
    type Target = U;

    #[inline]
    fn deref(&self) -> &U {
        // SAFETY: `value` came from the borrow of a guard whose level this guard has taken over.
        unsafe { &*self.value }
    }
}

impl<U: ?Sized> Drop for MappedRLockGuard<'_, U> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: this guard took over the level of the `RLockGuard` it was made from.
        unsafe { self.raw.leave(Place::UNKNOWN) };
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

/// An [`RLockGuard`] known to be its thread's only level; made by [`RLockGuard::outermost`].
///
/// A [`Condition`](crate::Condition) waits on it whatever `T` is, because it borrows the only guard mutably: while it
/// waits, no reference to the value is left in this thread. See the module `condition` for the whole argument.
#[must_use = "it is for waiting on a condition"]
pub struct Outermost<'g, T: ?Sized> {
    rlock: &'g RLock<T>,
    /// Makes the view `!Send`, as the guard is.
    stays_here: PhantomData<*const ()>,
}

// SAFETY: as for `RLockGuard`: a shared view lends only `&T`.
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
        // SAFETY: the view borrows a guard, which proves that this thread owns the lock.
        unsafe { &*self.rlock.value.get() }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Outermost<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// The state machine: a `RawLock` with an owner and a number of levels.
pub struct RawRLock {
    lock: RawLock,
    /// Only the owner reads or writes it.
    depth: Cell<u32>,
    /// | `owner` | `depth` | `lock` | what it means |
    /// |---|---|---|---|
    /// | `NOBODY` | 0 | free | nobody is in |
    /// | `NOBODY` or t | 0 | held | thread t has just got in, or is just leaving |
    /// | t | n ≥ 1 | held | thread t is in, n levels deep |
    ///
    /// Relaxed everywhere: a thread looks only for its own number, which only it writes, so it reads its own last
    /// write or somebody else's number. `lock` orders everything else.
    owner: AtomicUsize,
}

// SAFETY: `depth` is not atomic, but it is touched by the owner alone, and ownership passes through `lock`, which
// orders one owner's last access before the next one's first.
unsafe impl Sync for RawRLock {}

impl RawRLock {
    const_fn! {
        #[inline]
        const fn new() -> Self {
            RawRLock { lock: RawLock::new(), depth: Cell::new(0), owner: AtomicUsize::new(NOBODY) }
        }
    }

    #[inline]
    fn is_mine(&self) -> bool {
        self.owner.load(Ordering::Relaxed) == thread_id()
    }

    /// Takes a level; the first one by `first_level`. Returns whether the thread has it.
    #[inline]
    fn enter(&self, place: Place, first_level: impl FnOnce(&RawLock) -> bool) -> bool {
        let call = Call::new(place, self.subject());
        let me = thread_id();
        if self.owner.load(Ordering::Relaxed) == me {
            let deeper = self.depth.get().checked_add(1);
            self.depth
                .set(deeper.expect("an RLock cannot be locked more than u32::MAX times over"));
            return call.ended_if(true, Op::Acquire, self.depth.get() as usize);
        }
        let taken = first_level(&self.lock);
        if taken {
            self.owner.store(me, Ordering::Relaxed);
            self.depth.set(1);
        }
        call.ended_if(taken, Op::Acquire, 1)
    }

    /// Releases a level, and the lock with the last.
    ///
    /// # Safety
    ///
    /// The calling thread owns the lock, and gives up one of its levels by this call.
    #[inline]
    unsafe fn leave(&self, place: Place) {
        // SAFETY: the caller's.
        if unsafe { self.leave_level(place) } {
            // SAFETY: the caller's last level is gone, so it gives up the lock.
            unsafe { self.lock.unlock() };
        }
    }

    /// Counts one level less. Returns whether that was the last, so that the lock is to be released.
    ///
    /// # Safety
    ///
    /// As for `leave`.
    #[inline]
    unsafe fn leave_level(&self, place: Place) -> bool {
        let depth = self.depth.get() - 1;
        trace::report(place, self.subject(), Op::Release, depth as usize);
        self.depth.set(depth);
        if depth == 0 {
            self.owner.store(NOBODY, Ordering::Relaxed);
        }
        depth == 0
    }

    pub(crate) fn subject(&self) -> Subject {
        Subject::new(Primitive::RLock, self)
    }

    /// How many levels the owner, the calling thread, holds.
    pub(crate) fn levels(&self) -> u32 {
        self.depth.get()
    }

    /// The lock that a waiting `Condition` gives up and takes back.
    pub(crate) fn lock(&self) -> &RawLock {
        &self.lock
    }

    /// For `Condition`: gives up every level and returns their number.
    ///
    /// # Safety
    ///
    /// The calling thread owns the lock, and gives it up next.
    pub(crate) unsafe fn give_up_levels(&self) -> u32 {
        self.owner.store(NOBODY, Ordering::Relaxed);
        self.depth.replace(0)
    }

    /// For `Condition`: owns the lock again, `levels` deep.
    ///
    /// # Safety
    ///
    /// The calling thread has taken `lock` back after `give_up_levels`, which returned `levels`.
    pub(crate) unsafe fn take_back_levels(&self, levels: u32) {
        self.owner.store(thread_id(), Ordering::Relaxed);
        self.depth.set(levels);
    }
}

#[cfg(all(test, not(any(sync_primitives_loom, sync_primitives_shuttle))))]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn one_level_too_many_panics_and_changes_nothing() {
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

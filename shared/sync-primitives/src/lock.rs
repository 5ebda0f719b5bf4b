//! [`Lock`]: one thread at a time.
//!
//! Use it when several threads read and change the same value. Use [`RLock`](crate::RLock) when a method that holds
//! the lock calls another that takes it again, an atomic when the value is one number, and a
//! [`Queue`](crate::Queue) when threads hand values on rather than share them.
//!
//! **Promises.** At most one guard of a lock exists at a time. What a thread did before it released is visible to the
//! thread that locks next (release and acquire). Fair in the end: a running thread may take a free lock before those
//! who sleep, but a waiter that has waited for a millisecond in all and is first in line gets the lock from a holder's
//! hands, once the hand-over before, if any, is 20 milliseconds ago. A panic while holding releases the lock while
//! unwinding; there is no poisoning, so a later holder may see a half-done change, and code that cannot bear that restores
//! its invariants in a `Drop`.
//!
//! **No promises.** A thread that locks a `Lock` it holds waits for ever. Waiters are not served strictly in order.
//!
//! **Algorithm.** One byte says whether the lock is held and whether anybody sleeps for it. Locking an uncontended lock is
//! one compare-and-exchange. Unlocking is one subtraction, which frees the lock if nobody sleeps. If somebody does, what is
//! left in the byte lets nobody in yet, and the unlocker goes to the parking lot, where, under the bucket lock, it either
//! opens the lock to all and wakes the first sleeper, or gives it to a sleeper that has waited too long. A byte and a parking
//! lot are what WebKit's `WTF::Lock` consists of (Pizlo, "Locking in WebKit", 2016). While a lock that was handed over waits
//! for its heir to wake up, it serves nobody; with many sleepers who are all overdue, a hand-over at every unlock would make
//! a busy lock as slow as a change of threads. So one every 20 milliseconds is enough.

use crate::park::{
    self, AtomicU8, DEFAULT_PARK_TOKEN, FilterOp, Instant, Moment, Ordering, ParkResult, ParkToken,
    SpinWait, UnparkResult, UnparkToken, const_fn,
};
use crate::trace::{self, Call, Op, Place, Primitive, Subject};
use std::{
    cell::UnsafeCell,
    fmt,
    marker::PhantomData,
    mem,
    ops::{Deref, DerefMut},
    ptr,
    time::Duration,
};

/// Bit: a thread holds the lock.
const HELD: u8 = 0b001;
/// Bit: threads sleep for the lock, or are about to.
const PARKED: u8 = 0b010;
/// Bit, beside `PARKED`: and yet the lock is free.
const OPEN: u8 = 0b100;

/// Whether a thread may take the lock.
#[inline]
fn is_free(state: u8) -> bool {
    state & OPEN != 0 || state == 0
}

/// To a woken thread: the lock is free, or was a moment ago; try again.
const TRY_AGAIN: UnparkToken = UnparkToken(0);
/// To a woken thread: the lock was never freed; it is yours.
pub(crate) const HANDED_OVER: UnparkToken = UnparkToken(1);

/// A mutual-exclusion lock that owns the value it protects.
///
/// The value is reached through the [`LockGuard`] that [`lock`](Lock::lock) returns, and in no other way; when the
/// guard is dropped, the lock is free.
///
/// # Examples
///
/// ```
/// use std::thread;
/// use sync_primitives::Lock;
///
/// static TOTAL: Lock<u64> = Lock::new(0);
///
/// thread::scope(|scope| {
///     for part in 1..=4 {
///         scope.spawn(move || *TOTAL.lock() += part);
///     }
/// });
/// assert_eq!(*TOTAL.lock(), 10);
/// ```
#[doc(alias = "mutex")]
#[doc(alias = "threading.Lock")]
pub struct Lock<T: ?Sized> {
    raw: RawLock,
    value: UnsafeCell<T>,
}

// SAFETY: a `Lock` owns its value, so sending the lock sends the value.
unsafe impl<T: ?Sized + Send> Send for Lock<T> {}
// SAFETY: a shared `Lock` lends `&mut T` to one thread after the other, each time excluding all others: that is
// sending the value between them. No two threads ever have `&T` at once through the lock, so `T: Sync` is not needed.
unsafe impl<T: ?Sized + Send> Sync for Lock<T> {}

impl<T> Lock<T> {
    const_fn! {
        /// Makes a free lock around `value`.
        ///
        /// # Examples
        ///
        /// ```
        /// use sync_primitives::Lock;
        ///
        /// static NAMES: Lock<Vec<&str>> = Lock::new(Vec::new());
        /// NAMES.lock().push("Ada");
        /// assert_eq!(NAMES.lock().len(), 1);
        /// ```
        #[inline]
        pub const fn new(value: T) -> Self {
            Lock { raw: RawLock::new(), value: UnsafeCell::new(value) }
        }
    }

    /// Takes the value out. No locking: owning the lock proves that nobody holds it.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::Lock;
    ///
    /// let lock = Lock::new(String::from("mine"));
    /// assert_eq!(lock.into_inner(), "mine");
    /// ```
    #[inline]
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> Lock<T> {
    /// Waits until the lock is free and takes it.
    ///
    /// Acquire: everything the last holder did before releasing is visible now.
    ///
    /// A thread that already holds this lock waits for ever; see [`RLock`](crate::RLock).
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::Lock;
    ///
    /// let balance = Lock::new(100);
    /// {
    ///     let mut balance = balance.lock();
    ///     *balance -= 30;
    /// } // the guard is dropped here, and the lock is free
    /// assert_eq!(*balance.lock(), 70);
    /// ```
    #[inline]
    #[doc(alias = "acquire")]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn lock(&self) -> LockGuard<'_, T> {
        let call = Call::new(Place::here(), self.raw.subject());
        self.raw.lock();
        call.ended(Op::Acquire, 1);
        LockGuard::of(self)
    }

    /// Takes the lock if it is free at this moment; never waits.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::Lock;
    ///
    /// let lock = Lock::new(());
    /// let held = lock.lock();
    /// assert!(lock.try_lock().is_none());
    /// drop(held);
    /// assert!(lock.try_lock().is_some());
    /// ```
    #[inline]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn try_lock(&self) -> Option<LockGuard<'_, T>> {
        let call = Call::new(Place::here(), self.raw.subject());
        call.ended_if(self.raw.try_lock(), Op::Acquire, 1)
            .then(|| LockGuard::of(self))
    }

    /// Waits for the lock, but no longer than `timeout`. Zero means one try; more than the clock can count, for ever.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use sync_primitives::Lock;
    ///
    /// let lock = Lock::new(());
    /// let _held = lock.lock();
    /// assert!(lock.try_lock_for(Duration::from_millis(1)).is_none());
    /// ```
    #[inline]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn try_lock_for(&self, timeout: Duration) -> Option<LockGuard<'_, T>> {
        let call = Call::new(Place::here(), self.raw.subject());
        let taken = self.raw.try_lock() || self.raw.lock_slow(park::deadline_after(timeout));
        call.ended_if(taken, Op::Acquire, 1)
            .then(|| LockGuard::of(self))
    }

    /// Waits for the lock until `deadline`. A deadline that has passed means one try.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use sync_primitives::Lock;
    ///
    /// let lock = Lock::new(7);
    /// let soon = Instant::now() + Duration::from_secs(1);
    /// assert_eq!(lock.try_lock_until(soon).as_deref(), Some(&7));
    /// ```
    #[inline]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn try_lock_until(&self, deadline: Instant) -> Option<LockGuard<'_, T>> {
        let call = Call::new(Place::here(), self.raw.subject());
        let taken = self.raw.try_lock() || self.raw.lock_slow(Some(deadline));
        call.ended_if(taken, Op::Acquire, 1)
            .then(|| LockGuard::of(self))
    }

    /// Whether some thread held the lock when this was called. By the time you read the answer it may be stale.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::Lock;
    ///
    /// let lock = Lock::new(());
    /// assert!(!lock.is_locked());
    /// let _held = lock.lock();
    /// assert!(lock.is_locked());
    /// ```
    #[inline]
    #[doc(alias = "locked")]
    pub fn is_locked(&self) -> bool {
        self.raw.is_held()
    }

    /// Reaches the value without locking: `&mut self` proves that nobody else can.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::Lock;
    ///
    /// let mut lock = Lock::new(1);
    /// *lock.get_mut() += 1;
    /// assert_eq!(lock.into_inner(), 2);
    /// ```
    #[inline]
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// Releases the lock although its guard is gone, for foreign code that locks in one call and unlocks in another.
    ///
    /// # Safety
    ///
    /// The calling thread holds the lock, and the guard was forgotten: it neither lives nor will be dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::Lock;
    ///
    /// let lock = Lock::new(());
    /// std::mem::forget(lock.lock());
    /// // SAFETY: the line above took the lock and forgot the guard.
    /// unsafe { lock.force_unlock() };
    /// assert!(!lock.is_locked());
    /// ```
    #[inline]
    #[cfg_attr(feature = "trace", track_caller)]
    pub unsafe fn force_unlock(&self) {
        trace::report(Place::here(), self.raw.subject(), Op::Release, 1);
        // SAFETY: the caller holds the lock.
        unsafe { self.raw.unlock() }
    }

    /// Makes a guard for a lock that this thread already holds, the other half of [`force_unlock`](Lock::force_unlock).
    ///
    /// # Safety
    ///
    /// The calling thread holds the lock, and no other guard of this hold lives.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::Lock;
    ///
    /// let lock = Lock::new(5);
    /// std::mem::forget(lock.lock());
    /// // SAFETY: the line above took the lock and forgot the guard.
    /// let guard = unsafe { lock.make_guard_unchecked() };
    /// assert_eq!(*guard, 5);
    /// ```
    #[inline]
    pub unsafe fn make_guard_unchecked(&self) -> LockGuard<'_, T> {
        LockGuard::of(self)
    }

    #[doc(hidden)]
    pub fn waiters(&self) -> usize {
        park::waiters(self.raw.key())
    }
}

impl<T: Default> Default for Lock<T> {
    fn default() -> Self {
        Lock::new(T::default())
    }
}

impl<T> From<T> for Lock<T> {
    fn from(value: T) -> Self {
        Lock::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Lock<T> {
    /// Shows the value if the lock is free at this moment, and never waits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.try_lock() {
            Some(guard) => f.debug_struct("Lock").field("value", &&*guard).finish(),
            None => f
                .debug_struct("Lock")
                .field("value", &format_args!("<locked>"))
                .finish(),
        }
    }
}

/// The right to use what a [`Lock`] protects; dropping it releases the lock.
///
/// It stays in the thread that locked (`!Send`), so it cannot slip across an `.await` of a spawned task either.
#[must_use = "a guard that is dropped at once releases the lock at once"]
pub struct LockGuard<'a, T: ?Sized> {
    lock: &'a Lock<T>,
    /// Makes the guard `!Send`: the thread that locks is the thread that unlocks.
    stays_here: PhantomData<*const ()>,
}

// SAFETY: a shared guard lends only `&T`, which may cross threads when `T: Sync`.
unsafe impl<T: ?Sized + Sync> Sync for LockGuard<'_, T> {}

impl<'a, T: ?Sized> LockGuard<'a, T> {
    /// The guard of a lock that this thread has just taken.
    #[inline]
    fn of(lock: &'a Lock<T>) -> Self {
        LockGuard {
            lock,
            stays_here: PhantomData,
        }
    }

    #[inline]
    pub(crate) fn raw(&self) -> &'a RawLock {
        &self.lock.raw
    }

    /// Narrows a guard to a part of what it protects. The whole lock stays held until the result is dropped.
    ///
    /// An associated function, because the value may have a method `map` of its own.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::{Lock, LockGuard};
    ///
    /// let pair = Lock::new((1, String::from("one")));
    /// let mut name = LockGuard::map(pair.lock(), |pair| &mut pair.1);
    /// name.push('!');
    /// assert!(pair.is_locked());
    /// drop(name);
    /// assert_eq!(pair.into_inner().1, "one!");
    /// ```
    #[inline]
    pub fn map<U: ?Sized>(
        mut guard: Self,
        f: impl FnOnce(&mut T) -> &mut U,
    ) -> MappedLockGuard<'a, U> {
        // If `f` panics, `guard` is still whole and releases the lock while unwinding.
        let value: *mut U = f(&mut *guard);
        let raw = guard.raw();
        mem::forget(guard);
        MappedLockGuard {
            raw,
            value,
            borrows: PhantomData,
        }
    }

    /// Releases the lock and, if a thread sleeps for it, hands it to the one that came first.
    ///
    /// Dropping the guard lets a running thread in first, which is faster; this is for the rare place where order
    /// matters more.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::{Lock, LockGuard};
    ///
    /// let lock = Lock::new(());
    /// LockGuard::unlock_fair(lock.lock());
    /// assert!(!lock.is_locked());
    /// ```
    #[inline]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn unlock_fair(guard: Self) {
        let raw = guard.raw();
        mem::forget(guard);
        trace::report(Place::here(), raw.subject(), Op::Release, 1);
        // SAFETY: the guard was the proof that this thread holds the lock, and it is forgotten.
        unsafe { raw.unlock_fair() };
    }

    /// Releases the lock, runs `f`, and takes the lock again; also when `f` panics.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::{Lock, LockGuard};
    ///
    /// let lock = Lock::new(1);
    /// let mut guard = lock.lock();
    /// LockGuard::unlocked(&mut guard, || *lock.lock() += 1);
    /// assert_eq!(*guard, 2);
    /// ```
    #[inline]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn unlocked<R>(guard: &mut Self, f: impl FnOnce() -> R) -> R {
        struct Relock<'a>(&'a RawLock, Place);
        impl Drop for Relock<'_> {
            fn drop(&mut self) {
                let call = Call::new(self.1, self.0.subject());
                self.0.lock();
                call.ended(Op::Acquire, 1);
            }
        }
        let place = Place::here();
        trace::report(place, guard.raw().subject(), Op::Release, 1);
        // SAFETY: `guard` proves that this thread holds the lock; it is borrowed mutably until `Relock` has taken the
        // lock back, so nobody uses the value through it meanwhile.
        unsafe { guard.raw().unlock() };
        let _relock = Relock(guard.raw(), place);
        f()
    }
}

impl<T: ?Sized> Deref for LockGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard proves that this thread holds the lock, so nobody else reaches the value; `&self` keeps
        // `deref_mut` away.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T: ?Sized> DerefMut for LockGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`, and `&mut self` excludes every other borrow through this guard.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T: ?Sized> Drop for LockGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        trace::report(Place::UNKNOWN, self.lock.raw.subject(), Op::Release, 1);
        // SAFETY: the guard proves that this thread holds the lock, and ends here.
        unsafe { self.lock.raw.unlock() };
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for LockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for LockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// The right to use a part of what a [`Lock`] protects; made by [`LockGuard::map`].
///
/// A [`Condition`](crate::Condition) does not wait on it: the part may not survive what others do to the whole.
#[must_use = "a guard that is dropped at once releases the lock at once"]
pub struct MappedLockGuard<'a, U: ?Sized> {
    raw: &'a RawLock,
    value: *mut U,
    /// Lends a `U` mutably. The pointer beside it makes the guard `!Send`.
    borrows: PhantomData<&'a mut U>,
}

// SAFETY: as for `LockGuard`: a shared guard lends only `&U`.
unsafe impl<U: ?Sized + Sync> Sync for MappedLockGuard<'_, U> {}

impl<U: ?Sized> Deref for MappedLockGuard<'_, U> {
    type Target = U;

    #[inline]
    fn deref(&self) -> &U {
        // SAFETY: `value` came from the exclusive borrow of a guard whose hold this guard has taken over.
        unsafe { &*self.value }
    }
}

impl<U: ?Sized> DerefMut for MappedLockGuard<'_, U> {
    #[inline]
    fn deref_mut(&mut self) -> &mut U {
        // SAFETY: as in `deref`, and `&mut self` excludes every other borrow.
        unsafe { &mut *self.value }
    }
}

impl<U: ?Sized> Drop for MappedLockGuard<'_, U> {
    #[inline]
    fn drop(&mut self) {
        trace::report(Place::UNKNOWN, self.raw.subject(), Op::Release, 1);
        // SAFETY: this guard took over the hold of the `LockGuard` it was made from.
        unsafe { self.raw.unlock() };
    }
}

impl<U: ?Sized + fmt::Debug> fmt::Debug for MappedLockGuard<'_, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<U: ?Sized + fmt::Display> fmt::Display for MappedLockGuard<'_, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// The state machine: exclusion without a value. `RLock` and `Condition` stand on it too.
pub struct RawLock {
    /// | `OPEN` | `PARKED` | `HELD` | what it means |
    /// |---|---|---|---|
    /// | 0 | 0 | 0 | free, nobody sleeps |
    /// | 0 | 0 | 1 | held, nobody sleeps |
    /// | 0 | 1 | 1 | held; threads sleep, or are about to |
    /// | 0 | 1 | 0 | released, and not free yet: whoever has released it is about to decide who gets it |
    /// | 1 | 1 | 0 | free; a woken thread is on its way, and others still sleep |
    ///
    /// `PARKED` is set by whoever is about to sleep, and cleared under the bucket lock, with nobody left in line. `OPEN` is
    /// set under the bucket lock, and cleared by who takes the lock, or with `PARKED`. `PARKED` alone is left by the one that
    /// has released, and nobody else changes it.
    ///
    /// Every change is a read-modify-write, so that whoever locks sees what the last holder wrote, however many changes stand
    /// between the release and that (a release sequence).
    state: AtomicU8,
}

impl RawLock {
    const_fn! {
        #[inline]
        pub(crate) const fn new() -> Self {
            RawLock { state: AtomicU8::new(0) }
        }
    }

    /// The address that waiters park at: the lock's own.
    #[inline]
    pub(crate) fn key(&self) -> usize {
        (&raw const *self).addr()
    }

    /// As the events of a `Lock` name it; an `RLock`'s own differ.
    #[inline]
    pub(crate) fn subject(&self) -> Subject {
        Subject::new(Primitive::Lock, self)
    }

    #[inline]
    pub(crate) fn is_held(&self) -> bool {
        !is_free(self.state.load(Ordering::Relaxed))
    }

    #[inline]
    pub(crate) fn lock(&self) {
        // Acquire: pairs with the Release in `release`; makes the last holder's writes visible.
        if self
            .state
            .compare_exchange_weak(0, HELD, Ordering::Acquire, Ordering::Relaxed)
            .is_err()
        {
            let taken = self.lock_slow(None);
            debug_assert!(taken, "a wait without a deadline ends with the lock");
        }
    }

    #[inline]
    pub(crate) fn try_lock(&self) -> bool {
        let mut state = self.state.load(Ordering::Relaxed);
        while is_free(state) {
            match self.take(state) {
                Ok(_) => return true,
                Err(now) => state = now,
            }
        }
        false
    }

    /// Takes the lock in a free state, whether or not somebody sleeps.
    #[inline]
    fn take(&self, free: u8) -> Result<u8, u8> {
        // Acquire: as in `lock`.
        self.state.compare_exchange_weak(
            free,
            (free | HELD) & !OPEN,
            Ordering::Acquire,
            Ordering::Relaxed,
        )
    }

    /// Waits until this thread has the lock, or until `deadline`. Returns whether it has the lock.
    #[cold]
    pub(crate) fn lock_slow(&self, deadline: Option<Instant>) -> bool {
        let mut waiter = None;
        let mut spin = SpinWait::SHORT;
        let mut state = self.state.load(Ordering::Relaxed);
        if park::has_passed(deadline) {
            return false;
        }
        loop {
            if is_free(state) {
                match self.take(state) {
                    Ok(_) => return true,
                    Err(now) => state = now,
                }
                continue;
            }
            if state & PARKED == 0 {
                // A holder is often done within the time that a sleep would cost. With sleepers it is not worth it:
                // the lock is contended.
                if spin.spin() {
                    state = self.state.load(Ordering::Relaxed);
                    continue;
                }
                // Relaxed: `PARKED` carries no data; the bucket lock orders it with the unlocker's look at the line.
                if let Err(now) = self.state.compare_exchange_weak(
                    state,
                    HELD | PARKED,
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                ) {
                    state = now;
                    continue;
                }
            }
            match self.sleep(waiter.get_or_insert_with(Waiter::new), deadline) {
                ParkResult::Unparked(HANDED_OVER) => return true,
                ParkResult::Unparked(_) | ParkResult::Invalid => {}
                ParkResult::TimedOut => return false,
            }
            spin.reset();
            state = self.state.load(Ordering::Relaxed);
        }
    }

    /// Joins the waiting line unless the lock became free.
    fn sleep(&self, waiter: &Waiter, deadline: Option<Instant>) -> ParkResult {
        let still_held = || {
            let state = self.state.load(Ordering::Relaxed);
            state & PARKED != 0 && !is_free(state)
        };
        let gave_up = |_, was_last| {
            // Who has released the lock and is about to decide finds the line empty.
            let without = |state| (state != PARKED).then_some(state & !(PARKED | OPEN));
            if was_last {
                // Relaxed: neither bit carries data.
                let _ = self
                    .state
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, without);
            }
        };
        let token = ParkToken((&raw const *waiter).expose_provenance());
        // SAFETY: the key is the address of our own field; the callbacks touch only the state, so they neither
        // unwind nor park. `waiter` outlives the park, for `waiter_of`.
        unsafe { park::park(self.key(), still_held, || {}, gave_up, token, deadline) }
    }

    /// Releases the lock.
    ///
    /// # Safety
    ///
    /// The calling thread holds the lock, and gives it up by this call.
    #[inline]
    pub(crate) unsafe fn unlock(&self) {
        if self.release() {
            self.decide(false);
        }
    }

    /// Releases the lock, to the first sleeper if there is one.
    ///
    /// # Safety
    ///
    /// As for `unlock`.
    #[inline]
    pub(crate) unsafe fn unlock_fair(&self) {
        if self.release() {
            self.decide(true);
        }
    }

    /// Frees the lock, unless somebody sleeps: then the caller has to decide who gets it. Returns whether that is so.
    #[inline]
    fn release(&self) -> bool {
        // One instruction, whether or not somebody sleeps: a second one, to look first, would cost a tenth of a pair.
        // Release: pairs with the Acquire in `lock` and `take`; makes this holder's writes visible to the next.
        self.state.fetch_sub(HELD, Ordering::Release) != HELD
    }

    /// After a release with sleepers: wakes the first, with the lock in its hands if it has waited long enough, or if `fair`.
    // Out of line: every place that drops a guard holds a copy of what stands before.
    #[cold]
    fn decide(&self, fair: bool) {
        let now = Moment::now();
        // Whether it is a hand-over, once there is somebody to ask; and when the one before was.
        let decision = std::cell::Cell::new(None);
        let only_the_first = |token| {
            let waiter = waiter_of(token);
            let Some((hand_over, last)) = decision.get() else {
                let hand_over = fair || waiter.is_some_and(|waiter| waiter.is_due(now));
                decision.set(Some((
                    hand_over,
                    waiter.and_then(|waiter| waiter.last_hand_over.get()),
                )));
                return FilterOp::Unpark;
            };
            if let Some(next) = waiter {
                next.last_hand_over
                    .set(if hand_over { Some(now) } else { last });
            }
            FilterOp::Stop
        };
        // Until this swap nobody else changes `PARKED` alone. Relaxed: the heir sees this holder's writes because this holder
        // unparks it; for who takes an open lock, see `state`.
        let settle = |line: UnparkResult| {
            let hand_over = decision.get().is_some_and(|(hand_over, _)| hand_over);
            let state = match (hand_over, line.have_more_threads) {
                (true, true) => HELD | PARKED,
                (true, false) => HELD,
                (false, true) => PARKED | OPEN,
                (false, false) => 0,
            };
            self.state.swap(state, Ordering::Relaxed);
            if hand_over { HANDED_OVER } else { TRY_AGAIN }
        };
        // SAFETY: the key is the address of our own field; the callbacks touch only waiters' cells and the state, so
        // they neither unwind nor park.
        unsafe { park::unpark_filter(self.key(), only_the_first, settle) };
    }

    /// For `Condition`, under the bucket lock of this lock: if it is held, makes sure that the holder will look at
    /// the waiting line when it unlocks. Who has released it and is about to decide will look too, as soon as it has this
    /// bucket lock.
    pub(crate) fn expect_sleepers_if_held(&self) -> bool {
        // Relaxed: as for `PARKED` in `lock_slow`.
        let mark = |state| (!is_free(state)).then_some(state | PARKED);
        self.state
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, mark)
            .is_ok()
    }

    /// For `Condition`, under the bucket lock of this lock: threads were added to the waiting line.
    pub(crate) fn expect_sleepers(&self) {
        let mark = |state| Some(state | PARKED | if is_free(state) { OPEN } else { 0 });
        let _ = self
            .state
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, mark);
    }
}

/// What an unlocker must know of a thread in line.
struct Waiter {
    since: Moment,
    /// The last time this lock was handed over, as far as is known; passed on from first to first. While the heir wakes
    /// up, the lock serves nobody: if that were the rule, a busy lock would be as slow as a change of threads.
    last_hand_over: std::cell::Cell<Option<Moment>>,
}

impl Waiter {
    fn new() -> Self {
        Waiter {
            since: Moment::now(),
            last_hand_over: std::cell::Cell::new(None),
        }
    }

    /// Whether the lock is to be handed to this one, who is first in line.
    fn is_due(&self, now: Moment) -> bool {
        self.since.is_overdue(now)
            && self
                .last_hand_over
                .get()
                .is_none_or(|last| last.is_long_ago(now))
    }
}

/// The waiter that parked with `token`; none for those for which a condition has been notified: they have only just begun
/// to wait for the lock.
fn waiter_of<'a>(token: ParkToken) -> Option<&'a Waiter> {
    if token == DEFAULT_PARK_TOKEN {
        return None;
    }
    let waiter: *const Waiter = ptr::with_exposed_provenance(token.0);
    // SAFETY: every other token is made in `sleep` from a `Waiter` that lives until its thread has left the line; we
    // look at it under the bucket lock, with the thread still in line.
    Some(unsafe { &*waiter })
}

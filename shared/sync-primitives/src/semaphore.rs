//! [`Semaphore`] and [`BoundedSemaphore`]: limits on how many threads do something at once.
//!
//! What users may rely on is documented on [`Semaphore`] and [`BoundedSemaphore`]. This comment is
//! about the implementation, which both types share as [`RawSemaphore`].
//!
//! A semaphore is one word of state, and threads that wait for permits are parked in the parking
//! lot. The module [`park`] explains the parking lot and its bucket locks. The word has two parts:
//!
//! | Bits | Name | Meaning |
//! |---|---|---|
//! | 0 | `PARKED` | Threads are parked, or about to park. |
//! | 1 and up | free permits | How many permits no thread holds. |
//!
//! - While `PARKED` is clear, acquiring and giving back take one compare-exchange each.
//! - A thread that is about to park sets `PARKED`. The bit is cleared only under the bucket lock,
//!   when the wait queue is empty.
//! - While `PARKED` is set, permits are given back only under the bucket lock, by
//!   [`serve_waiters`](RawSemaphore::serve_waiters). It visits the waiters in queue order, so that
//!   an overdue waiter gets the permits before a running thread can take them. An overdue waiter
//!   is served directly, in part if there are too few permits.
//! - A waiter that is not overdue is only woken, and only if there are enough permits for it. It
//!   then competes with running threads. Without this rule a busy semaphore would switch threads at
//!   every permit.
//! - A woken waiter that finds too few permits visits the queue itself before it parks again, and
//!   so does a waiter that times out. The permits that it could not use may be enough for a waiter
//!   behind it, which would otherwise never be woken.
//!
//! A second word counts all permits, free ones and those that threads hold. Only `forget` and
//! `add_permits` change it.
//!
//! The semaphore is Dijkstra's (EWD 35, 1962/63). Acquiring several permits at once comes from
//! `semop(2)` of System V.

use crate::park::{
    self, AtomicUsize, Cell, DEFAULT_UNPARK_TOKEN, FilterOp, Instant, Moment, Ordering, ParkResult,
    ParkToken, SpinWait, UnparkResult, const_fn,
};
use crate::trace::{self, Call, Op, Place, Primitive, Subject};
use std::{fmt, mem, ops::Deref, ptr, sync::Arc, time::Duration};

/// A counter of permits, which limits how many threads do something at once.
///
/// A thread acquires a permit before it enters, and gives the permit back by dropping it. A thread
/// that finds no free permit blocks until another thread has given one back. A thread may also
/// acquire several permits at once, for example one for each megabyte of memory it needs.
///
/// Use a `Semaphore` to limit how many connections or files are open at once, how many jobs run at
/// once, or how much memory they use together.
///
/// Other types are a better fit in these cases:
///
/// - Only one thread may enter at a time, and there is a value to protect: use a
///   [`Lock`](crate::Lock).
/// - The number of items that are on their way from one thread to another is limited: use a
///   [`Queue`](crate::Queue) with a capacity.
/// - The number of permits must never exceed the number you start with: use a
///   [`BoundedSemaphore`].
///
/// # Guarantees
///
/// - **Limit.** Threads never hold more permits than the semaphore has.
/// - **Memory ordering.** Acquiring permits is an acquire operation. Giving them back is a release
///   operation, and so is [`add_permits`](Semaphore::add_permits). Everything a thread did before
///   it gave a permit back is visible to the thread that gets this permit next.
/// - **Eventual fairness.** A running thread may take a free permit ahead of parked threads, which
///   keeps a busy semaphore fast. But once the first waiter in the queue has waited for 1 ms, it
///   gets every permit that is given back, until it has all the permits it asked for. A waiter for
///   many permits is therefore not starved by threads that ask for one.
/// - **Timeouts.** A waiter that times out gives back the permits it has received so far, and wakes
///   the waiters behind it that can go on.
/// - **No lost permits.** Dropping a permit gives it back and never fails. If a thread panics while
///   it holds a permit, unwinding drops the permit.
///
/// # Not guaranteed
///
/// - **Order.** Threads may get permits in a different order than they asked for them.
/// - **Ownership.** A semaphore counts the permits that threads hold, but does not record which
///   threads hold them. Any thread may drop a permit.
/// - **Freedom from deadlock.** A thread that holds a permit and asks for another one can deadlock
///   with threads that do the same. Acquire all the permits you need at once with
///   [`acquire_many`](Semaphore::acquire_many).
///
/// # Algorithm
///
/// Dijkstra's semaphore (EWD 35, 1962/63), with several permits at once as in semop(2). One word
/// counts the free permits, and taking or returning permits takes one compare-exchange while nobody
/// is parked. Otherwise the thread that returns permits serves the wait queue from its head.
///
/// # Examples
///
/// ```
/// use std::{sync::atomic::{AtomicUsize, Ordering}, thread};
/// use sync_primitives::Semaphore;
///
/// let at_most_two = Semaphore::new(2);
/// let inside = AtomicUsize::new(0);
///
/// thread::scope(|scope| {
///     for _ in 0..8 {
///         scope.spawn(|| {
///             let _permit = at_most_two.acquire();
///             assert!(inside.fetch_add(1, Ordering::Relaxed) < 2);
///             inside.fetch_sub(1, Ordering::Relaxed);
///         });
///     }
/// });
/// ```
#[doc(alias = "threading.Semaphore")]
pub struct Semaphore {
    raw: RawSemaphore,
}

/// A [`Semaphore`] whose number of permits never exceeds a bound.
///
/// [`new(n)`](BoundedSemaphore::new) creates a semaphore with `n` permits, and `n` is also its
/// bound. Use a `BoundedSemaphore` instead of a [`Semaphore`] if the limit must hold even when your
/// code adds permits by mistake.
///
/// # Guarantees
///
/// Everything that [`Semaphore`] guarantees, and:
///
/// - **Bound.** Free permits and permits that threads hold, added together, never exceed the bound.
///   Only [`SemaphorePermit::forget`] lowers this sum. After that,
///   [`add_permits`](BoundedSemaphore::add_permits) can raise it to the bound again. A call that
///   would exceed the bound returns an error and changes nothing.
/// - **Dropping never fails.** A permit that a thread holds is part of the sum, so there is always
///   room for it when it is given back.
///
/// # Not guaranteed
///
/// The same as for [`Semaphore`].
///
/// # Examples
///
/// ```
/// use sync_primitives::{BoundedSemaphore, TooManyPermits};
///
/// let slots = BoundedSemaphore::new(2);
/// assert_eq!(slots.add_permits(1), Err(TooManyPermits)); // both permits still exist
/// slots.acquire().forget();
/// assert_eq!(slots.add_permits(1), Ok(()));
/// assert_eq!(slots.available_permits(), 2);
/// ```
#[doc(alias = "threading.BoundedSemaphore")]
pub struct BoundedSemaphore {
    raw: RawSemaphore,
    bound: usize,
}

/// Defines and documents the methods that both semaphores have in common: all of them except `new`,
/// `bound` and `add_permits`.
macro_rules! semaphore_methods {
    ($Semaphore:ident) => {
        impl $Semaphore {
            /// The largest number of permits that a semaphore can have: `usize::MAX / 8`.
            pub const MAX_PERMITS: usize = MAX_PERMITS;

            /// Acquires a permit, blocking the current thread until one is free.
            ///
            /// # Panics
            ///
            /// Panics if the semaphore can never have a permit.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use sync_primitives::", stringify!($Semaphore), ";")]
            ///
            #[doc = concat!("let semaphore = ", stringify!($Semaphore), "::new(3);")]
            /// let permit = semaphore.acquire();
            /// assert_eq!(semaphore.available_permits(), 2);
            /// drop(permit);
            /// assert_eq!(semaphore.available_permits(), 3);
            /// ```
            #[inline]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn acquire(&self) -> SemaphorePermit<'_> {
                self.acquire_many(1)
            }

            /// Acquires `n` permits, blocking the current thread until all of them are free.
            ///
            /// Acquiring 0 permits never blocks.
            ///
            /// # Panics
            ///
            /// Panics if `n` is more than the semaphore can ever have.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use sync_primitives::", stringify!($Semaphore), ";")]
            ///
            #[doc = concat!("let megabytes = ", stringify!($Semaphore), "::new(64);")]
            /// let buffer = megabytes.acquire_many(48);
            /// assert_eq!(buffer.num_permits(), 48);
            /// assert_eq!(megabytes.available_permits(), 16);
            /// ```
            #[inline]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn acquire_many(&self, n: usize) -> SemaphorePermit<'_> {
                self.raw.acquire(Place::here(), n, self.bound(), || None);
                SemaphorePermit { raw: &self.raw, permits: n }
            }

            /// Attempts to acquire a permit without blocking.
            ///
            /// Returns `None` if no permit is free.
            ///
            /// # Panics
            ///
            /// Panics if the semaphore can never have a permit.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use sync_primitives::", stringify!($Semaphore), ";")]
            ///
            #[doc = concat!("let semaphore = ", stringify!($Semaphore), "::new(1);")]
            /// let permit = semaphore.try_acquire();
            /// assert!(permit.is_some());
            /// assert!(semaphore.try_acquire().is_none());
            /// ```
            #[must_use = "a permit that is dropped at once is given back at once: \
                          write `if let Some(permit) = …` and use it in the block"]
            #[inline]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_acquire(&self) -> Option<SemaphorePermit<'_>> {
                self.try_acquire_many(1)
            }

            /// Attempts to acquire `n` permits without blocking.
            ///
            /// Returns `None` and acquires nothing if fewer than `n` permits are free.
            ///
            /// # Panics
            ///
            /// Panics if `n` is more than the semaphore can ever have.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use sync_primitives::", stringify!($Semaphore), ";")]
            ///
            #[doc = concat!("let semaphore = ", stringify!($Semaphore), "::new(2);")]
            /// let _one = semaphore.acquire();
            /// assert!(semaphore.try_acquire_many(2).is_none());
            /// assert!(semaphore.try_acquire_many(0).is_some());
            /// ```
            #[must_use = "permits that are dropped at once are given back at once: \
                          write `if let Some(permit) = …` and use it in the block"]
            #[inline]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_acquire_many(&self, n: usize) -> Option<SemaphorePermit<'_>> {
                let acquired = self.raw.acquire_now(Place::here(), n, self.bound());
                acquired.then(|| SemaphorePermit { raw: &self.raw, permits: n })
            }

            /// Attempts to acquire a permit, blocking the current thread for at most `timeout`.
            ///
            /// Returns `None` if no permit became free in time. A timeout of zero means a single
            /// attempt. A timeout that is too large to add to the current time means no timeout.
            ///
            /// # Panics
            ///
            /// Panics if the semaphore can never have a permit.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::time::Duration;
            #[doc = concat!("use sync_primitives::", stringify!($Semaphore), ";")]
            ///
            #[doc = concat!("let semaphore = ", stringify!($Semaphore), "::new(1);")]
            /// let _permit = semaphore.acquire();
            /// assert!(semaphore.try_acquire_for(Duration::from_millis(1)).is_none());
            /// ```
            #[must_use = "a permit that is dropped at once is given back at once: \
                          write `if let Some(permit) = …` and use it in the block"]
            #[inline]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_acquire_for(&self, timeout: Duration) -> Option<SemaphorePermit<'_>> {
                self.try_acquire_many_for(1, timeout)
            }

            /// Attempts to acquire `n` permits, blocking the current thread for at most `timeout`.
            ///
            /// Returns `None` and acquires nothing if fewer than `n` permits became free in time.
            /// A timeout of zero means a single attempt. A timeout that is too large to add to the
            /// current time means no timeout.
            ///
            /// # Panics
            ///
            /// Panics if `n` is more than the semaphore can ever have.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::time::Duration;
            #[doc = concat!("use sync_primitives::", stringify!($Semaphore), ";")]
            ///
            #[doc = concat!("let semaphore = ", stringify!($Semaphore), "::new(2);")]
            /// let _one = semaphore.acquire();
            /// assert!(semaphore.try_acquire_many_for(2, Duration::from_millis(1)).is_none());
            /// ```
            #[must_use = "permits that are dropped at once are given back at once: \
                          write `if let Some(permit) = …` and use it in the block"]
            #[inline]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_acquire_many_for(
                &self,
                n: usize,
                timeout: Duration,
            ) -> Option<SemaphorePermit<'_>> {
                let deadline = || park::deadline_after(timeout);
                let acquired = self.raw.acquire(Place::here(), n, self.bound(), deadline);
                acquired.then(|| SemaphorePermit { raw: &self.raw, permits: n })
            }

            /// Attempts to acquire a permit, blocking the current thread until `deadline` at the
            /// latest.
            ///
            /// Returns `None` if no permit became free in time. A deadline that has already passed
            /// means a single attempt.
            ///
            /// # Panics
            ///
            /// Panics if the semaphore can never have a permit.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::time::Instant;
            #[doc = concat!("use sync_primitives::", stringify!($Semaphore), ";")]
            ///
            #[doc = concat!("let semaphore = ", stringify!($Semaphore), "::new(1);")]
            /// assert!(semaphore.try_acquire_until(Instant::now()).is_some());
            /// ```
            #[must_use = "a permit that is dropped at once is given back at once: \
                          write `if let Some(permit) = …` and use it in the block"]
            #[inline]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_acquire_until(&self, deadline: Instant) -> Option<SemaphorePermit<'_>> {
                self.try_acquire_many_until(1, deadline)
            }

            /// Attempts to acquire `n` permits, blocking the current thread until `deadline` at the
            /// latest.
            ///
            /// Returns `None` and acquires nothing if fewer than `n` permits became free in time. A
            /// deadline that has already passed means a single attempt.
            ///
            /// # Panics
            ///
            /// Panics if `n` is more than the semaphore can ever have.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::time::Instant;
            #[doc = concat!("use sync_primitives::", stringify!($Semaphore), ";")]
            ///
            #[doc = concat!("let semaphore = ", stringify!($Semaphore), "::new(2);")]
            /// assert!(semaphore.try_acquire_many_until(2, Instant::now()).is_some());
            /// ```
            #[must_use = "permits that are dropped at once are given back at once: \
                          write `if let Some(permit) = …` and use it in the block"]
            #[inline]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_acquire_many_until(
                &self,
                n: usize,
                deadline: Instant,
            ) -> Option<SemaphorePermit<'_>> {
                let deadline = || Some(deadline);
                let acquired = self.raw.acquire(Place::here(), n, self.bound(), deadline);
                acquired.then(|| SemaphorePermit { raw: &self.raw, permits: n })
            }

            /// Acquires a permit that keeps the semaphore alive, blocking the current thread until
            /// one is free.
            ///
            /// The permit borrows nothing, so you can move it into a thread. Otherwise this is
            /// the same as [`acquire`](Self::acquire).
            ///
            /// # Panics
            ///
            /// Panics if the semaphore can never have a permit.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::{sync::Arc, thread};
            #[doc = concat!("use sync_primitives::", stringify!($Semaphore), ";")]
            ///
            #[doc = concat!("let semaphore = Arc::new(", stringify!($Semaphore), "::new(1));")]
            /// let permit = semaphore.clone().acquire_owned();
            /// let thread = thread::spawn(move || drop(permit));
            /// let _next = semaphore.acquire(); // waits until the thread gives its permit back
            /// # thread.join().unwrap();
            /// ```
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn acquire_owned(self: Arc<Self>) -> OwnedSemaphorePermit {
                self.acquire_many_owned(1)
            }

            /// Acquires `n` permits that keep the semaphore alive, blocking the current thread
            /// until all of them are free.
            ///
            /// Otherwise this is the same as [`acquire_many`](Self::acquire_many).
            ///
            /// # Panics
            ///
            /// Panics if `n` is more than the semaphore can ever have.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::sync::Arc;
            #[doc = concat!("use sync_primitives::", stringify!($Semaphore), ";")]
            ///
            #[doc = concat!("let semaphore = Arc::new(", stringify!($Semaphore), "::new(3));")]
            /// let permit = semaphore.clone().acquire_many_owned(2);
            /// assert_eq!((permit.num_permits(), semaphore.available_permits()), (2, 1));
            /// ```
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn acquire_many_owned(self: Arc<Self>, n: usize) -> OwnedSemaphorePermit {
                self.raw.acquire(Place::here(), n, self.bound(), || None);
                OwnedSemaphorePermit { raw: Owned::from(self), permits: n }
            }

            /// Attempts to acquire a permit that keeps the semaphore alive, without blocking.
            ///
            /// Otherwise this is the same as [`try_acquire`](Self::try_acquire).
            ///
            /// # Panics
            ///
            /// Panics if the semaphore can never have a permit.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::sync::Arc;
            #[doc = concat!("use sync_primitives::", stringify!($Semaphore), ";")]
            ///
            #[doc = concat!("let semaphore = Arc::new(", stringify!($Semaphore), "::new(1));")]
            /// let _permit = semaphore.clone().acquire_owned();
            /// assert!(semaphore.try_acquire_owned().is_none());
            /// ```
            #[must_use = "a permit that is dropped at once is given back at once: \
                          write `if let Some(permit) = …` and use it in the block"]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_acquire_owned(self: Arc<Self>) -> Option<OwnedSemaphorePermit> {
                self.try_acquire_many_owned(1)
            }

            /// Attempts to acquire `n` permits that keep the semaphore alive, without blocking.
            ///
            /// Otherwise this is the same as [`try_acquire_many`](Self::try_acquire_many).
            ///
            /// # Panics
            ///
            /// Panics if `n` is more than the semaphore can ever have.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::sync::Arc;
            #[doc = concat!("use sync_primitives::", stringify!($Semaphore), ";")]
            ///
            #[doc = concat!("let semaphore = Arc::new(", stringify!($Semaphore), "::new(3));")]
            /// assert!(semaphore.try_acquire_many_owned(3).is_some());
            /// ```
            #[must_use = "permits that are dropped at once are given back at once: \
                          write `if let Some(permit) = …` and use it in the block"]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_acquire_many_owned(
                self: Arc<Self>,
                n: usize,
            ) -> Option<OwnedSemaphorePermit> {
                let acquired = self.raw.acquire_now(Place::here(), n, self.bound());
                acquired.then(|| OwnedSemaphorePermit { raw: Owned::from(self), permits: n })
            }

            /// Attempts to acquire a permit that keeps the semaphore alive, blocking the current
            /// thread for at most `timeout`.
            ///
            /// Otherwise this is the same as [`try_acquire_for`](Self::try_acquire_for).
            ///
            /// # Panics
            ///
            /// Panics if the semaphore can never have a permit.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::{sync::Arc, thread, time::Duration};
            #[doc = concat!("use sync_primitives::", stringify!($Semaphore), ";")]
            ///
            #[doc = concat!("let semaphore = Arc::new(", stringify!($Semaphore), "::new(1));")]
            /// let one_second = Duration::from_secs(1);
            /// if let Some(permit) = semaphore.clone().try_acquire_owned_for(one_second) {
            ///     thread::spawn(move || drop(permit)).join().unwrap();
            /// }
            /// assert_eq!(semaphore.available_permits(), 1);
            /// ```
            #[must_use = "a permit that is dropped at once is given back at once: \
                          write `if let Some(permit) = …` and use it in the block"]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_acquire_owned_for(
                self: Arc<Self>,
                timeout: Duration,
            ) -> Option<OwnedSemaphorePermit> {
                self.try_acquire_many_owned_for(1, timeout)
            }

            /// Attempts to acquire `n` permits that keep the semaphore alive, blocking the current
            /// thread for at most `timeout`.
            ///
            /// Otherwise this is the same as [`try_acquire_many_for`](Self::try_acquire_many_for).
            ///
            /// # Panics
            ///
            /// Panics if `n` is more than the semaphore can ever have.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::{sync::Arc, time::Duration};
            #[doc = concat!("use sync_primitives::", stringify!($Semaphore), ";")]
            ///
            #[doc = concat!("let semaphore = Arc::new(", stringify!($Semaphore), "::new(2));")]
            /// let _one = semaphore.acquire();
            /// let short = Duration::from_millis(1);
            /// assert!(semaphore.clone().try_acquire_many_owned_for(2, short).is_none());
            /// ```
            #[must_use = "permits that are dropped at once are given back at once: \
                          write `if let Some(permit) = …` and use it in the block"]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_acquire_many_owned_for(
                self: Arc<Self>,
                n: usize,
                timeout: Duration,
            ) -> Option<OwnedSemaphorePermit> {
                let deadline = || park::deadline_after(timeout);
                let acquired = self.raw.acquire(Place::here(), n, self.bound(), deadline);
                acquired.then(|| OwnedSemaphorePermit { raw: Owned::from(self), permits: n })
            }

            /// Attempts to acquire a permit that keeps the semaphore alive, blocking the current
            /// thread until `deadline` at the latest.
            ///
            /// Otherwise this is the same as [`try_acquire_until`](Self::try_acquire_until).
            ///
            /// # Panics
            ///
            /// Panics if the semaphore can never have a permit.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::{sync::Arc, time::Instant};
            #[doc = concat!("use sync_primitives::", stringify!($Semaphore), ";")]
            ///
            #[doc = concat!("let semaphore = Arc::new(", stringify!($Semaphore), "::new(1));")]
            /// let _permit = semaphore.acquire();
            /// assert!(semaphore.clone().try_acquire_owned_until(Instant::now()).is_none());
            /// ```
            #[must_use = "a permit that is dropped at once is given back at once: \
                          write `if let Some(permit) = …` and use it in the block"]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_acquire_owned_until(
                self: Arc<Self>,
                deadline: Instant,
            ) -> Option<OwnedSemaphorePermit> {
                self.try_acquire_many_owned_until(1, deadline)
            }

            /// Attempts to acquire `n` permits that keep the semaphore alive, blocking the current
            /// thread until `deadline` at the latest.
            ///
            /// Otherwise this is the same as
            /// [`try_acquire_many_until`](Self::try_acquire_many_until).
            ///
            /// # Panics
            ///
            /// Panics if `n` is more than the semaphore can ever have.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::{sync::Arc, time::Instant};
            #[doc = concat!("use sync_primitives::", stringify!($Semaphore), ";")]
            ///
            #[doc = concat!("let semaphore = Arc::new(", stringify!($Semaphore), "::new(2));")]
            /// let both = semaphore.clone().try_acquire_many_owned_until(2, Instant::now());
            /// assert!(both.is_some());
            /// ```
            #[must_use = "permits that are dropped at once are given back at once: \
                          write `if let Some(permit) = …` and use it in the block"]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_acquire_many_owned_until(
                self: Arc<Self>,
                n: usize,
                deadline: Instant,
            ) -> Option<OwnedSemaphorePermit> {
                let deadline = || Some(deadline);
                let acquired = self.raw.acquire(Place::here(), n, self.bound(), deadline);
                acquired.then(|| OwnedSemaphorePermit { raw: Owned::from(self), permits: n })
            }

            /// Returns the number of free permits.
            ///
            /// The answer may be out of date by the time you read it. Use it for diagnostics, not
            /// for synchronization.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use sync_primitives::", stringify!($Semaphore), ";")]
            ///
            #[doc = concat!("assert_eq!(", stringify!($Semaphore), "::new(4).available_permits(), 4);")]
            /// ```
            #[inline]
            pub fn available_permits(&self) -> usize {
                free_permits(self.raw.state.load(Ordering::Relaxed))
            }

            // Lets tests wait until a thread has parked.
            #[doc(hidden)]
            pub fn waiters(&self) -> usize {
                park::waiters(self.raw.key())
            }
        }

        impl From<Arc<$Semaphore>> for Owned {
            fn from(semaphore: Arc<$Semaphore>) -> Self {
                Owned::$Semaphore(semaphore)
            }
        }

        impl fmt::Debug for $Semaphore {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($Semaphore))
                    .field("available_permits", &self.available_permits())
                    .finish()
            }
        }
    };
}
semaphore_methods!(Semaphore);
semaphore_methods!(BoundedSemaphore);

impl Semaphore {
    const_fn! {
        /// Creates a semaphore with `permits` free permits.
        ///
        /// # Panics
        ///
        /// Panics if `permits` is more than [`MAX_PERMITS`](Semaphore::MAX_PERMITS).
        ///
        /// # Examples
        ///
        /// ```
        /// use sync_primitives::Semaphore;
        ///
        /// static CONNECTIONS: Semaphore = Semaphore::new(3);
        /// let _connection = CONNECTIONS.acquire();
        /// ```
        pub const fn new(permits: usize) -> Self {
            Semaphore { raw: RawSemaphore::new(permits) }
        }
    }

    /// The largest number of permits that this semaphore can ever have.
    #[inline]
    fn bound(&self) -> usize {
        MAX_PERMITS
    }

    /// Adds `n` new permits, and wakes the waiters that can go on now.
    ///
    /// Everything this thread did before is visible to the threads that get these permits.
    ///
    /// # Panics
    ///
    /// Panics if the semaphore would have more than [`MAX_PERMITS`](Semaphore::MAX_PERMITS), which
    /// counts free permits and those that threads hold. The call changes nothing in this case.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::Semaphore;
    ///
    /// let semaphore = Semaphore::new(0);
    /// semaphore.add_permits(2);
    /// assert!(semaphore.try_acquire_many(2).is_some());
    /// ```
    #[doc(alias = "release")]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn add_permits(&self, n: usize) {
        self.raw
            .add(Place::here(), n, self.bound())
            .expect("a semaphore has at most Semaphore::MAX_PERMITS permits");
    }
}

impl BoundedSemaphore {
    const_fn! {
        /// Creates a semaphore with `permits` free permits, which is also its bound.
        ///
        /// # Panics
        ///
        /// Panics if `permits` is more than [`MAX_PERMITS`](BoundedSemaphore::MAX_PERMITS).
        ///
        /// # Examples
        ///
        /// ```
        /// use sync_primitives::BoundedSemaphore;
        ///
        /// static CONNECTIONS: BoundedSemaphore = BoundedSemaphore::new(3);
        /// let _connection = CONNECTIONS.acquire();
        /// ```
        pub const fn new(permits: usize) -> Self {
            BoundedSemaphore { raw: RawSemaphore::new(permits), bound: permits }
        }
    }

    /// Returns the bound: the number of permits that the semaphore was created with.
    ///
    /// The bound never changes. After a permit has been forgotten, there are fewer permits than the
    /// bound allows, and [`add_permits`](BoundedSemaphore::add_permits) can replace it.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::BoundedSemaphore;
    ///
    /// let semaphore = BoundedSemaphore::new(3);
    /// semaphore.acquire().forget();
    /// assert_eq!((semaphore.bound(), semaphore.available_permits()), (3, 2));
    /// ```
    #[inline]
    pub fn bound(&self) -> usize {
        self.bound
    }

    /// Adds `n` permits to replace forgotten ones, and wakes the waiters that can go on now.
    ///
    /// Everything this thread did before is visible to the threads that get these permits.
    ///
    /// # Errors
    ///
    /// Returns [`TooManyPermits`] if the semaphore would have more permits than its bound, which
    /// counts free permits and those that threads hold. The call changes nothing in this case.
    ///
    /// The permits of a concurrent call count as soon as that call begins to add them. They may
    /// count before [`available_permits`](BoundedSemaphore::available_permits) shows them.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::BoundedSemaphore;
    ///
    /// let semaphore = BoundedSemaphore::new(2);
    /// semaphore.acquire().forget();
    /// assert!(semaphore.add_permits(2).is_err());
    /// assert!(semaphore.add_permits(1).is_ok());
    /// ```
    #[doc(alias = "release")]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn add_permits(&self, n: usize) -> Result<(), TooManyPermits> {
        self.raw.add(Place::here(), n, self.bound())
    }
}

/// The error of [`BoundedSemaphore::add_permits`]: the semaphore would have more permits than its
/// bound.
///
/// You can write this error as a value, as in `assert_eq!(result, Err(TooManyPermits))`. It is
/// therefore not `#[non_exhaustive]`, which forbids that outside this crate. It does not have to
/// grow either: `add_permits` fails for this reason only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyPermits;

impl fmt::Display for TooManyPermits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the semaphore would have more permits than its bound allows")
    }
}

impl std::error::Error for TooManyPermits {}

/// Permits of a [`Semaphore`] or [`BoundedSemaphore`], which are given back when this value is
/// dropped.
#[must_use = "a permit that is dropped at once is given back at once"]
pub struct SemaphorePermit<'a> {
    raw: &'a RawSemaphore,
    permits: usize,
}

/// Permits that keep their semaphore alive, and are given back when this value is dropped.
#[must_use = "a permit that is dropped at once is given back at once"]
pub struct OwnedSemaphorePermit {
    raw: Owned,
    permits: usize,
}

/// The semaphore that an owned permit keeps alive.
#[derive(Clone)]
enum Owned {
    Semaphore(Arc<Semaphore>),
    BoundedSemaphore(Arc<BoundedSemaphore>),
}

impl Deref for Owned {
    type Target = RawSemaphore;

    #[inline]
    fn deref(&self) -> &RawSemaphore {
        match self {
            Owned::Semaphore(semaphore) => &semaphore.raw,
            Owned::BoundedSemaphore(semaphore) => &semaphore.raw,
        }
    }
}

/// Defines and documents the methods that both kinds of permits have in common.
macro_rules! permit_methods {
    ($Permit:ty, $name:literal, $one:literal, $many:literal) => {
        impl $Permit {
            /// Returns the number of permits that this value holds.
            ///
            /// # Examples
            ///
            /// ```
            /// # use std::sync::Arc;
            /// # use sync_primitives::Semaphore;
            /// let semaphore = Arc::new(Semaphore::new(3));
            #[doc = $many]
            /// assert_eq!(permit.num_permits(), 3);
            /// ```
            #[inline]
            pub fn num_permits(&self) -> usize {
                self.permits
            }

            /// Removes the permits from the semaphore: they are not given back.
            ///
            /// [`mem::forget`] does not give them back either, but the semaphore then counts them
            /// as held forever. This matters for a [`BoundedSemaphore`], which has no room for new
            /// permits in their place.
            ///
            /// # Examples
            ///
            /// ```
            /// # use std::sync::Arc;
            /// # use sync_primitives::Semaphore;
            /// let semaphore = Arc::new(Semaphore::new(3));
            #[doc = $one]
            /// permit.forget();
            /// assert_eq!(semaphore.available_permits(), 2);
            /// ```
            pub fn forget(mut self) {
                self.raw.forget(mem::take(&mut self.permits));
            }

            /// Moves `n` of the permits into a new value.
            ///
            /// Returns `None` and changes nothing if this value holds fewer than `n` permits.
            ///
            /// # Examples
            ///
            /// ```
            /// # use std::sync::Arc;
            /// # use sync_primitives::Semaphore;
            /// let semaphore = Arc::new(Semaphore::new(3));
            #[doc = $many]
            /// # let mut permit = permit;
            /// let two = permit.split(2).unwrap();
            /// assert_eq!((permit.num_permits(), two.num_permits()), (1, 2));
            /// assert!(permit.split(2).is_none());
            /// ```
            #[must_use = "permits that are dropped at once are given back at once: \
                          write `if let Some(part) = …` and use it in the block"]
            pub fn split(&mut self, n: usize) -> Option<Self> {
                self.permits = self.permits.checked_sub(n)?;
                Some(Self {
                    raw: Clone::clone(&self.raw),
                    permits: n,
                })
            }

            /// Moves all permits of `other` into this value.
            ///
            /// # Panics
            ///
            /// Panics if `other` belongs to another semaphore. Its permits are given back to that
            /// semaphore then.
            ///
            /// # Examples
            ///
            /// ```
            /// # use std::sync::Arc;
            /// # use sync_primitives::Semaphore;
            /// let semaphore = Arc::new(Semaphore::new(3));
            #[doc = $many]
            /// # let mut permit = permit;
            /// let two = permit.split(2).unwrap();
            /// permit.merge(two);
            /// assert_eq!(permit.num_permits(), 3);
            /// ```
            pub fn merge(&mut self, mut other: Self) {
                assert!(
                    ptr::eq(&*self.raw, &*other.raw),
                    "only permits of the same semaphore can be merged"
                );
                self.permits += mem::take(&mut other.permits);
            }
        }

        impl Drop for $Permit {
            #[inline]
            fn drop(&mut self) {
                self.raw.release(Place::UNKNOWN, self.permits);
            }
        }

        impl fmt::Debug for $Permit {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct($name)
                    .field("permits", &self.permits)
                    .finish()
            }
        }
    };
}
permit_methods!(
    SemaphorePermit<'_>,
    "SemaphorePermit",
    "let permit = semaphore.acquire();",
    "let permit = semaphore.acquire_many(3);"
);
permit_methods!(
    OwnedSemaphorePermit,
    "OwnedSemaphorePermit",
    "let permit = semaphore.clone().acquire_owned();",
    "let permit = semaphore.clone().acquire_many_owned(3);"
);

/// Bit: threads are parked, or about to park.
const PARKED: usize = 1;
/// One free permit: adding it to the state adds a permit.
const PERMIT: usize = 2;
/// This leaves two bits above the number of free permits, so that no sum of permits can overflow
/// the state.
const MAX_PERMITS: usize = usize::MAX >> 3;

/// The number of free permits in a state.
#[inline]
fn free_permits(state: usize) -> usize {
    state / PERMIT
}

/// Panics if a request for `n` permits can never succeed.
///
/// There are never more than `bound` free permits, so an impossible request always finds too few.
/// Callers therefore check this only when a request has failed.
#[cold]
fn assert_possible(n: usize, bound: usize) {
    assert!(
        n <= bound,
        "{n} permits can never be free: the semaphore has at most {bound}"
    );
}

/// A semaphore without a bound. `Semaphore` and `BoundedSemaphore` share it.
struct RawSemaphore {
    /// The table at the top of this file lists the parts.
    state: AtomicUsize,
    /// The number of permits, free ones and those that threads hold. At most the bound.
    total: AtomicUsize,
}

impl RawSemaphore {
    const_fn! {
        const fn new(permits: usize) -> Self {
            assert!(
                permits <= MAX_PERMITS,
                "a semaphore has at most Semaphore::MAX_PERMITS permits"
            );
            RawSemaphore {
                state: AtomicUsize::new(permits * PERMIT),
                total: AtomicUsize::new(permits),
            }
        }
    }

    /// The address at which waiters park.
    fn key(&self) -> usize {
        (&raw const self.state).addr()
    }

    /// Identifies the semaphore in trace events.
    #[inline]
    fn subject(&self) -> Subject {
        Subject::new(Primitive::Semaphore, self)
    }

    /// Takes `n` free permits, or nothing. Returns `true` if it has taken them.
    #[inline]
    fn try_acquire(&self, n: usize) -> bool {
        let mut state = self.state.load(Ordering::Relaxed);
        while free_permits(state) >= n {
            if n == 0 {
                return true;
            }
            // Acquire: pairs with the Release in `release_fast` and `add_free`; makes visible what
            // the threads that gave the permits back did before.
            let taken = state - n * PERMIT;
            match self.state.compare_exchange_weak(
                state,
                taken,
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(current) => state = current,
            }
        }
        false
    }

    /// Acquires `n` permits without blocking, and reports it. Returns `true` if it has acquired
    /// them.
    #[inline]
    fn acquire_now(&self, place: Place, n: usize, bound: usize) -> bool {
        let call = Call::new(place, self.subject());
        let acquired = self.try_acquire(n);
        if !acquired {
            assert_possible(n, bound);
        }
        call.ended_if(acquired, Op::Acquire, n)
    }

    /// Acquires `n` permits, blocking until the deadline if necessary, and reports it. Returns
    /// `true` if it has acquired them.
    // `deadline` is a closure so that the clock is not read if enough permits are free.
    #[inline]
    fn acquire(
        &self,
        place: Place,
        n: usize,
        bound: usize,
        deadline: impl FnOnce() -> Option<Instant>,
    ) -> bool {
        let call = Call::new(place, self.subject());
        let acquired = self.try_acquire(n) || self.acquire_slow(n, bound, deadline());
        call.ended_if(acquired, Op::Acquire, n)
    }

    /// Blocks until this thread has acquired `wanted` permits, or until `deadline`. Returns `true`
    /// if it has acquired them.
    #[cold]
    fn acquire_slow(&self, wanted: usize, bound: usize, deadline: Option<Instant>) -> bool {
        assert_possible(wanted, bound);
        if park::has_passed(deadline) {
            return false;
        }
        // Kept if the thread has to park again, so that `waiting_since` covers the whole wait.
        let waiter = Waiter::new(wanted);
        let mut spin = SpinWait::PATIENT;
        let mut woken = false;
        loop {
            if self.try_acquire(wanted) {
                return true;
            }

            if woken {
                // A running thread was faster, but the permits that it left may be enough for the
                // threads that are first in the queue now.
                self.pass_on_wakeup();
                woken = false;
            }

            let state = self.state.load(Ordering::Relaxed);
            if state & PARKED == 0 {
                if spin.spin(deadline) {
                    continue;
                }

                // Relaxed: `PARKED` publishes no data. The bucket lock orders the check in `park`
                // with the visit to the wait queue in `serve_waiters`.
                let marked = self.state.compare_exchange(
                    state,
                    state | PARKED,
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                );
                if marked.is_err() {
                    continue;
                }
            }

            match self.park(&waiter, deadline) {
                ParkResult::Unparked(_) if waiter.is_served() => return true,
                ParkResult::Unparked(_) => woken = true,
                ParkResult::Invalid if park::has_passed(deadline) => {
                    return self.try_acquire(wanted);
                }
                ParkResult::Invalid => {}
                ParkResult::TimedOut => {
                    // The waiters behind this one may want fewer permits, or may be able to use
                    // those that this thread has just given back.
                    self.pass_on_wakeup();
                    return false;
                }
            }
            spin.reset();
        }
    }

    /// Parks the current thread, unless there are enough permits for it or `PARKED` is no longer
    /// set. If the wait times out, the permits that the waiter has received are free again.
    fn park(&self, waiter: &Waiter, deadline: Option<Instant>) -> ParkResult {
        // Without `PARKED`, no thread that gives permits back would visit the wait queue.
        let validate = || {
            let state = self.state.load(Ordering::Relaxed);
            state & PARKED != 0 && free_permits(state) < waiter.wanted
        };
        let timed_out = |_key, was_last: bool| {
            let received = waiter.received.replace(0);
            self.add_free(received, !was_last);
        };
        let (key, token) = (self.key(), waiter.token());
        // SAFETY:
        // - The key is the address of this semaphore's own field, so only its waiters park there.
        // - `validate` and `timed_out` only access `state` and the waiter, so they neither panic
        //   nor call into the parking lot.
        // - `before_sleep` does nothing.
        // - `waiter` outlives this call, as `Waiter::from_token` requires.
        unsafe { park::park(key, validate, || {}, timed_out, token, deadline) }
    }

    /// Gives `n` permits back, and reports it.
    #[inline]
    fn release(&self, place: Place, n: usize) {
        if n == 0 {
            return;
        }
        // As soon as the permits are back, another thread may free the memory of the semaphore, so
        // nothing may access it after that.
        let subject = self.subject();
        if !self.release_fast(n) {
            self.serve_waiters(n);
        }
        trace::report(place, subject, Op::Release, n);
    }

    /// Gives `n` permits back, unless threads are parked. Returns `true` if it has done so.
    #[inline]
    fn release_fast(&self, n: usize) -> bool {
        let mut state = self.state.load(Ordering::Relaxed);
        while state & PARKED == 0 {
            // Release: pairs with the Acquire in `try_acquire` and `take_up_to`; makes this
            // thread's writes visible to the threads that get the permits.
            match self.state.compare_exchange_weak(
                state,
                state + n * PERMIT,
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(current) => state = current,
            }
        }
        false
    }

    /// Wakes the first waiters in the queue if there are enough permits for them. A woken thread
    /// calls this when it leaves permits unused.
    fn pass_on_wakeup(&self) {
        // Relaxed: whether threads are parked decides only if the queue is visited. A thread that
        // is about to park checks the free permits under the bucket lock.
        if self.state.load(Ordering::Relaxed) & PARKED != 0 {
            self.serve_waiters(0);
        }
    }

    /// Gives `returned` permits back while threads are parked: visits the waiters in queue order,
    /// and frees the permits that are left over.
    #[cold]
    fn serve_waiters(&self, returned: usize) {
        let distribution = Distribution::new(self, returned);
        let filter = |token| {
            // SAFETY: the parking lot passes the token of a thread that is parked on this
            // semaphore, and holds the bucket lock during this call.
            let waiter = unsafe { Waiter::from_token(token) };
            distribution.visit(waiter)
        };
        let callback = |result: UnparkResult| {
            self.add_free(distribution.returned.get(), result.have_more_threads);
            DEFAULT_UNPARK_TOKEN
        };
        // SAFETY:
        // - The key is the address of this semaphore's own field, so only its waiters park there.
        // - `filter` and `callback` only access waiters, locals and `state`, so they neither panic
        //   nor call into the parking lot.
        unsafe { park::unpark_filter(self.key(), filter, callback) };
    }

    /// Takes up to `n` free permits, and returns how many it has taken.
    fn take_up_to(&self, n: usize) -> usize {
        let mut state = self.state.load(Ordering::Relaxed);
        loop {
            let taken = n.min(free_permits(state));
            // Acquire: as in `try_acquire`. The waiter that gets the permits synchronizes with this
            // thread when it is unparked.
            match self.state.compare_exchange_weak(
                state,
                state - taken * PERMIT,
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => return taken,
                Err(current) => state = current,
            }
        }
    }

    /// Adds `n` free permits, and clears `PARKED` unless threads are `still_parked`. The caller
    /// must hold the bucket lock.
    fn add_free(&self, n: usize, still_parked: bool) {
        let cleared = if still_parked { 0 } else { PARKED };
        let change = |state: usize| Some((state + n * PERMIT) & !cleared);
        // Release: as in `release_fast`.
        let _ = self
            .state
            .fetch_update(Ordering::Release, Ordering::Relaxed, change);
    }

    /// Adds `n` new permits, unless there would be more than `bound`.
    fn add(&self, place: Place, n: usize, bound: usize) -> Result<(), TooManyPermits> {
        let raise = |total: usize| total.checked_add(n).filter(|&raised| raised <= bound);
        // Relaxed: this counter publishes no data.
        self.total
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, raise)
            .map_err(|_| TooManyPermits)?;
        self.release(place, n);
        Ok(())
    }

    /// Removes `n` permits that a thread holds.
    fn forget(&self, n: usize) {
        // Relaxed: as in `add`.
        self.total.fetch_sub(n, Ordering::Relaxed);
    }
}

/// What other threads need to know about a parked thread. It lives on the stack of that thread.
struct Waiter {
    /// How many permits the thread asked for.
    wanted: usize,
    /// How many permits it has received so far. While the thread is parked, this is accessed only
    /// under the bucket lock.
    received: Cell<usize>,
    waiting_since: Moment,
}

impl Waiter {
    fn new(wanted: usize) -> Self {
        Waiter {
            wanted,
            received: Cell::new(0),
            waiting_since: Moment::now(),
        }
    }

    /// The token to park with. `from_token` turns it back into the waiter.
    fn token(&self) -> ParkToken {
        ParkToken((&raw const *self).expose_provenance())
    }

    /// Returns the waiter that parked with `token`.
    ///
    /// # Safety
    ///
    /// - `token` must belong to a thread that is parked on a `RawSemaphore`.
    /// - The caller must hold the bucket lock of that thread while it uses the reference.
    unsafe fn from_token<'a>(token: ParkToken) -> &'a Waiter {
        let waiter: *const Waiter = ptr::with_exposed_provenance(token.0);
        // SAFETY: the token was made by `Waiter::token` for `RawSemaphore::park`, which keeps the
        // waiter alive until its thread has left the queue. The thread cannot leave the queue while
        // the caller holds the bucket lock.
        unsafe { &*waiter }
    }

    /// How many permits it still needs.
    fn missing(&self) -> usize {
        self.wanted - self.received.get()
    }

    fn is_served(&self) -> bool {
        self.missing() == 0
    }

    /// Whether this waiter gets permits directly, instead of competing for them.
    fn is_due(&self, now: Moment) -> bool {
        // A waiter that has received permits stays due. Its wait may look shorter to this thread
        // than to the one that served it first, because `now` is read before the bucket lock is
        // taken.
        self.received.get() > 0 || self.waiting_since.is_overdue(now)
    }
}

/// One visit to the wait queue, which distributes permits in queue order. All methods must be
/// called under the bucket lock.
// The fields are cells of the standard library because they are never shared: both closures of
// `serve_waiters` run on the thread that made the value.
struct Distribution<'a> {
    semaphore: &'a RawSemaphore,
    now: Moment,
    /// The permits that the visiting thread gives back, less those that waiters have received.
    returned: std::cell::Cell<usize>,
    /// How many permits the waiters that were woken without receiving any are going to ask for.
    promised: std::cell::Cell<usize>,
}

impl<'a> Distribution<'a> {
    fn new(semaphore: &'a RawSemaphore, returned: usize) -> Self {
        Distribution {
            semaphore,
            now: Moment::now(),
            returned: std::cell::Cell::new(returned),
            promised: std::cell::Cell::new(0),
        }
    }

    /// Decides what happens to the next waiter in the queue. The visit ends at the first waiter
    /// that has to stay parked.
    fn visit(&self, waiter: &Waiter) -> FilterOp {
        let can_go_on = if waiter.is_due(self.now) {
            self.serve(waiter)
        } else {
            self.promise(waiter.missing())
        };
        if can_go_on {
            FilterOp::Unpark
        } else {
            FilterOp::Stop
        }
    }

    /// Gives the waiter as many of its missing permits as there are. Returns `true` if it has all
    /// of them now.
    fn serve(&self, waiter: &Waiter) -> bool {
        let received = waiter.received.get() + self.take_up_to(waiter.missing());
        waiter.received.set(received);
        waiter.is_served()
    }

    /// Returns `true` if a woken waiter would find `n` permits, even if every waiter that this
    /// visit has already woken takes its own first.
    fn promise(&self, n: usize) -> bool {
        self.promised.set(self.promised.get() + n);
        // Relaxed: while threads are parked, permits are given back only under the bucket lock,
        // which this thread holds. A running thread may take permits at any time, so this is a
        // guess in any case, and a waiter that finds too few passes the wakeup on.
        let free = free_permits(self.semaphore.state.load(Ordering::Relaxed));
        self.promised.get() <= self.returned.get() + free
    }

    /// Takes up to `n` permits for a waiter: returned ones first, then free ones.
    fn take_up_to(&self, n: usize) -> usize {
        let from_returned = n.min(self.returned.get());
        self.returned.set(self.returned.get() - from_returned);
        from_returned + self.semaphore.take_up_to(n - from_returned)
    }
}

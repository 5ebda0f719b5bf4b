//! [`Semaphore`] and [`BoundedSemaphore`]: so many at a time, and no more.
//!
//! Use one when up to n threads may do something at once: connections, open files, memory. Use a [`Lock`](crate::Lock)
//! when n is one and there is a value to protect, a [`Queue`](crate::Queue) with a capacity when what is limited are
//! items on their way from one thread to another.
//!
//! **Promises.** Never more permits are out than there are. What a thread did before it gave a permit back is visible
//! to the thread that gets it next. A running thread may take a free permit first; but a waiter that has waited for a
//! millisecond and is first in line gets every permit that is given back from then on, in part if need be, until it
//! has all it asked for; so a waiter for many is not starved by many waiters for one. A waiter that gives up returns
//! its part and wakes those behind it. Giving a permit back never fails. Permits are given back by `Drop`, so also by
//! a panic.
//!
//! **No promises.** Before that millisecond, permits do not go out in order of asking. A semaphore knows how many
//! permits are out, not who has them.
//!
//! **Algorithm.** One word counts the free permits and says whether anybody sleeps. Taking and giving back are one
//! compare-and-exchange each while nobody sleeps. With sleepers, whoever gives back goes to the parking lot and walks
//! the waiting line from its head, under the bucket lock: an overdue waiter is served directly; one that has not
//! waited long is only woken, if what is free would do, and tries again like a running thread (this keeps a busy
//! semaphore from changing threads at each permit); at the first that cannot be served the walk ends. A woken waiter
//! that comes too late starts the walk again, so that the wake-up is passed on and not lost. A second word, which only
//! `forget` and `add_permits` touch, holds how many permits there are, free and out together.
//!
//! Dijkstra's semaphore (EWD 35, 1962/63) with the several permits at once of POSIX's older cousin, System V's
//! semop(2).

use crate::park::{
    self, AtomicUsize, Cell, DEFAULT_UNPARK_TOKEN, FilterOp, Instant, Moment, Ordering, ParkResult,
    ParkToken, SpinWait, UnparkResult, const_fn,
};
use crate::trace::{self, Call, Op, Place, Primitive, Subject};
use std::{fmt, mem, ops::Deref, ptr, sync::Arc, time::Duration};

/// A counter of permits to be inside; who finds none waits until one is given back.
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

/// A [`Semaphore`] that knows how many permits there may be: free and live ones together never exceed its bound.
///
/// `new(n)` makes `n` permits and the bound `n`. Forgetting a permit lowers the sum, and only then is there room for
/// [`add_permits`](BoundedSemaphore::add_permits).
///
/// # Examples
///
/// ```
/// use sync_primitives::{BoundedSemaphore, TooManyPermits};
///
/// let slots = BoundedSemaphore::new(2);
/// assert_eq!(slots.add_permits(1), Err(TooManyPermits)); // nobody has lost one
/// slots.acquire().forget();
/// assert_eq!(slots.add_permits(1), Ok(()));
/// assert_eq!(slots.available_permits(), 2);
/// ```
#[doc(alias = "threading.BoundedSemaphore")]
pub struct BoundedSemaphore {
    raw: RawSemaphore,
    bound: usize,
}

/// Documents and defines, for both semaphores alike, everything but the ways to make one and to add permits.
macro_rules! semaphore_methods {
    ($Semaphore:ident) => {
        impl $Semaphore {
            /// The most permits that a semaphore can count, `usize::MAX / 8`.
            pub const MAX_PERMITS: usize = MAX_PERMITS;

            /// Waits until a permit is free and takes it.
            ///
            /// Acquire: what the thread that gave the permit back did before is visible now.
            ///
            /// # Panics
            ///
            /// If the semaphore can never have a permit.
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

            /// Waits until `n` permits are free and takes them all at once. 0 permits are there at once.
            ///
            /// # Panics
            ///
            /// If `n` is more than the semaphore can ever have.
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

            /// Takes a permit if one is free at this moment; never waits.
            ///
            /// # Panics
            ///
            /// If the semaphore can never have a permit.
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
            #[inline]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_acquire(&self) -> Option<SemaphorePermit<'_>> {
                self.try_acquire_many(1)
            }

            /// Takes `n` permits if they are free at this moment; never waits, and never takes a part.
            ///
            /// # Panics
            ///
            /// If `n` is more than the semaphore can ever have.
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
            #[inline]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_acquire_many(&self, n: usize) -> Option<SemaphorePermit<'_>> {
                let taken = self.raw.acquire_if_free(Place::here(), n, self.bound());
                taken.then(|| SemaphorePermit { raw: &self.raw, permits: n })
            }

            /// Waits for a permit, but no longer than `timeout`. Zero means one try; more than the clock can count,
            /// for ever.
            ///
            /// # Panics
            ///
            /// If the semaphore can never have a permit.
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
            #[inline]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_acquire_for(&self, timeout: Duration) -> Option<SemaphorePermit<'_>> {
                self.try_acquire_many_for(1, timeout)
            }

            /// Waits for `n` permits, but no longer than `timeout`; then takes none of them.
            ///
            /// # Panics
            ///
            /// If `n` is more than the semaphore can ever have.
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
            #[inline]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_acquire_many_for(&self, n: usize, timeout: Duration) -> Option<SemaphorePermit<'_>> {
                let taken = self.raw.acquire(Place::here(), n, self.bound(), || park::deadline_after(timeout));
                taken.then(|| SemaphorePermit { raw: &self.raw, permits: n })
            }

            /// Waits for a permit until `deadline`. A deadline that has passed means one try.
            ///
            /// # Panics
            ///
            /// If the semaphore can never have a permit.
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
            #[inline]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_acquire_until(&self, deadline: Instant) -> Option<SemaphorePermit<'_>> {
                self.try_acquire_many_until(1, deadline)
            }

            /// Waits for `n` permits until `deadline`; then takes none of them.
            ///
            /// # Panics
            ///
            /// If `n` is more than the semaphore can ever have.
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
            #[inline]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_acquire_many_until(&self, n: usize, deadline: Instant) -> Option<SemaphorePermit<'_>> {
                let taken = self.raw.acquire(Place::here(), n, self.bound(), || Some(deadline));
                taken.then(|| SemaphorePermit { raw: &self.raw, permits: n })
            }

            /// As [`acquire`](Self::acquire), with a permit that keeps the semaphore alive, to move into a thread.
            ///
            /// # Panics
            ///
            /// If the semaphore can never have a permit.
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
            /// let _next = semaphore.acquire(); // waits for the thread to give it back
            /// # thread.join().unwrap();
            /// ```
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn acquire_owned(self: Arc<Self>) -> OwnedSemaphorePermit {
                self.acquire_many_owned(1)
            }

            /// As [`acquire_many`](Self::acquire_many), with a permit that keeps the semaphore alive.
            ///
            /// # Panics
            ///
            /// If `n` is more than the semaphore can ever have.
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

            /// As [`try_acquire`](Self::try_acquire), with a permit that keeps the semaphore alive.
            ///
            /// # Panics
            ///
            /// If the semaphore can never have a permit.
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
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_acquire_owned(self: Arc<Self>) -> Option<OwnedSemaphorePermit> {
                self.try_acquire_many_owned(1)
            }

            /// As [`try_acquire_many`](Self::try_acquire_many), with a permit that keeps the semaphore alive.
            ///
            /// # Panics
            ///
            /// If `n` is more than the semaphore can ever have.
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
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_acquire_many_owned(self: Arc<Self>, n: usize) -> Option<OwnedSemaphorePermit> {
                let taken = self.raw.acquire_if_free(Place::here(), n, self.bound());
                taken.then(|| OwnedSemaphorePermit { raw: Owned::from(self), permits: n })
            }

            /// How many permits were free when this was called. By the time you read the answer it may be stale.
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
                free(self.raw.state.load(Ordering::Relaxed))
            }

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
                let available = self.available_permits();
                f.debug_struct(stringify!($Semaphore)).field("available_permits", &available).finish()
            }
        }
    };
}
semaphore_methods!(Semaphore);
semaphore_methods!(BoundedSemaphore);

impl Semaphore {
    const_fn! {
        /// Makes a semaphore with `permits` free permits.
        ///
        /// # Panics
        ///
        /// If `permits` is more than [`MAX_PERMITS`](Semaphore::MAX_PERMITS).
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

    #[inline]
    fn bound(&self) -> usize {
        MAX_PERMITS
    }

    /// Adds `n` permits to those that there are, and wakes waiters that can be served now.
    ///
    /// Release: what this thread did before is visible to a thread that gets one of them.
    ///
    /// # Panics
    ///
    /// If there would be more than [`MAX_PERMITS`](Semaphore::MAX_PERMITS), free and live ones together. Nothing has
    /// changed then.
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
        /// Makes a semaphore with `permits` free permits, and never more.
        ///
        /// # Panics
        ///
        /// If `permits` is more than [`MAX_PERMITS`](BoundedSemaphore::MAX_PERMITS).
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

    #[inline]
    fn bound(&self) -> usize {
        self.bound
    }

    /// Adds `n` permits, in place of forgotten ones, and wakes waiters that can be served now.
    ///
    /// Release: what this thread did before is visible to a thread that gets one of them.
    ///
    /// # Errors
    ///
    /// [`TooManyPermits`] if there would be more than the bound, free and live ones together. Nothing has changed
    /// then. The permits of another thread's call that has not yet returned count already, although
    /// [`available_permits`](BoundedSemaphore::available_permits) may not show them yet.
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

/// The error of [`BoundedSemaphore::add_permits`]: there would be more permits than the bound allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyPermits;

impl fmt::Display for TooManyPermits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("more permits would be free and live than the semaphore's bound allows")
    }
}

impl std::error::Error for TooManyPermits {}

/// Permits of a [`Semaphore`] or [`BoundedSemaphore`], given back on drop.
#[must_use = "a permit that is dropped at once is given back at once"]
pub struct SemaphorePermit<'a> {
    raw: &'a RawSemaphore,
    permits: usize,
}

/// Permits that keep their semaphore alive, given back on drop.
#[must_use = "a permit that is dropped at once is given back at once"]
pub struct OwnedSemaphorePermit {
    raw: Owned,
    permits: usize,
}

/// What an owned permit keeps alive.
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

/// Documents and defines, for both kinds of permit alike, what they can do.
macro_rules! permit_methods {
    ($Permit:ty, $name:literal, $one:literal, $many:literal) => {
        impl $Permit {
            /// How many permits this is.
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

            /// Takes the permits away for good: they are not given back.
            ///
            /// `std::mem::forget` does not give them back either, but then they count as live for ever.
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

            /// Splits off `n` permits; `None`, and nothing changes, if this is fewer than `n`.
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
            pub fn split(&mut self, n: usize) -> Option<Self> {
                self.permits = self.permits.checked_sub(n)?;
                Some(Self {
                    raw: Clone::clone(&self.raw),
                    permits: n,
                })
            }

            /// Joins another permit of the same semaphore to this one.
            ///
            /// # Panics
            ///
            /// If `other` is of another semaphore; `other` is given back then.
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
                    "only permits of one semaphore can be merged"
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

/// Bit: threads sleep for permits, or are about to.
const PARKED: usize = 1;
/// One permit, above that bit.
const PERMIT: usize = 2;
/// Leaves two bits above it, so that no sum of permits can overflow the state.
const MAX_PERMITS: usize = usize::MAX >> 3;

/// The free permits in a state.
#[inline]
fn free(state: usize) -> usize {
    state / PERMIT
}

/// There are never more free than `bound`, so a request for more finds too few.
#[cold]
fn assert_possible(n: usize, bound: usize) {
    assert!(
        n <= bound,
        "{n} permits can never be free: the semaphore has at most {bound}"
    );
}

/// The state machine.
struct RawSemaphore {
    /// `free permits * PERMIT | PARKED`.
    ///
    /// `PARKED` is set by whoever is about to sleep, and cleared only under the bucket lock. While it is set, permits
    /// are given back under the bucket lock only, so that an overdue waiter gets them before anybody else can.
    state: AtomicUsize,
    /// The permits that there are, free and live ones together. At most the semaphore's bound.
    total: AtomicUsize,
}

/// A sleeping thread's place in line, on its own stack; its address is the thread's park token.
struct Waiter {
    wanted: usize,
    /// Permits it has been given so far. Touched by others under the bucket lock, and by the thread itself when it
    /// has left the line.
    got: Cell<usize>,
    since: Moment,
}

impl RawSemaphore {
    const_fn! {
        const fn new(permits: usize) -> Self {
            assert!(permits <= MAX_PERMITS, "a semaphore has at most Semaphore::MAX_PERMITS permits");
            RawSemaphore { state: AtomicUsize::new(permits * PERMIT), total: AtomicUsize::new(permits) }
        }
    }

    /// The address that waiters park at.
    fn key(&self) -> usize {
        (&raw const self.state).addr()
    }

    #[inline]
    fn subject(&self) -> Subject {
        Subject::new(Primitive::Semaphore, self)
    }

    /// Takes `n` permits if they are free.
    #[inline]
    fn try_acquire(&self, n: usize) -> bool {
        let mut state = self.state.load(Ordering::Relaxed);
        while free(state) >= n {
            if n == 0 {
                return true;
            }
            // Acquire: pairs with the Release in `release` and `add_and_settle`; makes visible what was done before the
            // permits were given back.
            let taken = state - n * PERMIT;
            match self.state.compare_exchange_weak(
                state,
                taken,
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(now) => state = now,
            }
        }
        false
    }

    /// Takes `n` permits if they are free. Returns whether it has them.
    #[inline]
    fn acquire_if_free(&self, place: Place, n: usize, bound: usize) -> bool {
        let call = Call::new(place, self.subject());
        let taken = self.try_acquire(n);
        if !taken {
            assert_possible(n, bound);
        }
        call.ended_if(taken, Op::Acquire, n)
    }

    /// Takes `n` permits, waiting until the deadline if need be. Returns whether it has them.
    #[inline]
    fn acquire(
        &self,
        place: Place,
        n: usize,
        bound: usize,
        deadline: impl FnOnce() -> Option<Instant>,
    ) -> bool {
        let call = Call::new(place, self.subject());
        let taken = self.try_acquire(n) || self.acquire_slow(n, bound, deadline());
        call.ended_if(taken, Op::Acquire, n)
    }

    #[cold]
    fn acquire_slow(&self, wanted: usize, bound: usize, deadline: Option<Instant>) -> bool {
        assert_possible(wanted, bound);
        if park::has_passed(deadline) {
            return false;
        }
        let waiter = Waiter {
            wanted,
            got: Cell::new(0),
            since: Moment::now(),
        };
        let mut spin = SpinWait::PATIENT;
        let mut woken = false;
        loop {
            if self.try_acquire(wanted) {
                return true;
            }
            if mem::take(&mut woken) {
                // Woken to try again, and a running thread was faster. What it left may do for those who are first in
                // line now: the wake-up is passed on.
                self.serve_if_parked();
            }
            let state = self.state.load(Ordering::Relaxed);
            if state & PARKED == 0 {
                if spin.spin(deadline) {
                    continue;
                }
                // Relaxed: `PARKED` carries no data; the bucket lock orders it with the look at the line.
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
            match self.sleep(&waiter, deadline) {
                ParkResult::Unparked(_) if waiter.got.get() == wanted => return true,
                ParkResult::Unparked(_) => woken = true,
                ParkResult::Invalid => {}
                ParkResult::TimedOut => {
                    // Our part is returned, and those behind us may want less than we did.
                    self.serve_if_parked();
                    return false;
                }
            }
            spin.reset();
        }
    }

    /// Joins the waiting line unless there are enough permits now.
    fn sleep(&self, waiter: &Waiter, deadline: Option<Instant>) -> ParkResult {
        let still_too_few = || {
            let state = self.state.load(Ordering::Relaxed);
            state & PARKED != 0 && free(state) < waiter.wanted
        };
        let gave_up = |_, was_last: bool| self.add_and_settle(waiter.got.replace(0), !was_last);
        let token = ParkToken((&raw const *waiter).expose_provenance());
        // SAFETY: the key is the address of our own field; the callbacks touch only the state and the waiter's cell,
        // so they neither unwind nor park. `waiter` outlives the park, for `serve`.
        unsafe { park::park(self.key(), still_too_few, || {}, gave_up, token, deadline) }
    }

    /// Gives `n` permits back.
    #[inline]
    fn release(&self, place: Place, n: usize) {
        if n == 0 {
            return;
        }
        trace::report(place, self.subject(), Op::Release, n);
        let mut state = self.state.load(Ordering::Relaxed);
        while state & PARKED == 0 {
            // Release: pairs with the Acquire in `try_acquire` and `take_up_to`.
            let given = state + n * PERMIT;
            match self.state.compare_exchange_weak(
                state,
                given,
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(now) => state = now,
            }
        }
        self.serve(n);
    }

    fn serve_if_parked(&self) {
        if self.state.load(Ordering::Relaxed) & PARKED != 0 {
            self.serve(0);
        }
    }

    /// Walks the waiting line from its head with `given` permits in hand, then adds what is left of them to the free
    /// ones. An overdue waiter gets permits, others are woken if there would be enough for them; the walk ends at the
    /// first that must go on waiting.
    #[cold]
    fn serve(&self, given: usize) {
        let now = Moment::now();
        let in_hand = std::cell::Cell::new(given);
        let mut promised = 0;
        let next = |token: ParkToken| {
            let waiter: *const Waiter = ptr::with_exposed_provenance(token.0);
            // SAFETY: the token is made in `sleep` from a waiter that lives until its thread has left the line; we
            // look at it under the bucket lock, with the thread still in line.
            let waiter = unsafe { &*waiter };
            let missing = waiter.wanted - waiter.got.get();
            // Once served in part, always served: `now` was read before the bucket lock was taken, so it may be older
            // than that of the thread that served the part.
            if waiter.got.get() > 0 || waiter.since.is_overdue(now) {
                let part = self.take_up_to(missing, &in_hand);
                waiter.got.set(waiter.got.get() + part);
                return if part == missing {
                    FilterOp::Unpark
                } else {
                    FilterOp::Stop
                };
            }
            promised += missing;
            let enough = promised <= in_hand.get() + free(self.state.load(Ordering::Relaxed));
            if enough {
                FilterOp::Unpark
            } else {
                FilterOp::Stop
            }
        };
        let settle = |line: UnparkResult| {
            self.add_and_settle(in_hand.get(), line.have_more_threads);
            DEFAULT_UNPARK_TOKEN
        };
        // SAFETY: the key is the address of our own field; the callbacks touch only the state and cells of waiters in
        // line, so they neither unwind nor park.
        unsafe { park::unpark_filter(self.key(), next, settle) };
    }

    /// Under the bucket lock: takes up to `missing` permits, those in hand first, then free ones.
    fn take_up_to(&self, missing: usize, in_hand: &std::cell::Cell<usize>) -> usize {
        let mut state = self.state.load(Ordering::Relaxed);
        loop {
            let part = missing.min(in_hand.get() + free(state));
            let from_hand = part.min(in_hand.get());
            let rest = (part - from_hand) * PERMIT;
            // Acquire: as in `try_acquire`; the waiter sees it through us, who unpark it.
            match self.state.compare_exchange_weak(
                state,
                state - rest,
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => {
                    in_hand.set(in_hand.get() - from_hand);
                    return part;
                }
                Err(now) => state = now,
            }
        }
    }

    /// Under the bucket lock: adds `n` free permits and says whether threads are still parked.
    fn add_and_settle(&self, n: usize, still_parked: bool) {
        let cleared = if still_parked { 0 } else { PARKED };
        let settled = |state: usize| Some((state + n * PERMIT) & !cleared);
        // Release: as in `release`.
        let _ = self
            .state
            .fetch_update(Ordering::Release, Ordering::Relaxed, settled);
    }

    /// Raises the number of permits by `n`, within `bound`.
    fn add(&self, place: Place, n: usize, bound: usize) -> Result<(), TooManyPermits> {
        // Relaxed: a counter that nothing else is read after.
        let raised = |total: usize| total.checked_add(n).filter(|&raised| raised <= bound);
        self.total
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, raised)
            .map_err(|_| TooManyPermits)?;
        self.release(place, n);
        Ok(())
    }

    /// Lowers the number of permits by `n` live ones.
    fn forget(&self, n: usize) {
        self.total.fetch_sub(n, Ordering::Relaxed);
    }
}

//! [`Event`]: a flag that threads can wait for.
//!
//! Use it to let many threads start at once, to tell them to stop, or to say that something has happened for good. Use
//! a [`Condition`](crate::Condition) when what is waited for is a state under a lock, a
//! [`Semaphore`](crate::Semaphore) when each signal is meant for one waiter, and `std::sync::Once` or `LazyLock` when
//! what has happened is that a value exists.
//!
//! **Promises.** [`wait`](Event::wait) returns at once while the event is set. A wait that began before a `set` returns,
//! even if a `clear` follows at once; one that began after the `clear` goes on waiting. What a thread did before `set`
//! is visible to those whose wait it ends. `set` and `clear` never wait; `set` makes no system call unless somebody
//! sleeps.
//!
//! **No promises.** Several sets without a wait between them count as one: an event does not count. Who runs first
//! after a `set` is the scheduler's affair.
//!
//! **Algorithm.** One word: whether the event is set, whether anybody sleeps, and how often it was set. A waiter notes
//! that number and sleeps as long as it stays the same; so neither a `clear` that follows at once can hide a `set`,
//! nor can a `set` that is still busy waking others let one through that came after the `clear`.

use crate::park::{
    self, AtomicUsize, DEFAULT_PARK_TOKEN, DEFAULT_UNPARK_TOKEN, FilterOp, Instant, Ordering,
    ParkResult, SpinWait, UnparkResult, const_fn,
};
use crate::trace::{self, Call, Op, Place, Primitive, Subject};
use std::{fmt, time::Duration};

/// Bit: threads sleep, or are about to.
const PARKED: usize = 0b01;
/// Bit: the event is set.
const SET: usize = 0b10;
/// One `set`, above those bits.
const ROUND: usize = 0b100;

/// A flag that is set or clear, and that threads can wait to be set.
///
/// # Examples
///
/// ```
/// use std::{sync::atomic::{AtomicU32, Ordering}, thread};
/// use sync_primitives::Event;
///
/// let start = Event::new();
/// let started = AtomicU32::new(0);
/// thread::scope(|scope| {
///     for _ in 0..3 {
///         scope.spawn(|| {
///             start.wait();
///             started.fetch_add(1, Ordering::Relaxed);
///         });
///     }
///     assert_eq!(started.load(Ordering::Relaxed), 0);
///     start.set();
/// });
/// assert_eq!(started.into_inner(), 3);
/// ```
#[doc(alias = "threading.Event")]
pub struct Event {
    /// `times set * ROUND | SET | PARKED`.
    ///
    /// `PARKED` is set by whoever is about to sleep, and cleared only under the bucket lock. The count wraps; a waiter
    /// would have to sleep through a quarter of `usize::MAX` sets to be mistaken.
    state: AtomicUsize,
}

impl Event {
    const_fn! {
        /// Makes an event that is not set.
        ///
        /// # Examples
        ///
        /// ```
        /// use sync_primitives::Event;
        ///
        /// static STOP: Event = Event::new();
        /// assert!(!STOP.is_set());
        /// ```
        #[inline]
        pub const fn new() -> Self {
            Event { state: AtomicUsize::new(0) }
        }
    }

    /// Sets the event and lets everybody through who waits. Setting it twice is the same as once.
    ///
    /// Release: what this thread did before is visible to those whose wait ends.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::Event;
    ///
    /// let event = Event::new();
    /// event.set();
    /// event.wait(); // returns at once
    /// ```
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn set(&self) {
        trace::report(Place::here(), self.subject(), Op::Set, 0);
        let set = |state: usize| {
            Some(if state & SET == 0 {
                (state | SET).wrapping_add(ROUND)
            } else {
                state
            })
        };
        // Release: pairs with the Acquire in `look`. Also if the event was set already: then this thread's writes are
        // added to those that a waiter is to see.
        let before = self
            .state
            .fetch_update(Ordering::Release, Ordering::Relaxed, set);
        if before.is_ok_and(|state| state & PARKED != 0) {
            self.wake_all();
        }
    }

    /// Clears the event: who waits from now on waits for the next `set`.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::Event;
    ///
    /// let event = Event::new();
    /// event.set();
    /// event.clear();
    /// assert!(!event.is_set());
    /// ```
    #[inline]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn clear(&self) {
        trace::report(Place::here(), self.subject(), Op::Clear, 0);
        // Relaxed: it announces nothing.
        self.state.fetch_and(!SET, Ordering::Relaxed);
    }

    /// Whether the event is set.
    ///
    /// Acquire: if it is, what the thread that set it did before is visible now.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::Event;
    ///
    /// assert!(!Event::new().is_set());
    /// ```
    #[inline]
    pub fn is_set(&self) -> bool {
        self.look() & SET != 0
    }

    /// Waits until the event is set; returns at once if it is.
    ///
    /// Acquire: what the thread that set it did before is visible now.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    /// use sync_primitives::Event;
    ///
    /// let ready = Event::new();
    /// thread::scope(|scope| {
    ///     scope.spawn(|| ready.set());
    ///     ready.wait();
    /// });
    /// assert!(ready.is_set());
    /// ```
    #[inline]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn wait(&self) {
        self.wait_deadline(|| None);
    }

    /// As [`wait`](Event::wait), but for no longer than `timeout`. Returns whether the event was set. More than the
    /// clock can count means for ever.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use sync_primitives::Event;
    ///
    /// assert!(!Event::new().wait_for(Duration::from_millis(1)));
    /// ```
    #[inline]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn wait_for(&self, timeout: Duration) -> bool {
        self.wait_deadline(|| park::deadline_after(timeout))
    }

    /// As [`wait`](Event::wait), but no longer than until `deadline`. Returns whether the event was set.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Instant;
    /// use sync_primitives::Event;
    ///
    /// assert!(!Event::new().wait_until(Instant::now()));
    /// ```
    #[inline]
    #[cfg_attr(feature = "trace", track_caller)]
    pub fn wait_until(&self, deadline: Instant) -> bool {
        self.wait_deadline(|| Some(deadline))
    }

    #[doc(hidden)]
    pub fn waiters(&self) -> usize {
        park::waiters(self.key())
    }

    #[inline]
    fn subject(&self) -> Subject {
        Subject::new(Primitive::Event, self)
    }

    /// The address that waiters park at.
    fn key(&self) -> usize {
        (&raw const self.state).addr()
    }

    #[inline]
    fn look(&self) -> usize {
        // Acquire: pairs with the Release in `set`.
        self.state.load(Ordering::Acquire)
    }

    #[inline]
    #[cfg_attr(feature = "trace", track_caller)]
    fn wait_deadline(&self, deadline: impl FnOnce() -> Option<Instant>) -> bool {
        let call = Call::new(Place::here(), self.subject());
        let state = self.look();
        let was_set = state & SET != 0 || self.wait_slow(state, deadline());
        call.ended_if(was_set, Op::Pass, 0)
    }

    /// Waits until the event has been set since it was in state `began`, or until the deadline.
    #[cold]
    fn wait_slow(&self, began: usize, deadline: Option<Instant>) -> bool {
        let mut spin = SpinWait::PATIENT;
        if park::has_passed(deadline) {
            return false;
        }
        loop {
            let state = self.look();
            if was_set_since(began, state) {
                return true;
            }
            if state & PARKED == 0 {
                if spin.spin() {
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
            if self.sleep(began, deadline) == ParkResult::TimedOut {
                return was_set_since(began, self.look());
            }
            spin.reset();
        }
    }

    /// Joins the waiting line unless the event has been set since it was in state `began`.
    fn sleep(&self, began: usize, deadline: Option<Instant>) -> ParkResult {
        let still_not_set = || {
            let state = self.state.load(Ordering::Relaxed);
            state & PARKED != 0 && !was_set_since(began, state)
        };
        let gave_up = |_, was_last| {
            if was_last {
                self.state.fetch_and(!PARKED, Ordering::Relaxed);
            }
        };
        // SAFETY: the key is the address of our own field; the callbacks touch only the state, so they neither unwind
        // nor park.
        unsafe {
            park::park(
                self.key(),
                still_not_set,
                || {},
                gave_up,
                DEFAULT_PARK_TOKEN,
                deadline,
            )
        }
    }

    /// Wakes everybody in line. Who joined it after a `clear` finds the count unchanged and sleeps on.
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
}

/// Whether the event was set at least once between the two states, or is set now.
#[inline]
fn was_set_since(began: usize, now: usize) -> bool {
    now & SET != 0 || now / ROUND != began / ROUND
}

impl Default for Event {
    fn default() -> Self {
        Event::new()
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("is_set", &self.is_set())
            .finish()
    }
}

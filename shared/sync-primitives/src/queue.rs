//! [`Queue`], [`LifoQueue`] and [`PriorityQueue`]: hand items from thread to thread, and know when all are done.
//!
//! Use one when some threads make work and others do it. Use [`Condition`](crate::Condition) with a
//! [`Lock`](crate::Lock) when what is waited for is not "there is an item", a [`Semaphore`](crate::Semaphore) when
//! nothing is handed over, only counted, and `std::sync::mpsc` when there is one consumer and no `join`.
//!
//! **Promises.** Every item that was pushed is popped exactly once, handed back by
//! [`close_now`](Queue::close_now), or dropped with the queue: not lost and not doubled by a time-out, a close, or a
//! panic, be it in a worker or in an item's `Ord`. What a thread did before it pushed is visible to the thread that
//! pops the item, what it did before it popped to the thread whose push takes the room, what it did before it closed the
//! queue to the thread that is told so, and what was done before [`task_done`](Queue::task_done) to the thread that
//! [joins](Queue::join). A worker that panics with a [`Task`] in its hands cannot leave `join` hanging.
//!
//! **No promises.** Several consumers may finish in another order than they popped. Of several waiting threads not
//! always the first is served first. A push or a pop that loses its processor while it moves an end of the queue
//! keeps others at that end waiting until it has it back, `try_` and timed ones too. A push orders memory as a release
//! does and a pop as an acquire, and no more: who pushes and then looks whether another thread has raised a flag, which
//! in turn raises it and then pops, puts a SeqCst fence between in both. The items of a
//! `PriorityQueue` are compared while the queue's lock is held: a slow `Ord` holds up all others, `try_` and timed calls
//! too, and one that uses the same queue waits for ever.
//!
//! **A bounded queue that its own consumers fill can deadlock:** when it is full and every consumer is waiting to push,
//! nobody is left to pop. Let such a queue be unbounded, or let consumers `try_push` and do the work themselves when
//! it is full.
//!
//! **Algorithm.** A [`Queue`] is a chain of segments of 32 slots, or a single one that begins again where the capacity is no
//! more than that, with a lock of its own at each end (Michael and Scott, "Simple, Fast, and Practical Non-Blocking and
//! Blocking Concurrent Queue Algorithms", 1996): a push or a pop locks its end by one compare-exchange and unlocks it by a
//! store, and a thread that finds nothing to pop, or no room, joins a waiting line that costs the others one load. Who wakes
//! one of them first pushes its item or pops one for it, if it can do so at once; and so for one that gives its processor
//! away before it sleeps. A pop that has all but caught up with the pushes may stay away for some microseconds, if that has
//! brought more items lately: then the two ends do not slow each other down. A [`LifoQueue`] and a [`PriorityQueue`] are a
//! buffer behind a [`Lock`](crate::Lock), with one [`Condition`](crate::Condition) for "not empty" and one for "not full". In
//! all three the items pushed and the items done are counted in two words beside it; `join` waits until they are equal.

mod buffer;
mod cache_padded;
mod end;
mod fifo;
mod locked;
mod segment;
mod task_counter;

use self::{
    buffer::{Heap, Lifo},
    fifo::Fifo,
    locked::Locked,
    task_counter::TaskCounter,
};
use crate::park;
use crate::trace::{self, Call, Op, Place, Primitive, Subject};
use std::{
    error::Error,
    fmt,
    iter::FusedIterator,
    ops::{Deref, DerefMut},
    panic::{RefUnwindSafe, UnwindSafe},
    time::{Duration, Instant},
};

/// How long a push or a pop may wait.
#[derive(Clone, Copy)]
enum Patience {
    /// Not at all.
    None,
    /// Until the deadline, if there is one.
    Until(Option<Instant>),
}

impl Patience {
    const ENDLESS: Self = Patience::Until(None);

    fn lasting(timeout: Duration) -> Self {
        Patience::Until(park::deadline_after(timeout))
    }
}

/// The error of `push`: the queue is closed. Holds the item that was not pushed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PushError<T>(pub T);

/// The error of `try_push`, `try_push_for` and `try_push_until`. Holds the item that was not pushed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TryPushError<T> {
    /// The queue held as many items as it may, for as long as the push was ready to wait.
    Full(T),
    /// The queue is closed.
    Closed(T),
}

/// The error of `pop`: the queue is closed, and nothing is left in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

/// The error of `try_pop`, `try_pop_for` and `try_pop_until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryPopError {
    /// No item came for as long as the pop was ready to wait.
    Empty,
    /// The queue is closed, and nothing is left in it.
    Closed,
}

/// The error of `task_done`: it was called more often than items were pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskDoneError;

impl<T> PushError<T> {
    /// The item that was not pushed.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::Queue;
    ///
    /// let queue = Queue::unbounded();
    /// queue.close();
    /// assert_eq!(queue.push("late").unwrap_err().into_inner(), "late");
    /// ```
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> TryPushError<T> {
    /// The item that was not pushed.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::Queue;
    ///
    /// let queue = Queue::bounded(1);
    /// queue.push("first").unwrap();
    /// assert_eq!(queue.try_push("second").unwrap_err().into_inner(), "second");
    /// ```
    pub fn into_inner(self) -> T {
        match self {
            TryPushError::Full(item) | TryPushError::Closed(item) => item,
        }
    }
}

impl<T> fmt::Debug for PushError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PushError(..)")
    }
}

impl<T> fmt::Display for PushError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("pushing to a closed queue")
    }
}

impl<T> Error for PushError<T> {}

impl<T> fmt::Debug for TryPushError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TryPushError::Full(_) => "Full(..)",
            TryPushError::Closed(_) => "Closed(..)",
        })
    }
}

impl<T> fmt::Display for TryPushError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TryPushError::Full(_) => "pushing to a full queue",
            TryPushError::Closed(_) => "pushing to a closed queue",
        })
    }
}

impl<T> Error for TryPushError<T> {}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("popping from a closed queue that is empty")
    }
}

impl Error for Closed {}

impl fmt::Display for TryPopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TryPopError::Empty => f.write_str("popping from an empty queue"),
            TryPopError::Closed => Closed.fmt(f),
        }
    }
}

impl Error for TryPopError {}

impl fmt::Display for TaskDoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("more items were marked done than were pushed")
    }
}

impl Error for TaskDoneError {}

/// A popped item that is marked done when it is dropped, so that a panic on the way cannot leave `join` hanging.
///
/// Made by `task`, `try_task` and `tasks` of a queue. It may be sent to another thread, if the item may. A forgotten
/// task (`std::mem::forget`) stays unfinished for ever.
#[must_use = "a task that is dropped at once is marked done at once"]
pub struct Task<'a, T> {
    // Dropped in this order: the item's own `Drop` still belongs to the work.
    item: T,
    _done: Done<'a>,
}

/// Marks one item done when it is dropped.
struct Done<'a> {
    tasks: &'a TaskCounter,
    subject: Subject,
}

impl Drop for Done<'_> {
    fn drop(&mut self) {
        // Somebody may have called `task_done` for this item too; there is no error to report from here.
        if self.tasks.finish(1) {
            trace::report(Place::UNKNOWN, self.subject, Op::Done, 1);
        }
    }
}

impl<T> Task<'_, T> {
    /// The item itself; it counts as done from now on.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::Queue;
    ///
    /// let queue = Queue::unbounded();
    /// queue.push(String::from("job")).unwrap();
    /// let name: String = queue.task().unwrap().into_inner();
    /// assert_eq!(name, "job");
    /// queue.join(); // returns at once
    /// ```
    pub fn into_inner(self) -> T {
        self.item
    }
}

impl<T> Deref for Task<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.item
    }
}

impl<T> DerefMut for Task<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.item
    }
}

impl<T: fmt::Debug> fmt::Debug for Task<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Task").field(&self.item).finish()
    }
}

/// Pops items until a queue is closed and drained. Made by `iter`, or by `for item in &queue`.
#[derive(Debug)]
pub struct Iter<'a, Q> {
    queue: &'a Q,
}

/// Pops the items that are there, without waiting. Made by `try_iter`.
#[derive(Debug)]
pub struct TryIter<'a, Q> {
    queue: &'a Q,
}

/// Pops items as [`Task`]s until a queue is closed and drained. Made by `tasks`.
#[derive(Debug)]
pub struct Tasks<'a, Q> {
    queue: &'a Q,
}

/// Defines one of the three queues over the machine that does the work. What they do is the same but for the order; so
/// the words and the examples are the same too.
macro_rules! define_queue {
    (
        $(#[$attribute:meta])*
        $Queue:ident<T $(: $Bound:ident)?> over $Machine:ty
    ) => {
        $(#[$attribute])*
        pub struct $Queue<T $(: $Bound)?> {
            machine: $Machine,
        }

        impl<T $(: $Bound)?> $Queue<T> {
            /// Makes an empty queue that holds up to `capacity` items.
            ///
            /// # Panics
            ///
            /// If `capacity` is 0.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use sync_primitives::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::bounded(1);")]
            /// queue.push('a').unwrap();
            /// assert!(queue.is_full());
            /// ```
            #[doc(alias = "maxsize")]
            pub fn bounded(capacity: usize) -> Self {
                $Queue { machine: <$Machine>::new(Some(capacity)) }
            }

            /// Makes an empty queue that grows as long as there is memory.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use sync_primitives::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::<u8>::unbounded();")]
            /// assert_eq!(queue.capacity(), None);
            /// ```
            pub fn unbounded() -> Self {
                $Queue { machine: <$Machine>::new(None) }
            }

            /// Pushes an item; waits while the queue is full.
            ///
            /// Release: what this thread did before is visible to the thread that pops the item.
            ///
            /// # Errors
            ///
            /// [`PushError`] with the item if the queue is closed, also while this waits.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use sync_primitives::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// queue.push(1).unwrap();
            /// assert_eq!(queue.pop(), Ok(1));
            /// ```
            #[doc(alias = "put")]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn push(&self, item: T) -> Result<(), PushError<T>> {
                self.push_with(Place::here(), item, Patience::ENDLESS).map_err(|error| PushError(error.into_inner()))
            }

            /// Pushes an item if there is room; does not wait for room.
            ///
            /// # Errors
            ///
            /// [`TryPushError`] with the item if the queue is full or closed.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use sync_primitives::{", stringify!($Queue), ", TryPushError};")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::bounded(1);")]
            /// assert_eq!(queue.try_push(1), Ok(()));
            /// assert_eq!(queue.try_push(2), Err(TryPushError::Full(2)));
            /// ```
            #[doc(alias = "put_nowait")]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_push(&self, item: T) -> Result<(), TryPushError<T>> {
                self.push_with(Place::here(), item, Patience::None)
            }

            /// Pushes an item; waits for room, but no longer than `timeout`. More than the clock can count means for
            /// ever.
            ///
            /// # Errors
            ///
            /// [`TryPushError`] with the item if the queue stays full or is closed.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::time::Duration;
            #[doc = concat!("use sync_primitives::{", stringify!($Queue), ", TryPushError};")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::bounded(1);")]
            /// queue.push(1).unwrap();
            /// assert_eq!(queue.try_push_for(2, Duration::from_millis(1)), Err(TryPushError::Full(2)));
            /// ```
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_push_for(&self, item: T, timeout: Duration) -> Result<(), TryPushError<T>> {
                self.push_with(Place::here(), item, Patience::lasting(timeout))
            }

            /// Pushes an item; waits for room until `deadline`.
            ///
            /// # Errors
            ///
            /// [`TryPushError`] with the item if the queue stays full or is closed.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::time::Instant;
            #[doc = concat!("use sync_primitives::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::bounded(1);")]
            /// assert!(queue.try_push_until(1, Instant::now()).is_ok());
            /// ```
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_push_until(&self, item: T, deadline: Instant) -> Result<(), TryPushError<T>> {
                self.push_with(Place::here(), item, Patience::Until(Some(deadline)))
            }

            /// Pops the next item; waits while the queue is empty.
            ///
            /// Acquire: what the thread that pushed the item did before is visible now.
            ///
            /// # Errors
            ///
            /// [`Closed`] once the queue is closed and nothing is left in it.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use sync_primitives::{Closed, ", stringify!($Queue), "};")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// queue.push(1).unwrap();
            /// queue.close();
            /// assert_eq!(queue.pop(), Ok(1));
            /// assert_eq!(queue.pop(), Err(Closed));
            /// ```
            #[doc(alias = "get")]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn pop(&self) -> Result<T, Closed> {
                self.pop_with(Place::here(), Patience::ENDLESS).map_err(|_| Closed)
            }

            /// Pops the next item if there is one; does not wait for one.
            ///
            /// # Errors
            ///
            /// [`TryPopError`] if the queue is empty, or closed and empty.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use sync_primitives::{", stringify!($Queue), ", TryPopError};")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::<u8>::unbounded();")]
            /// assert_eq!(queue.try_pop(), Err(TryPopError::Empty));
            /// queue.close();
            /// assert_eq!(queue.try_pop(), Err(TryPopError::Closed));
            /// ```
            #[doc(alias = "get_nowait")]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_pop(&self) -> Result<T, TryPopError> {
                self.pop_with(Place::here(), Patience::None)
            }

            /// Pops the next item; waits for one, but no longer than `timeout`. More than the clock can count means
            /// for ever.
            ///
            /// # Errors
            ///
            /// [`TryPopError`] if none comes, or the queue is closed and empty.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::time::Duration;
            #[doc = concat!("use sync_primitives::{", stringify!($Queue), ", TryPopError};")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::<u8>::unbounded();")]
            /// assert_eq!(queue.try_pop_for(Duration::from_millis(1)), Err(TryPopError::Empty));
            /// ```
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_pop_for(&self, timeout: Duration) -> Result<T, TryPopError> {
                self.pop_with(Place::here(), Patience::lasting(timeout))
            }

            /// Pops the next item; waits for one until `deadline`.
            ///
            /// # Errors
            ///
            /// [`TryPopError`] if none comes, or the queue is closed and empty.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::time::Instant;
            #[doc = concat!("use sync_primitives::{", stringify!($Queue), ", TryPopError};")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::<u8>::unbounded();")]
            /// assert_eq!(queue.try_pop_until(Instant::now()), Err(TryPopError::Empty));
            /// ```
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_pop_until(&self, deadline: Instant) -> Result<T, TryPopError> {
                self.pop_with(Place::here(), Patience::Until(Some(deadline)))
            }

            /// Ends pushing: from now on every push fails, those that wait for room too. What is in the queue can
            /// still be popped; then pops fail too. Closing twice is the same as once.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use sync_primitives::{PushError, ", stringify!($Queue), "};")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// queue.push(1).unwrap();
            /// queue.close();
            /// assert_eq!(queue.push(2), Err(PushError(2)));
            /// assert_eq!(queue.iter().collect::<Vec<_>>(), [1]);
            /// ```
            #[doc(alias = "shutdown")]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn close(&self) {
                let call = Call::new(Place::here(), self.subject());
                call.report(Op::Close, 0);
                self.machine.close();
            }

            /// Closes the queue and takes out what nobody popped, in the order in which it would have been popped.
            /// These items count as done, so that `join` does not wait for them. They are marked so after they have been
            /// taken out: in between, `join_for(Duration::ZERO)` may find them unfinished.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use sync_primitives::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// queue.push(1).unwrap();
            /// assert_eq!(queue.close_now(), [1]);
            /// queue.join(); // nothing is left to wait for
            /// ```
            #[doc(alias = "shutdown")]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn close_now(&self) -> Vec<T> {
                let call = Call::new(Place::here(), self.subject());
                call.report(Op::Close, 0);
                self.machine.close_now()
            }

            /// How many items were in the queue when this was called. By the time you read the answer it may be
            /// stale.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use sync_primitives::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// queue.push(1).unwrap();
            /// assert_eq!(queue.len(), 1);
            /// ```
            #[doc(alias = "qsize")]
            pub fn len(&self) -> usize {
                self.machine.len()
            }

            /// Whether the queue was empty when this was called. By the time you read the answer it may be stale.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use sync_primitives::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("assert!(", stringify!($Queue), "::<u8>::unbounded().is_empty());")]
            /// ```
            #[doc(alias = "empty")]
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// Whether the queue held as many items as it may when this was called; never for an unbounded queue. By
            /// the time you read the answer it may be stale.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use sync_primitives::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("assert!(!", stringify!($Queue), "::<u8>::bounded(1).is_full());")]
            /// ```
            #[doc(alias = "full")]
            pub fn is_full(&self) -> bool {
                self.machine.is_full()
            }

            /// How many items the queue may hold; `None` if it is unbounded.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use sync_primitives::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("assert_eq!(", stringify!($Queue), "::<u8>::bounded(3).capacity(), Some(3));")]
            /// ```
            #[doc(alias = "maxsize")]
            pub fn capacity(&self) -> Option<usize> {
                self.machine.capacity()
            }

            /// Pops items, waiting for each, until the queue is closed and drained. `for item in &queue` is the same.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::thread;
            #[doc = concat!("use sync_primitives::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::bounded(2);")]
            /// let sum: u32 = thread::scope(|scope| {
            ///     scope.spawn(|| {
            ///         for number in 1..=10 {
            ///             queue.push(number).unwrap();
            ///         }
            ///         queue.close();
            ///     });
            ///     queue.iter().sum()
            /// });
            /// assert_eq!(sum, 55);
            /// ```
            pub fn iter(&self) -> Iter<'_, Self> {
                Iter { queue: self }
            }

            /// Pops the items that are there; ends when the queue is empty, without waiting.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use sync_primitives::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// queue.push(1).unwrap();
            /// assert_eq!(queue.try_iter().count(), 1);
            /// assert_eq!(queue.try_iter().count(), 0);
            /// ```
            pub fn try_iter(&self) -> TryIter<'_, Self> {
                TryIter { queue: self }
            }

            /// Says that one popped item is finished. With [`task`](Self::task) this happens by itself.
            ///
            /// Release: what this thread did before is visible to a thread that joins.
            ///
            /// # Errors
            ///
            /// [`TaskDoneError`] if that would be more items than were pushed; nothing has changed then.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use sync_primitives::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// queue.push(1).unwrap();
            /// queue.pop().unwrap();
            /// assert!(queue.task_done().is_ok());
            /// assert!(queue.task_done().is_err());
            /// ```
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn task_done(&self) -> Result<(), TaskDoneError> {
                if !self.machine.tasks().finish(1) {
                    return Err(TaskDoneError);
                }
                trace::report(Place::here(), self.subject(), Op::Done, 1);
                Ok(())
            }

            /// Waits until every item that was pushed has been marked done, by [`task_done`](Self::task_done) or by
            /// the end of its [`Task`].
            ///
            /// Acquire: what was done for the items is visible now.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::{sync::atomic::{AtomicU32, Ordering}, thread};
            #[doc = concat!("use sync_primitives::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// let total = AtomicU32::new(0);
            /// thread::scope(|scope| {
            ///     scope.spawn(|| {
            ///         for number in queue.tasks() {
            ///             total.fetch_add(*number, Ordering::Relaxed);
            ///         }
            ///     });
            ///     queue.push(20).unwrap();
            ///     queue.push(22).unwrap();
            ///     queue.join();
            ///     assert_eq!(total.load(Ordering::Relaxed), 42);
            ///     queue.close(); // ends the worker
            /// });
            /// ```
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn join(&self) {
                self.join_with(Place::here(), None);
            }

            /// As [`join`](Self::join), but for no longer than `timeout`. Returns whether everything was done. More
            /// than the clock can count means for ever.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::time::Duration;
            #[doc = concat!("use sync_primitives::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// queue.push(1).unwrap();
            /// assert!(!queue.join_for(Duration::from_millis(1)));
            /// ```
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn join_for(&self, timeout: Duration) -> bool {
                self.join_with(Place::here(), park::deadline_after(timeout))
            }

            /// As [`join`](Self::join), but no longer than until `deadline`. Returns whether everything was done.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::time::Instant;
            #[doc = concat!("use sync_primitives::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("assert!(", stringify!($Queue), "::<u8>::unbounded().join_until(Instant::now()));")]
            /// ```
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn join_until(&self, deadline: Instant) -> bool {
                self.join_with(Place::here(), Some(deadline))
            }

            /// Pops the next item as a [`Task`], which marks it done when dropped; waits while the queue is empty.
            ///
            /// # Errors
            ///
            /// [`Closed`] once the queue is closed and nothing is left in it.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use sync_primitives::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// queue.push(1).unwrap();
            /// let task = queue.task().unwrap();
            /// assert_eq!(*task, 1);
            /// drop(task);
            /// queue.join(); // returns at once
            /// ```
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn task(&self) -> Result<Task<'_, T>, Closed> {
                self.pop().map(|item| self.task_of(item))
            }

            /// Pops the next item as a [`Task`] if there is one; does not wait for one.
            ///
            /// # Errors
            ///
            /// As [`try_pop`](Self::try_pop).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use sync_primitives::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("assert!(", stringify!($Queue), "::<u8>::unbounded().try_task().is_err());")]
            /// ```
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_task(&self) -> Result<Task<'_, T>, TryPopError> {
                self.try_pop().map(|item| self.task_of(item))
            }

            /// Pops the next item as a [`Task`]; waits for one, but no longer than `timeout`.
            ///
            /// # Errors
            ///
            /// As [`try_pop_for`](Self::try_pop_for).
            ///
            /// # Examples
            ///
            /// ```
            /// use std::time::Duration;
            #[doc = concat!("use sync_primitives::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::<u8>::unbounded();")]
            /// assert!(queue.try_task_for(Duration::from_millis(1)).is_err());
            /// ```
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_task_for(&self, timeout: Duration) -> Result<Task<'_, T>, TryPopError> {
                self.try_pop_for(timeout).map(|item| self.task_of(item))
            }

            /// Pops the next item as a [`Task`]; waits for one until `deadline`.
            ///
            /// # Errors
            ///
            /// As [`try_pop_until`](Self::try_pop_until).
            ///
            /// # Examples
            ///
            /// ```
            /// use std::time::Instant;
            #[doc = concat!("use sync_primitives::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::<u8>::unbounded();")]
            /// assert!(queue.try_task_until(Instant::now()).is_err());
            /// ```
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_task_until(&self, deadline: Instant) -> Result<Task<'_, T>, TryPopError> {
                self.try_pop_until(deadline).map(|item| self.task_of(item))
            }

            /// Pops items as [`Task`]s, waiting for each, until the queue is closed and drained.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use sync_primitives::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// queue.push(String::from("job")).unwrap();
            /// queue.close();
            /// for mut task in queue.tasks() {
            ///     task.push_str(" done");
            /// }
            /// queue.join();
            /// ```
            pub fn tasks(&self) -> Tasks<'_, Self> {
                Tasks { queue: self }
            }

            fn task_of(&self, item: T) -> Task<'_, T> {
                Task { item, _done: Done { tasks: self.machine.tasks(), subject: self.subject() } }
            }

            fn push_with(&self, place: Place, item: T, patience: Patience) -> Result<(), TryPushError<T>> {
                let call = Call::new(place, self.subject());
                let result = self.machine.push(item, patience);
                match result {
                    Ok(()) => call.ended(Op::Push, 1),
                    Err(TryPushError::Full(_)) => call.ended_waiting(Op::Timeout),
                    Err(TryPushError::Closed(_)) => call.ended_waiting(Op::Pass),
                }
                result
            }

            fn pop_with(&self, place: Place, patience: Patience) -> Result<T, TryPopError> {
                let call = Call::new(place, self.subject());
                let result = self.machine.pop(patience);
                match result {
                    Ok(_) => call.ended(Op::Pop, 1),
                    Err(TryPopError::Empty) => call.ended_waiting(Op::Timeout),
                    Err(TryPopError::Closed) => call.ended_waiting(Op::Pass),
                }
                result
            }

            fn join_with(&self, place: Place, deadline: Option<Instant>) -> bool {
                let call = Call::new(place, self.subject());
                call.ended_if(self.machine.tasks().join(deadline), Op::Pass, 0)
            }

            fn subject(&self) -> Subject {
                Subject::new(Primitive::$Queue, self)
            }

            #[doc(hidden)]
            pub fn waiters(&self) -> usize {
                self.machine.waiters()
            }
        }

        impl<T $(: $Bound)?> Default for $Queue<T> {
            /// An unbounded queue.
            fn default() -> Self {
                Self::unbounded()
            }
        }

        impl<T $(: $Bound)?> fmt::Debug for $Queue<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut description = f.debug_struct(stringify!($Queue));
                self.machine.fmt_fields(&mut description);
                description.finish()
            }
        }

        // SAFETY: the queue owns its items and hands each to one thread; sending it sends them. The compiler comes to the
        // same result by itself, and `checked` holds it to that; written out, an error names the queue, not its parts.
        unsafe impl<T: Send $(+ $Bound)?> Send for $Queue<T> {}
        // SAFETY: threads that share the queue push and pop owned items, which sends them from one to another. No thread
        // keeps a reference to an item in the queue, so `T: Sync` is not needed. Checked as above.
        unsafe impl<T: Send $(+ $Bound)?> Sync for $Queue<T> {}

        const _: () = {
            fn is_send_and_sync<S: Send + Sync>() {}
            fn checked<T: Send $(+ $Bound)?>() {
                is_send_and_sync::<$Machine>();
            }
            let _ = checked::<u8>;
        };

        // No panic leaves a queue half-changed: comparisons come before moves.
        impl<T $(: $Bound)?> UnwindSafe for $Queue<T> {}
        impl<T $(: $Bound)?> RefUnwindSafe for $Queue<T> {}

        impl<'a, T $(: $Bound)?> IntoIterator for &'a $Queue<T> {
            type Item = T;
            type IntoIter = Iter<'a, $Queue<T>>;

            fn into_iter(self) -> Self::IntoIter {
                self.iter()
            }
        }

        impl<T $(: $Bound)?> Iterator for Iter<'_, $Queue<T>> {
            type Item = T;

            #[cfg_attr(feature = "trace", track_caller)]
            fn next(&mut self) -> Option<T> {
                self.queue.pop().ok()
            }
        }

        impl<T $(: $Bound)?> Iterator for TryIter<'_, $Queue<T>> {
            type Item = T;

            #[cfg_attr(feature = "trace", track_caller)]
            fn next(&mut self) -> Option<T> {
                self.queue.try_pop().ok()
            }
        }

        impl<'a, T $(: $Bound)?> Iterator for Tasks<'a, $Queue<T>> {
            type Item = Task<'a, T>;

            #[cfg_attr(feature = "trace", track_caller)]
            fn next(&mut self) -> Option<Task<'a, T>> {
                self.queue.task().ok()
            }
        }

        // Once closed and drained, a queue stays so.
        impl<T $(: $Bound)?> FusedIterator for Iter<'_, $Queue<T>> {}
        impl<T $(: $Bound)?> FusedIterator for Tasks<'_, $Queue<T>> {}
    };
}

define_queue! {
    /// A queue for many producers and many consumers: first in, first out.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    /// use sync_primitives::Queue;
    ///
    /// let queue = Queue::bounded(10);
    /// thread::scope(|scope| {
    ///     scope.spawn(|| {
    ///         for word in ["first", "second"] {
    ///             queue.push(word).unwrap();
    ///         }
    ///         queue.close();
    ///     });
    ///     assert_eq!(queue.pop(), Ok("first"));
    ///     assert_eq!(queue.pop(), Ok("second"));
    ///     assert!(queue.pop().is_err()); // closed and drained
    /// });
    /// ```
    #[doc(alias = "queue.Queue")]
    #[doc(alias = "channel")]
    Queue<T> over Fifo<T>
}

define_queue! {
    /// A queue for many producers and many consumers: last in, first out.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::LifoQueue;
    ///
    /// let queue = LifoQueue::unbounded();
    /// queue.push("first").unwrap();
    /// queue.push("second").unwrap();
    /// assert_eq!(queue.pop(), Ok("second"));
    /// ```
    #[doc(alias = "queue.LifoQueue")]
    #[doc(alias = "stack")]
    LifoQueue<T> over Locked<Lifo<T>>
}

define_queue! {
    /// A queue for many producers and many consumers: smallest first, as Python's; for largest first push
    /// [`std::cmp::Reverse`]. Equal items come in no particular order.
    ///
    /// A panic in an item's `Ord` comes out of the call that compared, with the queue as it was before that call.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_primitives::PriorityQueue;
    ///
    /// let queue = PriorityQueue::unbounded();
    /// queue.push((2, "later")).unwrap();
    /// queue.push((1, "now")).unwrap();
    /// assert_eq!(queue.pop(), Ok((1, "now")));
    /// ```
    #[doc(alias = "queue.PriorityQueue")]
    #[doc(alias = "heap")]
    PriorityQueue<T: Ord> over Locked<Heap<T>>
}

//! [`Queue`], [`LifoQueue`] and [`PriorityQueue`]: hand items from thread to thread, and count the
//! ones that are done.
//!
//! What users may rely on is documented on the types. This comment is about the implementation.
//!
//! The three types have the same methods, and differ only in the order of the items. The macro
//! `define_queue!` generates the methods. The field `inner` of each type has the algorithm:
//!
//! | Module | Content |
//! |---|---|
//! | `fifo` | The algorithm of `Queue`: a lock at each end, and `end` and `segment` below it. |
//! | `locked` | The algorithm of the other two: a `buffer` behind a `Lock`. |
//! | `task_counter` | Counts the items pushed and done, for `join`. Both algorithms use it. |
//! | `error`, `task`, `close_on_drop` | What the methods return. |
//!
//! A push has two steps. First, `vacancy` waits for room and locks the queue. It returns a
//! `Vacancy`, or an error that says why there is none. Then the item moves into the vacancy, or
//! into the error that the caller gets. So the item never passes through the code that waits, and
//! it is copied no more often than necessary: an item may be larger than half the stack. In the
//! same way, a pop gets an `Occupied` first, and then takes the item out of it.

mod buffer;
mod cache_padded;
mod close_on_drop;
mod end;
mod error;
mod fifo;
mod locked;
mod segment;
mod task;
mod task_counter;

pub use self::{
    close_on_drop::CloseOnDrop,
    error::{Closed, PushError, TaskDoneError, TryPopError, TryPushError},
    task::{IntoIter, Iter, Task, Tasks, TryIter},
};

use self::{
    buffer::{Heap, Lifo},
    error::PushRefusal,
    fifo::Fifo,
    locked::Locked,
    task::Done,
};
use crate::park;
use crate::trace::{self, Call, Op, Place, Primitive, Subject};
use std::{
    fmt,
    iter::FusedIterator,
    panic::{RefUnwindSafe, UnwindSafe},
    time::{Duration, Instant},
};

/// How long a push or a pop may wait.
#[derive(Clone, Copy)]
enum Patience {
    /// It does not wait.
    None,
    /// It waits until the deadline, or without a limit if there is none.
    Until(Option<Instant>),
}

impl Patience {
    const ENDLESS: Self = Patience::Until(None);

    fn lasting(timeout: Duration) -> Self {
        Patience::Until(park::deadline_after(timeout))
    }
}

/// Defines a queue type, with its algorithm in the field `inner`.
///
/// The documentation that all queues share is written here. The invocation adds what is special to
/// each of them.
macro_rules! define_queue {
    (
        $(#[$introduction:meta])*
        guarantees: $(#[$guarantees:meta])*
        not_guaranteed: $(#[$not_guaranteed:meta])*
        memory: $(#[$memory:meta])*
        $Queue:ident<T $(: $Bound:ident)?> over $Inner:ty
    ) => {
        $(#[$introduction])*
        /// - Threads wait for something other than an item or room: use a
        ///   [`Condition`](crate::Condition) with a [`Lock`](crate::Lock).
        /// - Threads hand nothing over, and you only need to count: use a
        ///   [`Semaphore`](crate::Semaphore).
        ///
        /// # Guarantees
        ///
        $(#[$guarantees])*
        /// - **Exactly once.** Every item that was pushed is popped exactly once, returned by
        ///   [`close_now`](Self::close_now), or dropped with the queue. No timeout, no close and no
        ///   panic loses an item or delivers it twice. A push that fails returns its item.
        /// - **Memory ordering.** Pushing is a release operation, and popping is an acquire
        ///   operation. Everything a thread did before it pushed an item is visible to the thread
        ///   that pops this item. In the same way, what a thread did
        ///   - before it popped is visible to the thread whose push uses the room that it made,
        ///   - before it closed the queue is visible to a thread whose push or pop fails because of
        ///     that,
        ///   - before it marked an item done is visible to a thread that [joins](Self::join) the
        ///     queue.
        /// - **Wakeups.** Each push wakes one of the threads that are parked because the queue was
        ///   empty, and each pop wakes one of those that are parked because it was full. So a woken
        ///   thread that does not get the processor does not keep the others asleep.
        /// - **Panics.** A panic leaves the queue as usable as before. A worker that panics while
        ///   it owns a [`Task`] marks the item done.
        ///
        /// # Not guaranteed
        ///
        $(#[$not_guaranteed])*
        /// - **Order of completion.** Several consumers may finish their items in a different order
        ///   than they popped them.
        /// - **Order of waiters.** A running thread may take an item, or room for one, ahead of a
        ///   thread that has waited for longer.
        /// - **Sequential consistency.** Suppose one thread pushes and then reads a flag, and
        ///   another thread sets this flag and then pops. Both may miss what the other one did. If
        ///   that is a problem, put a [`fence`](std::sync::atomic::fence) with `SeqCst` between the
        ///   two steps in both threads.
        ///
        /// # Deadlocks
        ///
        /// A bounded queue that its own consumers fill can deadlock: if it is full and every
        /// consumer is waiting to push, no thread is left to pop. Use an unbounded queue in this
        /// case, or let consumers call [`try_push`](Self::try_push) and do the work themselves if
        /// the queue is full.
        ///
        /// A consumer waits until a thread closes the queue. If a thread that should do so panics
        /// before that, the consumers wait forever. Let it hold a guard of
        /// [`close_on_drop`](Self::close_on_drop), which closes the queue in this case too.
        ///
        $(#[$memory])*
        pub struct $Queue<T $(: $Bound)?> {
            inner: $Inner,
        }

        impl<T $(: $Bound)?> $Queue<T> {
            /// Creates an empty queue that holds at most `capacity` items.
            ///
            /// # Panics
            ///
            /// Panics if `capacity` is 0.
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
                $Queue { inner: <$Inner>::new(Some(capacity)) }
            }

            /// Creates an empty queue that grows as long as there is memory.
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
                $Queue { inner: <$Inner>::new(None) }
            }

            /// Pushes an item, and waits while the queue is full.
            ///
            /// # Errors
            ///
            /// Returns a [`PushError`] with the item if the queue is closed, even if it is closed
            /// during the wait.
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
                self.push_with(Place::here(), item, Patience::ENDLESS, |_, item| PushError(item))
            }

            /// Pushes an item if the queue has room for it. Does not wait for room.
            ///
            /// # Errors
            ///
            /// Returns a [`TryPushError`] with the item if the queue is full or closed.
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
                self.push_with(Place::here(), item, Patience::None, TryPushError::new)
            }

            /// Pushes an item, and waits for room for at most `timeout`.
            ///
            /// A timeout of zero means a single attempt. A timeout that is too large to add to the
            /// current time means no timeout.
            ///
            /// # Errors
            ///
            /// Returns a [`TryPushError`] with the item if the queue stays full, or if it is
            /// closed.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::time::Duration;
            #[doc = concat!("use sync_primitives::{", stringify!($Queue), ", TryPushError};")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::bounded(1);")]
            /// queue.push(1).unwrap();
            /// let result = queue.try_push_for(2, Duration::from_millis(1));
            /// assert_eq!(result, Err(TryPushError::Full(2)));
            /// ```
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_push_for(&self, item: T, timeout: Duration) -> Result<(), TryPushError<T>> {
                self.push_with(Place::here(), item, Patience::lasting(timeout), TryPushError::new)
            }

            /// Pushes an item, and waits for room until `deadline` at the latest.
            ///
            /// A deadline that has already passed means a single attempt.
            ///
            /// # Errors
            ///
            /// Returns a [`TryPushError`] with the item if the queue stays full, or if it is
            /// closed.
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
                let patience = Patience::Until(Some(deadline));
                self.push_with(Place::here(), item, patience, TryPushError::new)
            }

            /// Pops the next item, and waits while the queue is empty.
            ///
            /// # Errors
            ///
            /// Returns [`Closed`] if the queue is closed and no item is left in it.
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
                self.pop_with(Place::here(), Patience::ENDLESS, |item| item, |_| Closed)
            }

            /// Pops the next item if there is one. Does not wait for an item.
            ///
            /// # Errors
            ///
            /// Returns a [`TryPopError`] if the queue is empty. The error says whether it is
            /// closed too.
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
                self.pop_with(Place::here(), Patience::None, |item| item, |error| error)
            }

            /// Pops the next item, and waits for one for at most `timeout`.
            ///
            /// A timeout of zero means a single attempt. A timeout that is too large to add to the
            /// current time means no timeout.
            ///
            /// # Errors
            ///
            /// Returns a [`TryPopError`] if no item is pushed in time, or if the queue is closed
            /// and empty.
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
                self.pop_with(Place::here(), Patience::lasting(timeout), |item| item, |error| error)
            }

            /// Pops the next item, and waits for one until `deadline` at the latest.
            ///
            /// A deadline that has already passed means a single attempt.
            ///
            /// # Errors
            ///
            /// Returns a [`TryPopError`] if no item is pushed in time, or if the queue is closed
            /// and empty.
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
                let patience = Patience::Until(Some(deadline));
                self.pop_with(Place::here(), patience, |item| item, |error| error)
            }

            /// Closes the queue: from now on every push fails, even if it is already waiting for
            /// room.
            ///
            /// The items that are left in the queue can still be popped, and then pops fail too.
            /// Closing a closed queue changes nothing.
            ///
            /// If a panic must not prevent the close, use [`close_on_drop`](Self::close_on_drop).
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
                self.close_with(Place::here());
            }

            /// Closes the queue, and returns the items that are left in it, in the order of the
            /// pops.
            ///
            /// These items count as done, so [`join`](Self::join) does not wait for them. They are
            /// marked done just after they have been taken out. In between,
            /// `join_for(Duration::ZERO)` may find them unfinished.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use sync_primitives::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// queue.push(1).unwrap();
            /// assert_eq!(queue.close_now(), [1]);
            /// queue.join(); // returns at once
            /// ```
            #[doc(alias = "shutdown")]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn close_now(&self) -> Vec<T> {
                self.close_now_with(Place::here())
            }

            /// Returns a guard that closes the queue when it is dropped, also while a panic
            /// unwinds.
            ///
            /// Without such a guard, a panic can turn into a deadlock. Suppose a producer panics
            /// before it calls [`close`](Self::close): the consumers then wait for items forever,
            /// and [`thread::scope`](std::thread::scope) waits for the consumers, so nobody sees
            /// the panic.
            ///
            /// The guard can be cloned, and the queue is closed when the last clone is dropped. So
            /// each of several producers can hold a clone, which it must be given before it is
            /// spawned. For consumers, see [`close_now_on_drop`](Self::close_now_on_drop).
            ///
            /// The guard dereferences to the queue. It does not keep other threads from closing the
            /// queue earlier.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::{panic, thread};
            #[doc = concat!("use sync_primitives::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let numbers = ", stringify!($Queue), "::bounded(8);")]
            /// let outcome = panic::catch_unwind(|| {
            ///     thread::scope(|scope| {
            ///         let producer = numbers.close_on_drop();
            ///         scope.spawn(|| {
            ///             for number in &numbers {
            ///                 println!("{number}");
            ///             }
            ///         });
            ///         for line in ["1", "2", "three"] {
            ///             producer.push(line.parse::<u32>().unwrap()).unwrap();
            ///         }
            ///     });
            /// });
            /// // The panic has closed the queue, which ended the worker. So the panic arrives here.
            /// assert!(outcome.is_err());
            /// assert!(numbers.push(4).is_err());
            /// ```
            pub fn close_on_drop(&self) -> CloseOnDrop<'_, Self> {
                CloseOnDrop::new(self, |queue| queue.close_with(Place::UNKNOWN))
            }

            /// Returns a guard that closes the queue when it is dropped, also while a panic
            /// unwinds, and drops the items that are left, as [`close_now`](Self::close_now) does.
            ///
            /// Hold it in consumers that can panic. When the last of them is gone, nobody pops the
            /// items that are left. With the guard, they count as done, so [`join`](Self::join)
            /// returns instead of waiting forever, and a producer that waits for room gets a
            /// [`PushError`].
            ///
            /// If the consumers share the guard by cloning it, it takes effect when the last one is
            /// gone. If each of them has a guard of its own, the first one that panics ends the
            /// work of all.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::{panic, thread};
            #[doc = concat!("use sync_primitives::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let jobs = ", stringify!($Queue), "::unbounded();")]
            /// jobs.push(1).unwrap();
            /// jobs.push(2).unwrap();
            /// let outcome = panic::catch_unwind(|| {
            ///     thread::scope(|scope| {
            ///         scope.spawn(|| {
            ///             let worker = jobs.close_now_on_drop();
            ///             for job in worker.tasks() {
            ///                 panic!("job {} fails", *job);
            ///             }
            ///         });
            ///         jobs.join(); // returns, although nobody has done the second job
            ///     });
            /// });
            /// assert!(outcome.is_err());
            /// assert!(jobs.is_empty());
            /// ```
            pub fn close_now_on_drop(&self) -> CloseOnDrop<'_, Self> {
                CloseOnDrop::new(self, |queue| drop(queue.close_now_with(Place::UNKNOWN)))
            }

            /// Returns the number of items in the queue.
            ///
            /// The answer may be out of date by the time you read it.
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
                self.inner.len()
            }

            /// Returns `true` if the queue holds no item.
            ///
            /// The answer may be out of date by the time you read it. An empty queue is not the end
            /// of the work: a thread may be about to push. Use [`join`](Self::join) or
            /// [`close`](Self::close) to find the end.
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

            /// Returns `true` if the queue holds as many items as its capacity. An unbounded queue
            /// is never full.
            ///
            /// The answer may be out of date by the time you read it.
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
                self.inner.is_full()
            }

            /// Returns how many items the queue can hold, or `None` if it is unbounded.
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
                self.inner.capacity()
            }

            /// Returns an iterator that pops items until the queue is closed and empty.
            ///
            /// It waits while the queue is open and empty. `for item in &queue` does the same.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::thread;
            #[doc = concat!("use sync_primitives::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// thread::scope(|scope| {
            ///     let sum = scope.spawn(|| queue.iter().sum::<u32>());
            ///     for number in 1..=4 {
            ///         queue.push(number).unwrap();
            ///     }
            ///     queue.close();
            ///     assert_eq!(sum.join().unwrap(), 10);
            /// });
            /// ```
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn iter(&self) -> Iter<'_, Self> {
                Iter { queue: self, place: Place::here() }
            }

            /// Returns an iterator that pops items until the queue is empty. It does not wait.
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
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn try_iter(&self) -> TryIter<'_, Self> {
                TryIter { queue: self, place: Place::here() }
            }

            /// Marks one popped item done.
            ///
            /// You do not need this if you pop items as [tasks](Self::task), which are marked done
            /// when they are dropped.
            ///
            /// # Errors
            ///
            /// Returns a [`TaskDoneError`] if every item that was pushed has already been marked
            /// done. The call changes nothing in this case.
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
                if !self.inner.tasks().finish(1) {
                    return Err(TaskDoneError);
                }
                trace::report(Place::here(), self.subject(), Op::Done, 1);
                Ok(())
            }

            /// Waits until every item that was pushed has been marked done, by
            /// [`task_done`](Self::task_done) or because its [`Task`] was dropped.
            ///
            /// An item that is pushed during the wait counts too. But once the thread sleeps in
            /// `join`, it returns as soon as nothing is unfinished, even if more items are pushed
            /// before it runs again.
            ///
            /// # Deadlocks
            ///
            /// `join` waits forever if an item is never marked done. That happens if
            ///
            /// - a worker pops an item and does not call `task_done`, or leaks a [`Task`],
            /// - the calling thread itself owns a task, or
            /// - items are left in the queue and no worker is left to pop them, because every
            ///   worker has panicked.
            ///
            /// If your workers can panic, do one of two things:
            ///
            /// - Give each worker a guard of [`close_now_on_drop`](Self::close_now_on_drop). When
            ///   the workers are gone, the items that are left count as done, and `join` returns.
            /// - Do not call `join`. Close the queue after the last push, and wait for the worker
            ///   threads themselves, at the end of a [`thread::scope`](std::thread::scope) or with
            ///   [`JoinHandle::join`](std::thread::JoinHandle::join).
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

            /// Waits as [`join`](Self::join) does, but for at most `timeout`. Returns `true` if
            /// every item was marked done.
            ///
            /// A timeout of zero only checks. A timeout that is too large to add to the current
            /// time means no timeout.
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
            #[must_use = "items may be unfinished: write `if !queue.join_for(..)`"]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn join_for(&self, timeout: Duration) -> bool {
                self.join_with(Place::here(), park::deadline_after(timeout))
            }

            /// Waits as [`join`](Self::join) does, but until `deadline` at the latest. Returns
            /// `true` if every item was marked done.
            ///
            /// A deadline that has already passed only checks.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::time::Instant;
            #[doc = concat!("use sync_primitives::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("assert!(", stringify!($Queue), "::<u8>::unbounded().join_until(Instant::now()));")]
            /// ```
            #[must_use = "items may be unfinished: write `if !queue.join_until(..)`"]
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn join_until(&self, deadline: Instant) -> bool {
                self.join_with(Place::here(), Some(deadline))
            }

            /// Pops the next item as a [`Task`], and waits while the queue is empty.
            ///
            /// The item is marked done when the task is dropped.
            ///
            /// # Errors
            ///
            /// Returns [`Closed`] if the queue is closed and no item is left in it.
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
                self.pop_with(Place::here(), Patience::ENDLESS, |item| self.task_of(item), |_| Closed)
            }

            /// Pops the next item as a [`Task`] if there is one. Does not wait for an item.
            ///
            /// # Errors
            ///
            /// Returns the same errors as [`try_pop`](Self::try_pop).
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
                self.pop_with(Place::here(), Patience::None, |item| self.task_of(item), |error| error)
            }

            /// Pops the next item as a [`Task`], and waits for one for at most `timeout`.
            ///
            /// # Errors
            ///
            /// Returns the same errors as [`try_pop_for`](Self::try_pop_for).
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
                let patience = Patience::lasting(timeout);
                self.pop_with(Place::here(), patience, |item| self.task_of(item), |error| error)
            }

            /// Pops the next item as a [`Task`], and waits for one until `deadline` at the latest.
            ///
            /// # Errors
            ///
            /// Returns the same errors as [`try_pop_until`](Self::try_pop_until).
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
                let patience = Patience::Until(Some(deadline));
                self.pop_with(Place::here(), patience, |item| self.task_of(item), |error| error)
            }

            /// Returns an iterator that pops items as [`Task`]s until the queue is closed and
            /// empty.
            ///
            /// It waits while the queue is open and empty.
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
            /// queue.join(); // returns at once
            /// ```
            #[cfg_attr(feature = "trace", track_caller)]
            pub fn tasks(&self) -> Tasks<'_, Self> {
                Tasks { queue: self, place: Place::here() }
            }

            #[inline]
            fn task_of(&self, item: T) -> Task<'_, T> {
                let done = Done { tasks: self.inner.tasks(), subject: self.subject() };
                Task::new(item, done)
            }

            #[inline]
            fn push_with<E>(
                &self,
                place: Place,
                item: T,
                patience: Patience,
                error: impl FnOnce(PushRefusal, T) -> E,
            ) -> Result<(), E> {
                let call = Call::new(place, self.subject());
                match self.inner.vacancy(&item, patience) {
                    Ok(vacancy) => {
                        vacancy.fill(item);
                        call.ended(Op::Push, 1);
                        Ok(())
                    }
                    Err(refusal) => {
                        call.ended_waiting(match refusal {
                            PushRefusal::Full => Op::Timeout,
                            PushRefusal::Closed => Op::Pass,
                        });
                        Err(error(refusal, item))
                    }
                }
            }

            #[inline]
            fn pop_with<R, E>(
                &self,
                place: Place,
                patience: Patience,
                result: impl FnOnce(T) -> R,
                error: impl FnOnce(TryPopError) -> E,
            ) -> Result<R, E> {
                let call = Call::new(place, self.subject());
                match self.inner.occupied(patience) {
                    Ok(occupied) => {
                        let item = occupied.take();
                        call.ended(Op::Pop, 1);
                        Ok(result(item))
                    }
                    Err(refusal) => {
                        call.ended_waiting(match refusal {
                            TryPopError::Empty => Op::Timeout,
                            TryPopError::Closed => Op::Pass,
                        });
                        Err(error(refusal))
                    }
                }
            }

            fn join_with(&self, place: Place, deadline: Option<Instant>) -> bool {
                let call = Call::new(place, self.subject());
                call.ended_if(self.inner.tasks().join(deadline), Op::Pass, 0)
            }

            fn close_now_with(&self, place: Place) -> Vec<T> {
                let call = Call::new(place, self.subject());
                let left = self.inner.close_now();
                call.ended(Op::Close, 0);
                left
            }

            fn close_with(&self, place: Place) {
                let call = Call::new(place, self.subject());
                self.inner.close();
                call.ended(Op::Close, 0);
            }

            #[inline]
            fn subject(&self) -> Subject {
                Subject::new(Primitive::$Queue, self)
            }

            /// The number of parked threads. For the tests of this crate, and not a part of its
            /// API.
            #[doc(hidden)]
            pub fn waiters(&self) -> usize {
                self.inner.waiters()
            }
        }

        impl<T $(: $Bound)?> Default for $Queue<T> {
            /// Creates an unbounded queue.
            fn default() -> Self {
                Self::unbounded()
            }
        }

        impl<T $(: $Bound)?> fmt::Debug for $Queue<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut description = f.debug_struct(stringify!($Queue));
                self.inner.fmt_fields(&mut description);
                description.finish()
            }
        }

        // SAFETY: the queue owns its items, and hands each of them to one thread. So sending the
        // queue sends its items. The compiler would derive the same, and `checked` below makes sure
        // of that. With this line, an error message names the queue instead of its parts.
        unsafe impl<T: Send $(+ $Bound)?> Send for $Queue<T> {}
        // SAFETY: threads that share the queue push and pop owned items, which sends the items from
        // thread to thread. No thread keeps a reference to an item in the queue, so `T: Sync` is
        // not required. `checked` makes sure of this too.
        unsafe impl<T: Send $(+ $Bound)?> Sync for $Queue<T> {}

        const _: () = {
            fn is_send_and_sync<S: Send + Sync>() {}
            fn checked<T: Send $(+ $Bound)?>() {
                is_send_and_sync::<$Inner>();
            }
            let _ = checked::<u8>;
        };

        // A panic leaves no queue half-changed, because every operation makes all its comparisons
        // before it moves an item.
        impl<T $(: $Bound)?> UnwindSafe for $Queue<T> {}
        impl<T $(: $Bound)?> RefUnwindSafe for $Queue<T> {}

        impl<T $(: $Bound)?> Extend<T> for $Queue<T> {
            /// Pushes the items of an iterator.
            ///
            /// The exclusive reference means that no other thread can make room, so this does not
            /// wait.
            ///
            /// # Panics
            ///
            /// Panics if the queue is closed, or if it becomes full before the iterator ends. The
            /// items that have been pushed stay in the queue. The item that does not fit is
            /// dropped, and so is the iterator with the items that it has not yet returned.
            #[track_caller]
            fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
                for item in items {
                    match self.try_push(item) {
                        Ok(()) => {}
                        Err(TryPushError::Full(_)) => panic!("extending a full queue"),
                        Err(TryPushError::Closed(_)) => panic!("extending a closed queue"),
                    }
                }
            }
        }

        impl<T $(: $Bound)?> FromIterator<T> for $Queue<T> {
            /// Creates an unbounded queue that holds the items of an iterator.
            fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
                let mut queue = Self::unbounded();
                queue.extend(items);
                queue
            }
        }

        impl<T $(: $Bound)?> IntoIterator for $Queue<T> {
            type Item = T;
            type IntoIter = IntoIter<$Queue<T>>;

            /// Returns an iterator over the items that are left in the queue. It does not wait.
            fn into_iter(self) -> Self::IntoIter {
                IntoIter { queue: self }
            }
        }

        impl<T $(: $Bound)?> Iterator for IntoIter<$Queue<T>> {
            type Item = T;

            #[cfg_attr(feature = "trace", track_caller)]
            fn next(&mut self) -> Option<T> {
                self.queue.try_pop().ok()
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                let len = self.queue.len();
                (len, Some(len))
            }
        }

        // Nobody else can push or pop, because the iterator owns the queue.
        impl<T $(: $Bound)?> ExactSizeIterator for IntoIter<$Queue<T>> {}
        impl<T $(: $Bound)?> FusedIterator for IntoIter<$Queue<T>> {}

        impl<'a, T $(: $Bound)?> IntoIterator for &'a $Queue<T> {
            type Item = T;
            type IntoIter = Iter<'a, $Queue<T>>;

            #[cfg_attr(feature = "trace", track_caller)]
            fn into_iter(self) -> Self::IntoIter {
                self.iter()
            }
        }

        // An iterator reports the place where it was made. Its `next` may be called from an adapter
        // such as `map`, in the standard library.
        impl<T $(: $Bound)?> Iterator for Iter<'_, $Queue<T>> {
            type Item = T;

            fn next(&mut self) -> Option<T> {
                self.queue.pop_with(self.place, Patience::ENDLESS, |item| item, |_| Closed).ok()
            }
        }

        impl<T $(: $Bound)?> Iterator for TryIter<'_, $Queue<T>> {
            type Item = T;

            fn next(&mut self) -> Option<T> {
                self.queue.pop_with(self.place, Patience::None, |item| item, |error| error).ok()
            }
        }

        impl<'a, T $(: $Bound)?> Iterator for Tasks<'a, $Queue<T>> {
            type Item = Task<'a, T>;

            fn next(&mut self) -> Option<Task<'a, T>> {
                let task = |item| self.queue.task_of(item);
                self.queue.pop_with(self.place, Patience::ENDLESS, task, |_| Closed).ok()
            }
        }

        // A queue that is closed and empty stays so.
        impl<T $(: $Bound)?> FusedIterator for Iter<'_, $Queue<T>> {}
        impl<T $(: $Bound)?> FusedIterator for Tasks<'_, $Queue<T>> {}
    };
}

define_queue! {
    /// A queue for many producers and many consumers: first in, first out.
    ///
    /// Use a `Queue` to hand work from thread to thread. Producers [`push`](Self::push) items, and
    /// consumers [`pop`](Self::pop) them. A bounded queue makes producers wait while it is full, so
    /// that they cannot run far ahead of the consumers (backpressure). The queue also counts the
    /// items that are unfinished, so a thread can [`join`](Self::join) it to wait until all of the
    /// work is done.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    /// use sync_primitives::Queue;
    ///
    /// let queue = Queue::bounded(10);
    /// thread::scope(|scope| {
    ///     let producer = queue.close_on_drop();
    ///     scope.spawn(move || {
    ///         for word in ["first", "second"] {
    ///             producer.push(word).unwrap();
    ///         }
    ///     }); // the end of the producer closes the queue
    ///     assert_eq!(queue.pop(), Ok("first"));
    ///     assert_eq!(queue.pop(), Ok("second"));
    ///     assert!(queue.pop().is_err()); // the queue is closed and empty
    /// });
    /// ```
    ///
    /// # When to use something else
    ///
    /// Other types are a better fit in these cases:
    ///
    /// - The newest item has to be popped first: use a [`LifoQueue`].
    /// - The smallest or the most urgent item has to be popped first: use a [`PriorityQueue`].
    /// - A single thread consumes the items, and you do not need `join`: use the channels of
    ///   [`std::sync::mpsc`].
    guarantees:
    /// - **Order.** Items are popped in the order in which they were pushed.
    /// - **Timeouts.** While a timed push or pop waits for room or for an item, it does not yield
    ///   the processor in the last 10 ms before its deadline, because other threads may keep the
    ///   processor for longer than that.
    not_guaranteed:
    /// - **Constant time.** A `try_` call never waits for an item or for room. But a push or a pop
    ///   locks its end of the queue while it copies the item, and in some calls also while it
    ///   allocates or frees a segment. `close_now` locks both ends while it takes all items. Other
    ///   threads that need this end wait: they pause, then yield, and then sleep for at most a
    ///   millisecond at a time. So if the operating system preempts a thread that has locked an
    ///   end, a `try_` call may not return until that thread runs again, and a timed call can pass
    ///   its deadline by as much. No call keeps spinning in this case, so a thread with a real-time
    ///   priority does not keep the preempted thread from the processor.
    memory:
    /// # Memory
    ///
    /// A bounded queue allocates exactly `capacity` slots when it is created, if the capacity is 1,
    /// or if it is at most 1,024 and the slots fit into 8 KiB. Any other queue starts with 32
    /// slots, or with fewer if an item is larger than 256 bytes. It then grows in segments of 8
    /// KiB, or of one slot if an item is larger than that. A segment is freed when its items have
    /// been popped, except for one that is kept for the next push that needs it. So an empty queue
    /// keeps at most two segments: 16 KiB, or the memory of two items if that is more.
    ///
    /// # Algorithm
    ///
    /// A `Queue` is the queue with two locks of Michael and Scott (1996), over segments of slots:
    /// pushes lock one end and pops lock the other end, so they do not wait for each other, and a
    /// thread that has to wait parks until the other end moves. The design note *Design of Queue*
    /// in the book (`docs/src/design/queue.md` in the repository) has the rest.
    #[doc(alias = "queue.Queue")]
    #[doc(alias = "channel")]
    Queue<T> over Fifo<T>
}

define_queue! {
    /// A queue for many producers and many consumers: last in, first out.
    ///
    /// Use a `LifoQueue` if the newest item is the most useful one. For example, workers that put
    /// back the subdirectories they find walk a tree depth first, and the queue stays short. Apart
    /// from the order of its items, it works like a [`Queue`].
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
    /// assert_eq!(queue.pop(), Ok("first"));
    /// ```
    ///
    /// # When to use something else
    ///
    /// Other types are a better fit in these cases:
    ///
    /// - The oldest item has to be popped first, or many threads use the queue at the same time:
    ///   use a [`Queue`], in which pushes do not wait for pops.
    /// - The smallest or the most urgent item has to be popped first: use a [`PriorityQueue`].
    /// - A single thread uses the stack: use a [`Vec`].
    guarantees:
    /// - **Order.** Of the items in the queue, the one that was pushed last is popped first.
    not_guaranteed:
    /// - **Constant time.** A `try_` call never waits for an item or for room. But it waits while
    ///   another thread pushes or pops, because the queue has an internal lock.
    memory:
    /// # Memory
    ///
    /// A queue allocates memory when items are pushed, and grows with their number. After a burst
    /// it gives memory back: it keeps room for at most four times the items it holds plus three, or
    /// 4 KiB if that is more.
    ///
    /// # Algorithm
    ///
    /// A `LifoQueue` is a vector behind a [`Lock`](crate::Lock), with one
    /// [`Condition`](crate::Condition) for "not empty" and one for "not full".
    #[doc(alias = "queue.LifoQueue")]
    #[doc(alias = "stack")]
    LifoQueue<T> over Locked<Lifo<T>>
}

define_queue! {
    /// A queue for many producers and many consumers: the smallest item first.
    ///
    /// Use a `PriorityQueue` if some items are more urgent than others. As in Python, the smallest
    /// item is popped first. For the largest first, push items wrapped in [`std::cmp::Reverse`].
    /// Apart from the order of its items, it works like a [`Queue`].
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
    /// assert_eq!(queue.pop(), Ok((2, "later")));
    /// ```
    ///
    /// # When to use something else
    ///
    /// Other types are a better fit in these cases:
    ///
    /// - The oldest item has to be popped first: use a [`Queue`], which is much faster.
    /// - The newest item has to be popped first: use a [`LifoQueue`].
    /// - A single thread uses the heap: use a [`BinaryHeap`](std::collections::BinaryHeap).
    guarantees:
    /// - **Order.** Of the items in the queue, the smallest one is popped first.
    /// - **Any `Ord`.** If the [`Ord`] of the items is not a total order, the order of the pops is
    ///   unspecified. The queue neither panics nor loses an item because of that, not even in
    ///   [`close_now`](Self::close_now).
    /// - **Panics in `Ord`.** If a comparison panics, the panic comes out of the call that
    ///   compared, and leaves the queue as it was before that call. If that call was a push, its
    ///   item is dropped.
    not_guaranteed:
    /// - **Order of equal items.** Equal items are popped in an unspecified order. If it matters,
    ///   push a tuple whose second part is a sequence number.
    /// - **Constant time.** A `try_` call never waits for an item or for room. But it waits while
    ///   another thread pushes or pops, because the queue has an internal lock. Items are compared
    ///   while this lock is held, so a slow `Ord` delays all other threads, even in `try_` and
    ///   timed calls. An `Ord` that uses the same queue deadlocks.
    memory:
    /// # Memory
    ///
    /// A queue allocates memory when items are pushed, and grows with their number. After a burst
    /// it gives memory back: it keeps room for at most four times the items it holds plus three, or
    /// 4 KiB if that is more.
    ///
    /// # Algorithm
    ///
    /// A `PriorityQueue` is a binary heap behind a [`Lock`](crate::Lock), with one
    /// [`Condition`](crate::Condition) for "not empty" and one for "not full".
    #[doc(alias = "queue.PriorityQueue")]
    #[doc(alias = "heap")]
    PriorityQueue<T: Ord> over Locked<Heap<T>>
}

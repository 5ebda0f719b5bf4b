//! Why a push, a pop or a `task_done` failed.
//!
//! The errors of pushes hold the item, so that the caller gets it back. They ask nothing of its
//! type: `Debug` and `Display` do not show the item.

use std::{error::Error, fmt};

/// Why a queue does not take an item. The errors of pushes add the item to it.
#[derive(Clone, Copy)]
pub(super) enum PushRefusal {
    Full,
    Closed,
}

/// The error of `push`: the queue is closed.
///
/// It holds the item that was not pushed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PushError<T>(pub T);

/// The error of `try_push`, `try_push_for` and `try_push_until`.
///
/// It holds the item that was not pushed.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TryPushError<T> {
    /// The queue was full, and no room became free in time.
    Full(T),
    /// The queue is closed.
    Closed(T),
}

/// The error of `pop` and `task`: the queue is closed, and no item is left in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

/// The error of `try_pop` and `try_task`, and of the forms of both that wait for a limited time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TryPopError {
    /// The queue was empty, and no item was pushed in time.
    Empty,
    /// The queue is closed, and no item is left in it.
    Closed,
}

/// The error of `task_done`: every item that was pushed has already been marked done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskDoneError;

impl<T> PushError<T> {
    /// Returns the item that was not pushed.
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
    #[inline]
    pub(super) fn new(refusal: PushRefusal, item: T) -> Self {
        match refusal {
            PushRefusal::Full => TryPushError::Full(item),
            PushRefusal::Closed => TryPushError::Closed(item),
        }
    }

    /// Returns the item that was not pushed.
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

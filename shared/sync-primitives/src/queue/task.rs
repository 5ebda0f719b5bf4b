//! What the methods of a queue return, beside items: tasks and iterators.

use super::task_counter::TaskCounter;
use crate::trace::{self, Op, Place, Subject};
use std::{
    fmt,
    ops::{Deref, DerefMut},
};

/// A popped item that is marked done when the task is dropped.
///
/// A queue returns tasks from `task`, `try_task` and `tasks`. Use them if a thread waits in `join`:
/// a worker that panics drops its task while it unwinds, so the panic leaves no item unfinished.
///
/// A task can be sent to another thread if its item can. If you leak a task, for example with
/// [`mem::forget`](std::mem::forget), its item stays unfinished.
#[must_use = "a task that is dropped at once is marked done at once"]
pub struct Task<'a, T> {
    // The fields are dropped in this order, because dropping the item still belongs to the work.
    item: T,
    _done: Done<'a>,
}

/// Marks one item done when it is dropped.
pub(super) struct Done<'a> {
    pub(super) tasks: &'a TaskCounter,
    pub(super) subject: Subject,
}

impl Drop for Done<'_> {
    fn drop(&mut self) {
        // This fails if `task_done` was called for the item too. A destructor cannot return an
        // error, so the surplus call gets away with it.
        if self.tasks.finish(1) {
            trace::report(Place::UNKNOWN, self.subject, Op::Done, 1);
        }
    }
}

impl<'a, T> Task<'a, T> {
    #[inline]
    pub(super) fn new(item: T, done: Done<'a>) -> Self {
        Task { item, _done: done }
    }

    /// Returns the item, and marks it done at once.
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

/// An iterator that pops items until the queue is closed and empty.
///
/// It waits while the queue is open and empty. A queue returns it from `iter`, and
/// `for item in &queue` uses it.
#[derive(Debug)]
#[must_use = "an iterator pops nothing until it is used"]
pub struct Iter<'a, Q> {
    pub(super) queue: &'a Q,
    pub(super) place: Place,
}

/// An iterator that pops items until the queue is empty. It does not wait.
///
/// A queue returns it from `try_iter`.
#[derive(Debug)]
#[must_use = "an iterator pops nothing until it is used"]
pub struct TryIter<'a, Q> {
    pub(super) queue: &'a Q,
    pub(super) place: Place,
}

/// An iterator that pops items as [`Task`]s until the queue is closed and empty.
///
/// It waits while the queue is open and empty. A queue returns it from `tasks`.
#[derive(Debug)]
#[must_use = "an iterator pops nothing until it is used"]
pub struct Tasks<'a, Q> {
    pub(super) queue: &'a Q,
    pub(super) place: Place,
}

/// An iterator that owns a queue, and pops the items that are left in it. It does not wait.
///
/// Dropping it drops the remaining items. A queue returns it from `into_iter`, and
/// `for item in queue` uses it.
#[derive(Debug)]
#[must_use = "an iterator pops nothing until it is used"]
pub struct IntoIter<Q> {
    pub(super) queue: Q,
}

//! The state of a model between two steps.

use std::ops::{Index, IndexMut};

/// The value of a local variable before its `let`.
pub(crate) const UNSET: i32 = i32::MIN;

/// The next step of each thread, and the value of each variable.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// For each thread, the step that it takes next.
    pub(crate) next_step: Vec<usize>,
    pub(crate) numbers: Vec<i32>,
    pub(crate) locks: Vec<Held>,
    /// For each wait queue, the threads that sleep in it, in the order in which they came.
    pub(crate) wait_queues: Vec<Vec<usize>>,
    /// The thread whose step is being taken or considered.
    pub(crate) current: usize,
}

/// Which thread owns a lock, and at how many levels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Held {
    pub(crate) owner: Option<usize>,
    pub(crate) depth: u32,
}

/// A number. A flag is a number that is 0 or 1.
#[derive(Clone, Copy, Debug)]
pub struct Number(pub(crate) usize);

/// A lock. The owner of a re-entrant lock can take it again.
#[derive(Clone, Copy, Debug)]
pub struct Lock {
    pub(crate) index: usize,
    pub(crate) reentrant: bool,
}

/// The wait queue of a condition.
#[derive(Clone, Copy, Debug)]
pub struct WaitQueue(pub(crate) usize);

impl State {
    /// Returns for each thread the number of the step that it takes next. For a thread that has
    /// ended, this is the number of its steps.
    pub fn next_steps(&self) -> &[usize] {
        &self.next_step
    }

    /// Continues the current thread at the step with this number, counted from 0.
    pub fn go_to(&mut self, step: usize) {
        self.next_step[self.current] = step;
    }

    /// Returns whether the current thread can take the lock.
    pub fn can_lock(&self, lock: Lock) -> bool {
        let owner = self.locks[lock.index].owner;
        owner.is_none() || (lock.reentrant && owner == Some(self.current))
    }

    /// Takes the lock for the current thread.
    pub fn lock(&mut self, lock: Lock) {
        assert!(
            self.can_lock(lock),
            "a step takes a lock without checking `can_lock`"
        );
        let held = &mut self.locks[lock.index];
        held.owner = Some(self.current);
        held.depth += 1;
    }

    /// Releases one level of the lock, which the current thread owns.
    pub fn unlock(&mut self, lock: Lock) {
        let held = &mut self.locks[lock.index];
        assert_eq!(
            held.owner,
            Some(self.current),
            "a step releases a lock that its thread does not own"
        );
        held.depth -= 1;
        if held.depth == 0 {
            held.owner = None;
        }
    }

    /// Puts the current thread to sleep, at the end of the wait queue.
    pub fn sleep(&mut self, queue: WaitQueue) {
        let thread = self.current;
        self.wait_queues[queue.0].push(thread);
    }

    /// Returns whether the current thread sleeps in the wait queue, and so cannot step.
    pub fn sleeps(&self, queue: WaitQueue) -> bool {
        self.wait_queues[queue.0].contains(&self.current)
    }

    /// Wakes the thread that has slept longest in the wait queue, if there is one.
    pub fn notify_one(&mut self, queue: WaitQueue) {
        let sleepers = &mut self.wait_queues[queue.0];
        if !sleepers.is_empty() {
            sleepers.remove(0);
        }
    }

    /// Wakes all threads in the wait queue.
    pub fn notify_all(&mut self, queue: WaitQueue) {
        self.wait_queues[queue.0].clear();
    }
}

impl Index<Number> for State {
    type Output = i32;

    fn index(&self, number: Number) -> &i32 {
        &self.numbers[number.0]
    }
}

impl IndexMut<Number> for State {
    fn index_mut(&mut self, number: Number) -> &mut i32 {
        &mut self.numbers[number.0]
    }
}

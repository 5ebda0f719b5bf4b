//! What is where at one moment.

use std::ops::{Index, IndexMut};

/// A number that is not there yet: a local variable before its `let`.
pub(crate) const UNSET: i32 = i32::MIN;

/// The moment between two steps: where each thread stands, and the value of each variable.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// For each thread the step that it takes next.
    pub(crate) next_step: Vec<usize>,
    pub(crate) numbers: Vec<i32>,
    pub(crate) locks: Vec<Held>,
    /// Who sleeps on which condition, oldest first.
    pub(crate) lines: Vec<Vec<usize>>,
    /// The thread whose step is being taken or considered.
    pub(crate) current: usize,
}

/// Who has a lock, and how often.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Held {
    pub(crate) owner: Option<usize>,
    pub(crate) depth: u32,
}

/// A number, or a flag: 1 is true.
#[derive(Clone, Copy, Debug)]
pub struct Number(pub(crate) usize);

/// A lock. A re-entrant one lets its owner in again.
#[derive(Clone, Copy, Debug)]
pub struct Lock {
    pub(crate) index: usize,
    pub(crate) reentrant: bool,
}

/// The waiting line of a condition.
#[derive(Clone, Copy, Debug)]
pub struct Line(pub(crate) usize);

impl State {
    /// For each thread the number of the step that it takes next; after the last, how many it has.
    pub fn next_steps(&self) -> &[usize] {
        &self.next_step
    }

    /// The next step of the current thread is the one with this number, counted from 0.
    pub fn go_to(&mut self, step: usize) {
        self.next_step[self.current] = step;
    }

    /// Whether the current thread would get the lock.
    pub fn can_lock(&self, lock: Lock) -> bool {
        let owner = self.locks[lock.index].owner;
        owner.is_none() || (lock.reentrant && owner == Some(self.current))
    }

    /// The current thread takes the lock.
    pub fn lock(&mut self, lock: Lock) {
        assert!(
            self.can_lock(lock),
            "a step takes a lock that its guard does not ask for"
        );
        let held = &mut self.locks[lock.index];
        held.owner = Some(self.current);
        held.depth += 1;
    }

    /// The current thread gives back one level of the lock.
    pub fn unlock(&mut self, lock: Lock) {
        let held = &mut self.locks[lock.index];
        assert_eq!(
            held.owner,
            Some(self.current),
            "a step gives back a lock that its thread does not hold"
        );
        held.depth -= 1;
        if held.depth == 0 {
            held.owner = None;
        }
    }

    /// The current thread goes to sleep, as the last of the line.
    pub fn sleep(&mut self, line: Line) {
        let thread = self.current;
        self.lines[line.0].push(thread);
    }

    /// Whether the current thread is in the line, where it cannot step.
    pub fn sleeps(&self, line: Line) -> bool {
        self.lines[line.0].contains(&self.current)
    }

    /// Wakes the oldest of the line, if there is one.
    pub fn notify_one(&mut self, line: Line) {
        let line = &mut self.lines[line.0];
        if !line.is_empty() {
            line.remove(0);
        }
    }

    /// Wakes the whole line.
    pub fn notify_all(&mut self, line: Line) {
        self.lines[line.0].clear();
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

//! The machine below `Queue`: a chain of segments, with waiting at both ends.

use super::{TryPopError, TryPushError, end::End, ledger::Ledger, locked::Patience, segments::Segments};
use crate::park::{self, Instant, SpinWait};
use std::fmt;

pub(super) struct Fifo<T> {
    segments: Segments<T>,
}

impl<T> Fifo<T> {
    pub(super) fn new(capacity: Option<usize>) -> Self {
        Fifo { segments: Segments::new(capacity) }
    }

    #[inline]
    pub(super) fn push(&self, item: T, patience: Patience) -> Result<(), TryPushError<T>> {
        match (self.segments.try_push(item), patience) {
            (Err(TryPushError::Full(item)), Patience::Until(deadline)) => self.push_slow(item, deadline),
            (result, _) => result,
        }
    }

    #[cold]
    fn push_slow(&self, mut item: T, deadline: Option<Instant>) -> Result<(), TryPushError<T>> {
        let mut wait = Wait::new(self.segments.head(), || self.segments.is_worth_a_push(), deadline);
        while wait.once() {
            match self.segments.try_push(item) {
                Err(TryPushError::Full(back)) => item = back,
                result => {
                    wait.pass_on();
                    return result;
                }
            }
        }
        Err(TryPushError::Full(item))
    }

    #[inline]
    pub(super) fn pop(&self, patience: Patience) -> Result<T, TryPopError> {
        match (self.segments.try_pop_gathered(), patience) {
            (Err(TryPopError::Empty), Patience::Until(deadline)) => self.pop_slow(deadline),
            (result, _) => result,
        }
    }

    #[cold]
    fn pop_slow(&self, deadline: Option<Instant>) -> Result<T, TryPopError> {
        let mut wait = Wait::new(self.segments.tail(), || self.segments.is_worth_a_pop(), deadline);
        while wait.once() {
            match self.segments.try_pop() {
                Err(TryPopError::Empty) => {}
                result => {
                    wait.pass_on();
                    return result;
                }
            }
        }
        Err(TryPopError::Empty)
    }

    pub(super) fn close(&self) {
        self.segments.close();
        self.wake_all();
    }

    fn wake_all(&self) {
        self.segments.tail().wake_all();
        self.segments.head().wake_all();
    }

    pub(super) fn close_now(&self) -> Vec<T> {
        let left = self.segments.close_and_take_all();
        self.wake_all();
        // Fewer may be unfinished, if somebody marked items done without popping them.
        self.ledger().finish(left.len() as u64);
        left
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.segments.ledger
    }

    pub(super) fn len(&self) -> usize {
        self.segments.len()
    }

    pub(super) fn is_full(&self) -> bool {
        self.capacity().is_some_and(|capacity| self.len() >= capacity)
    }

    pub(super) fn capacity(&self) -> Option<usize> {
        self.segments.capacity()
    }

    pub(super) fn waiters(&self) -> usize {
        self.segments.tail().waiters() + self.segments.head().waiters() + self.ledger().waiters()
    }

    /// For `Debug`: what can be said without waiting.
    pub(super) fn describe(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (len, closed) = self.segments.glance();
        f.debug_struct(name).field("capacity", &self.capacity()).field("len", &len).field("closed", &closed).finish()
    }
}

/// The rounds of waiting of one push or pop: first looking again for a while, then asleep.
struct Wait<'a, F> {
    /// The other end, which has to move.
    end: &'a End,
    /// Whether it is worth another try.
    is_ready: F,
    spin: SpinWait,
    deadline: Option<Instant>,
    is_over: bool,
}

impl<'a, F: Fn() -> bool> Wait<'a, F> {
    fn new(end: &'a End, is_ready: F, deadline: Option<Instant>) -> Self {
        Wait { end, is_ready, spin: SpinWait::ATTENTIVE, deadline, is_over: false }
    }

    /// Waits until it is worth another try. Returns whether one is due: the last one after the deadline.
    fn once(&mut self) -> bool {
        if self.is_over {
            return false;
        }
        // The other side is often about to act, sooner than a sleep takes.
        self.is_over =
            park::has_passed(self.deadline) || !self.spin.spin() && self.end.sleep(&self.is_ready, self.deadline);
        true
    }

    /// After a try that came to something: wakes the next in line if there is something left for it.
    fn pass_on(&self) {
        if (self.is_ready)() {
            self.end.wake_next();
        }
    }
}

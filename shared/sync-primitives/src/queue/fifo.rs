//! The machine below `Queue`: a chain of segments, with waiting at both ends.

use super::{
    TryPopError, TryPushError,
    hand::Hand,
    ledger::Ledger,
    locked::Patience,
    segments::{Segments, Side},
};
use crate::park::{self, Instant, SpinWait};
use std::{fmt, mem};

pub(super) struct Fifo<T> {
    segments: Segments<T>,
}

impl<T> Fifo<T> {
    pub(super) fn new(capacity: Option<usize>) -> Self {
        Fifo {
            segments: Segments::new(capacity),
        }
    }

    #[inline]
    pub(super) fn push(&self, item: T, patience: Patience) -> Result<(), TryPushError<T>> {
        match (self.segments.try_push(item), patience) {
            (Err(TryPushError::Full(item)), Patience::Until(deadline)) => {
                self.push_slow(item, deadline)
            }
            (result, _) => result,
        }
    }

    #[cold]
    fn push_slow(&self, item: T, deadline: Option<Instant>) -> Result<(), TryPushError<T>> {
        let hand = Hand::new(Some(item));
        let mut wait = Wait::new(&self.segments, Side::Push, deadline);
        while wait.once(&hand) {
            // An empty hand: somebody has pushed the item.
            match hand
                .take()
                .map_or(Ok(()), |item| self.segments.try_push(item))
            {
                Err(TryPushError::Full(back)) => hand.put(back),
                result => {
                    wait.pass_on();
                    return result;
                }
            }
        }
        Err(TryPushError::Full(
            hand.take().expect("the last try has put it back"),
        ))
    }

    #[inline]
    pub(super) fn pop(&self, patience: Patience) -> Result<T, TryPopError> {
        match (self.segments.try_pop(), patience) {
            (Err(TryPopError::Empty), Patience::Until(deadline)) => self.pop_slow(deadline),
            (result, _) => result,
        }
    }

    #[cold]
    fn pop_slow(&self, deadline: Option<Instant>) -> Result<T, TryPopError> {
        let hand = Hand::new(None);
        let mut wait = Wait::new(&self.segments, Side::Pop, deadline);
        while wait.once(&hand) {
            // An item in the hand: somebody has popped it for us.
            match hand.take().map_or_else(|| self.segments.try_pop(), Ok) {
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
        self.segments.line(Side::Pop).wake_all();
        self.segments.line(Side::Push).wake_all();
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
        self.capacity()
            .is_some_and(|capacity| self.len() >= capacity)
    }

    pub(super) fn capacity(&self) -> Option<usize> {
        self.segments.capacity()
    }

    pub(super) fn waiters(&self) -> usize {
        let asleep = [Side::Push, Side::Pop].map(|side| self.segments.line(side).waiters());
        asleep.iter().sum::<usize>() + self.ledger().waiters()
    }

    /// For `Debug`: what can be said without waiting.
    pub(super) fn describe(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (len, closed) = self.segments.glance();
        f.debug_struct(name)
            .field("capacity", &self.capacity())
            .field("len", &len)
            .field("closed", &closed)
            .finish()
    }
}

/// The rounds of waiting of one push or pop: first looking again for a moment, then giving way to others, then asleep.
struct Wait<'a, T> {
    segments: &'a Segments<T>,
    side: Side,
    has_paused: bool,
    spin: SpinWait,
    deadline: Option<Instant>,
    is_over: bool,
}

impl<'a, T> Wait<'a, T> {
    fn new(segments: &'a Segments<T>, side: Side, deadline: Option<Instant>) -> Self {
        Wait {
            segments,
            side,
            has_paused: false,
            spin: SpinWait::ATTENTIVE,
            deadline,
            is_over: false,
        }
    }

    /// Waits until it is worth another try, or somebody has done the work with what is in the hand. Returns whether a look is
    /// due: the last one after the deadline.
    fn once(&mut self, hand: &Hand<T>) -> bool {
        if self.is_over {
            return false;
        }
        // The other side is often about to act, sooner than a sleep takes.
        self.is_over = park::has_passed(self.deadline)
            || !self.help() && !self.pause() && !self.give_way(hand) && self.sleep(hand);
        true
    }

    /// If one of the other side waits, with nothing left for us: it has yet to hear of what it waits for. Does its work, for
    /// which we wait, and wakes it. Returns whether there was one.
    fn help(&self) -> bool {
        let waits = self.segments.line(self.side.other()).has_waiters();
        if waits {
            self.segments.serve(self.side.other(), true);
        }
        waits
    }

    /// Once: lets a moment pass. Returns whether it has brought what we wait for.
    fn pause(&mut self) -> bool {
        if mem::replace(&mut self.has_paused, true) {
            return false;
        }
        let is_sleep_next = !self.spin.may_yield();
        self.segments
            .pauses(self.side)
            .until(|| self.segments.is_worth(self.side), is_sleep_next)
    }

    /// Lets others run, who may do our work meanwhile. Returns whether that was worth a try.
    fn give_way(&mut self, hand: &Hand<T>) -> bool {
        if !self.spin.may_yield() {
            return false;
        }
        let line = self.segments.line(self.side);
        // Where the other side runs on another processor, an offer would only take cache lines from it.
        let has_offered = self.segments.pauses(self.side).are_in_vain() && line.offer(hand.token());
        self.spin.give_way(|| self.segments.progress(self.side));
        if has_offered && !line.withdraw(hand.token()) {
            hand.get_back();
        }
        true
    }

    fn sleep(&self, hand: &Hand<T>) -> bool {
        let is_ready = || self.segments.is_worth(self.side);
        self.segments
            .line(self.side)
            .sleep(hand.token(), is_ready, self.deadline)
    }

    /// After a try that came to something: wakes the next in line if there is something left for it.
    fn pass_on(&self) {
        if self.segments.is_worth(self.side) && self.segments.line(self.side).has_overlooked() {
            self.segments.serve(self.side, false);
        }
    }
}

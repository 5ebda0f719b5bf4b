//! The machine below `LifoQueue` and `PriorityQueue`: a buffer behind a lock, with waiting at both ends.

use super::{TryPopError, TryPushError, buffer::Buffer, ledger::Ledger};
use crate::{
    condition::Condition,
    lock::{Lock, LockGuard},
    park::{self, Instant},
    trace,
};
use std::{fmt, mem, time::Duration};

/// How long a push or a pop may wait.
pub(super) enum Patience {
    None,
    Until(Option<Instant>),
}

impl Patience {
    pub(super) const ENDLESS: Self = Patience::Until(None);

    pub(super) fn lasting(timeout: Duration) -> Self {
        Patience::Until(park::deadline_after(timeout))
    }

    /// Waits on `condition` as long as there is `reason` to, if at all.
    fn wait<S>(
        self,
        condition: &Condition,
        state: &mut LockGuard<'_, S>,
        reason: impl Fn(&S) -> bool,
    ) {
        if let Patience::Until(deadline) = self {
            condition.wait_while_deadline(state, deadline, reason);
        }
    }
}

pub(super) struct Locked<B> {
    state: Lock<State<B>>,
    not_empty: Condition,
    not_full: Condition,
    ledger: Ledger,
    capacity: Option<usize>,
}

struct State<B> {
    items: B,
    closed: bool,
}

/// Wakes another waiter if this one unwinds before it could use what it was woken for.
struct PassOn<'a>(&'a Condition);

impl Drop for PassOn<'_> {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl<B: Buffer> Locked<B> {
    pub(super) fn new(capacity: Option<usize>) -> Self {
        assert!(
            capacity != Some(0),
            "a queue of capacity 0 could never hold an item"
        );
        Locked {
            state: Lock::new(State {
                items: B::new(),
                closed: false,
            }),
            not_empty: Condition::new(),
            not_full: Condition::new(),
            ledger: Ledger::new(),
            capacity,
        }
    }

    pub(super) fn push(
        &self,
        item: B::Item,
        patience: Patience,
    ) -> Result<(), TryPushError<B::Item>> {
        let mut state = self.state.lock();
        patience.wait(&self.not_full, &mut state, |state| {
            self.is_full_of(state) && !state.closed
        });
        if state.closed {
            return Err(TryPushError::Closed(item));
        }
        if self.is_full_of(&state) {
            return Err(TryPushError::Full(item));
        }
        // The comparison may unwind: then the queue is as before, and `item` is dropped after the lock is released.
        let pass_on = PassOn(&self.not_full);
        let place = trace::outside(|| state.items.place_for(&item));
        mem::forget(pass_on);
        // Counted before anybody can pop it and call it done.
        self.ledger.open();
        state.items.insert(place, item);
        drop(state);
        self.not_empty.notify_one();
        Ok(())
    }

    pub(super) fn pop(&self, patience: Patience) -> Result<B::Item, TryPopError> {
        let mut state = self.state.lock();
        patience.wait(&self.not_empty, &mut state, |state| {
            state.items.len() == 0 && !state.closed
        });
        let pass_on = PassOn(&self.not_empty);
        let popped = trace::outside(|| state.items.pop());
        mem::forget(pass_on);
        let closed = state.closed;
        drop(state);
        match popped {
            Some(item) => {
                self.not_full.notify_one();
                Ok(item)
            }
            None if closed => Err(TryPopError::Closed),
            None => Err(TryPopError::Empty),
        }
    }

    pub(super) fn close(&self) {
        self.state.lock().closed = true;
        self.wake_all();
    }

    fn wake_all(&self) {
        self.not_empty.notify_all();
        self.not_full.notify_all();
    }

    pub(super) fn close_now(&self) -> Vec<B::Item> {
        let mut state = self.state.lock();
        let left = trace::outside(|| state.items.take_all());
        state.closed = true;
        drop(state);
        self.wake_all();
        // Fewer may be unfinished, if somebody marked items done without popping them.
        self.ledger.finish(left.len() as u64);
        left
    }

    pub(super) fn len(&self) -> usize {
        trace::quietly(|| self.state.lock().items.len())
    }

    pub(super) fn is_full(&self) -> bool {
        self.capacity.is_some() && trace::quietly(|| self.is_full_of(&self.state.lock()))
    }

    fn is_full_of(&self, state: &State<B>) -> bool {
        self.capacity
            .is_some_and(|capacity| state.items.len() >= capacity)
    }

    pub(super) fn capacity(&self) -> Option<usize> {
        self.capacity
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(super) fn waiters(&self) -> usize {
        self.not_empty.waiters() + self.not_full.waiters() + self.ledger.waiters()
    }

    /// For `Debug`: what can be said without waiting.
    pub(super) fn describe(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Copied out: who writes what is shown may come by here himself.
        let state = trace::quietly(|| {
            self.state
                .try_lock()
                .map(|state| (state.items.len(), state.closed))
        });
        let mut description = f.debug_struct(name);
        description.field("capacity", &self.capacity);
        match state {
            Some((len, closed)) => description
                .field("len", &len)
                .field("closed", &closed)
                .finish(),
            None => description.field("len", &format_args!("<locked>")).finish(),
        }
    }
}

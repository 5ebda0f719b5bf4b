//! The machine below `LifoQueue` and `PriorityQueue`: a buffer behind a lock, with waiting at both ends.

use super::{Patience, TryPopError, TryPushError, buffer::Buffer, task_counter::TaskCounter};
use crate::{
    condition::Condition,
    lock::{Lock, LockGuard},
    trace,
};
use std::{fmt, mem};

pub(super) struct Locked<B> {
    state: Lock<State<B>>,
    not_empty: Condition,
    not_full: Condition,
    tasks: TaskCounter,
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
            tasks: TaskCounter::new(),
            capacity,
        }
    }

    pub(super) fn push(
        &self,
        item: B::Item,
        patience: Patience,
    ) -> Result<(), TryPushError<B::Item>> {
        let mut state = self.state.lock();
        wait_while(&self.not_full, &mut state, patience, |state| {
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
        self.tasks.add_pushed();
        state.items.insert(place, item);
        drop(state);
        self.not_empty.notify_one();
        Ok(())
    }

    pub(super) fn pop(&self, patience: Patience) -> Result<B::Item, TryPopError> {
        let mut state = self.state.lock();
        wait_while(&self.not_empty, &mut state, patience, |state| {
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
        self.tasks.finish(left.len() as u64);
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

    pub(super) fn tasks(&self) -> &TaskCounter {
        &self.tasks
    }

    pub(super) fn waiters(&self) -> usize {
        self.not_empty.waiters() + self.not_full.waiters() + self.tasks.waiters()
    }

    /// Writes what `Debug` shows. Never waits.
    pub(super) fn fmt_fields(&self, f: &mut fmt::DebugStruct<'_, '_>) {
        // The lock is released before anything is written, because the writer may use this queue.
        let state = trace::quietly(|| {
            let state = self.state.try_lock()?;
            Some((state.items.len(), state.closed))
        });
        f.field("capacity", &self.capacity);
        match state {
            Some((len, closed)) => f.field("len", &len).field("closed", &closed),
            None => f.field("len", &format_args!("<locked>")),
        };
    }
}

/// Waits on `condition` while `reason` returns `true`, as long as `patience` allows.
fn wait_while<S>(
    condition: &Condition,
    state: &mut LockGuard<'_, S>,
    patience: Patience,
    reason: impl Fn(&S) -> bool,
) {
    if let Patience::Until(deadline) = patience {
        condition.wait_while_deadline(state, deadline, reason);
    }
}

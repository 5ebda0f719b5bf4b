//! The algorithm of [`LifoQueue`](super::LifoQueue) and [`PriorityQueue`](super::PriorityQueue): a
//! buffer behind a lock, and a condition for each end.
//!
//! The comparisons of a `PriorityQueue` are code of the user. They run while the lock is held, and
//! may panic. So each operation makes all of its comparisons first, and changes nothing if one of
//! them panics. A thread that was woken and then panics wakes another one in its place (see
//! [`WakeNext`]).

use super::{Patience, PushRefusal, TryPopError, buffer::Buffer, task_counter::TaskCounter};
use crate::{
    condition::Condition,
    lock::{Lock, LockGuard},
    trace,
};
use std::{fmt, mem};

pub(super) struct Locked<B> {
    state: Lock<State<B>>,
    /// Pops that find the queue empty wait here.
    not_empty: Condition,
    /// Pushes that find the queue full wait here.
    not_full: Condition,
    tasks: TaskCounter,
    capacity: Option<usize>,
}

struct State<B> {
    items: B,
    closed: bool,
}

/// The lock of a queue, held by this thread, while the queue has room for an item.
pub(super) struct Vacancy<'a, B> {
    queue: &'a Locked<B>,
    state: LockGuard<'a, State<B>>,
    /// The place of the item in the buffer.
    place: usize,
}

impl<B: Buffer> Vacancy<'_, B> {
    /// Pushes the item for which the vacancy was made.
    #[inline]
    pub(super) fn fill(mut self, item: B::Item) {
        // Counted while the lock is held, before another thread can pop the item and mark it done.
        self.queue.tasks.add_pushed();
        self.state.items.insert(self.place, item);
        drop(self.state);
        self.queue.not_empty.notify_one();
    }
}

/// The lock of a queue, held by this thread, while the queue has an item to pop.
pub(super) struct Occupied<'a, B> {
    queue: &'a Locked<B>,
    state: LockGuard<'a, State<B>>,
}

impl<B: Buffer> Occupied<'_, B> {
    /// Pops the item.
    #[inline]
    pub(super) fn take(mut self) -> B::Item {
        let wake_next = WakeNext(&self.queue.not_empty);
        let popped = trace::outside(|| self.state.items.pop());
        mem::forget(wake_next);
        drop(self.state);
        self.queue.not_full.notify_one();
        popped.expect("`Locked::occupied` has found an item")
    }
}

/// Wakes the next waiter if this thread panics before it can use what it was woken for.
struct WakeNext<'a>(&'a Condition);

impl Drop for WakeNext<'_> {
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

    /// Locks the queue for a push of this item, and waits for room if need be.
    pub(super) fn vacancy(
        &self,
        item: &B::Item,
        patience: Patience,
    ) -> Result<Vacancy<'_, B>, PushRefusal> {
        let mut state = self.state.lock();
        wait_while(&self.not_full, &mut state, patience, |state| {
            self.has_no_room(state) && !state.closed
        });
        if state.closed {
            return Err(PushRefusal::Closed);
        }
        if self.has_no_room(&state) {
            return Err(PushRefusal::Full);
        }
        let wake_next = WakeNext(&self.not_full);
        let place = trace::outside(|| state.items.place_for(item));
        mem::forget(wake_next);
        Ok(Vacancy {
            queue: self,
            state,
            place,
        })
    }

    /// Locks the queue for a pop, and waits for an item if need be.
    pub(super) fn occupied(&self, patience: Patience) -> Result<Occupied<'_, B>, TryPopError> {
        let mut state = self.state.lock();
        wait_while(&self.not_empty, &mut state, patience, |state| {
            state.items.len() == 0 && !state.closed
        });
        if state.items.len() > 0 {
            Ok(Occupied { queue: self, state })
        } else if state.closed {
            Err(TryPopError::Closed)
        } else {
            Err(TryPopError::Empty)
        }
    }

    /// Closes the queue: no push succeeds from now on, and pops succeed until the queue is empty.
    pub(super) fn close(&self) {
        self.state.lock().closed = true;
        self.wake_all();
    }

    /// Closes the queue, and takes all items that are left, in one step.
    pub(super) fn close_now(&self) -> Vec<B::Item> {
        let mut state = self.state.lock();
        let left = trace::outside(|| state.items.take_all());
        state.closed = true;
        drop(state);
        self.wake_all();
        // Some of them may have been marked done without having been popped.
        self.tasks.finish(left.len() as u64);
        left
    }

    /// Wakes every waiting thread, because the queue has been closed.
    fn wake_all(&self) {
        self.not_empty.notify_all();
        self.not_full.notify_all();
    }

    pub(super) fn tasks(&self) -> &TaskCounter {
        &self.tasks
    }

    pub(super) fn len(&self) -> usize {
        trace::quietly(|| self.state.lock().items.len())
    }

    pub(super) fn is_full(&self) -> bool {
        self.capacity.is_some() && trace::quietly(|| self.has_no_room(&self.state.lock()))
    }

    fn has_no_room(&self, state: &State<B>) -> bool {
        self.capacity
            .is_some_and(|capacity| state.items.len() >= capacity)
    }

    pub(super) fn capacity(&self) -> Option<usize> {
        self.capacity
    }

    /// The number of parked threads.
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

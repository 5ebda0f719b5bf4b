//! Tests of the feature `trace` for semaphores and barriers: an event is reported after the change
//! that it reports. A subscriber that blocks can then never keep other threads from going on.

#![cfg(feature = "trace")]

mod common;

use std::{cell::RefCell, fmt, thread, time::Duration};

use common::{LIMIT, until, within};
use sync_primitives::{Barrier, BoundedSemaphore, Semaphore};
use tracing::{
    Metadata, Subscriber,
    field::{Field, Visit},
    span, subscriber,
};

static SEMAPHORE: Semaphore = Semaphore::new(1);
static BOUNDED: BoundedSemaphore = BoundedSemaphore::new(1);
static BARRIER: Barrier = Barrier::new(2);

thread_local! {
    /// What the primitives looked like at each event of this thread.
    static SEEN: RefCell<Vec<(String, State)>> = const { RefCell::new(Vec::new()) };
}

struct State {
    free: usize,
    free_bounded: usize,
    parked: usize,
    broken: bool,
    waiting: usize,
}

impl State {
    fn now() -> State {
        State {
            free: SEMAPHORE.available_permits(),
            free_bounded: BOUNDED.available_permits(),
            parked: BOUNDED.waiters(),
            broken: BARRIER.is_broken(),
            waiting: BARRIER.waiting(),
        }
    }
}

/// Records the state of the primitives at each event.
struct Recorder;

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sync_primitives"
    }

    fn event(&self, event: &tracing::Event<'_>) {
        let mut op = Op(String::new());
        event.record(&mut op);
        SEEN.with_borrow_mut(|seen| seen.push((op.0, State::now())));
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// The name of what happened.
struct Op(String);

impl Visit for Op {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "op" {
            self.0 = value.to_owned();
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

/// Runs `f` and returns the events named `op`, with what the primitives looked like.
fn states_at(op: &str, f: impl FnOnce()) -> Vec<State> {
    SEEN.take();
    subscriber::with_default(Recorder, f);
    let seen = SEEN.take();
    let matching = seen.into_iter().filter(|(name, _)| name == op);
    matching.map(|(_, state)| state).collect()
}

// One test, because the three statics are shared.
#[test]
fn events_are_reported_after_the_changes() {
    within(LIMIT, compare_events_with_states);
}

fn compare_events_with_states() {
    let permit = SEMAPHORE.acquire();
    let released = states_at("release", || drop(permit));
    assert_eq!(released.len(), 1);
    assert_eq!(released[0].free, 1, "the permit is back");

    let added = states_at("release", || SEMAPHORE.add_permits(2));
    assert_eq!(added.len(), 1);
    assert_eq!(added[0].free, 3, "the new permits are free");

    let permit = BOUNDED.acquire();
    let released = states_at("release", || drop(permit));
    assert_eq!(released[0].free_bounded, 1, "the permit is back");

    released_to_a_parked_waiter();

    let broken = states_at("break", || BARRIER.abort());
    assert_eq!(broken.len(), 1);
    assert!(broken[0].broken, "the barrier is broken");

    let reset = states_at("reset", || BARRIER.reset());
    assert_eq!(reset.len(), 1);
    assert!(!reset[0].broken, "the barrier is usable again");

    let timed_out = states_at("break", || {
        assert!(BARRIER.wait_for(Duration::ZERO).is_err());
    });
    assert_eq!(timed_out.len(), 1);
    assert_eq!((timed_out[0].broken, timed_out[0].waiting), (true, 0));
    BARRIER.reset();
}

/// The parked waiter has left the wait queue when the release is reported.
fn released_to_a_parked_waiter() {
    thread::scope(|scope| {
        let held = BOUNDED.acquire();
        scope.spawn(|| drop(BOUNDED.acquire()));
        until(|| BOUNDED.waiters() == 1);
        let released = states_at("release", || drop(held));
        assert_eq!(released.len(), 1);
        assert_eq!(released[0].parked, 0, "the waiter has been woken");
    });
    assert_eq!(BOUNDED.available_permits(), 1);
}

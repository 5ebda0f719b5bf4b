//! `Event`: `set`, `clear` and `wait` in every order that matters.

mod common;

use common::{LIMIT, LONG, Rng, SHORT, let_pass, until, within};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};
use sync_primitives::Event;

#[test]
fn a_new_event_is_clear_and_set_and_clear_change_that() {
    let event = Event::new();
    assert!(!event.is_set());
    event.set();
    assert!(event.is_set());
    event.set();
    assert!(event.is_set(), "setting it twice leaves it set");
    event.clear();
    assert!(!event.is_set(), "one clear undoes both sets");
    event.clear();
    assert!(!event.is_set());
}

#[test]
fn an_event_can_be_static() {
    static READY: Event = Event::new();
    within(LIMIT, || {
        thread::scope(|scope| {
            scope.spawn(|| READY.wait());
            READY.set();
        });
    });
}

#[test]
fn wait_returns_at_once_while_the_event_is_set() {
    within(LIMIT, || {
        let event = Event::new();
        event.set();
        event.wait();
        event.wait();
        assert!(event.wait_for(Duration::ZERO));
        assert!(event.wait_until(Instant::now()));
        assert!(event.is_set(), "waiting does not clear the event");
    });
}

#[test]
fn set_wakes_every_waiter_and_publishes_writes() {
    within(LIMIT, || {
        let (event, value) = (Event::new(), AtomicUsize::new(0));
        thread::scope(|scope| {
            let waiters = [(); 4].map(|()| {
                scope.spawn(|| {
                    event.wait();
                    value.load(Relaxed)
                })
            });
            until(|| event.waiters() == 4);
            value.store(7, Relaxed);
            event.set();
            assert_eq!(
                waiters.map(|waiter| waiter.join().expect("a waiter")),
                [7; 4]
            );
        });
        assert_eq!(event.waiters(), 0);
    });
}

#[test]
fn a_wait_that_began_before_set_ends_even_if_clear_follows_at_once() {
    within(LIMIT, || {
        let event = Event::new();
        for _ in 0..200 {
            thread::scope(|scope| {
                for _ in 0..3 {
                    scope.spawn(|| event.wait());
                }
                until(|| event.waiters() == 3);
                event.set();
                event.clear();
            });
        }
        assert!(!event.is_set());
    });
}

#[test]
fn a_timed_wait_that_began_before_set_returns_true_even_if_clear_follows_at_once() {
    within(LIMIT, || {
        let event = Event::new();
        thread::scope(|scope| {
            let waiter = scope.spawn(|| event.wait_for(LONG));
            until(|| event.waiters() == 1);
            event.set();
            event.clear();
            assert!(waiter.join().expect("the waiter"));
        });
    });
}

#[test]
fn a_wait_that_begins_after_clear_blocks() {
    let event = Event::new();
    event.set();
    event.clear();
    assert!(!event.wait_for(SHORT));
}

#[test]
fn a_wait_that_times_out_returns_false_after_the_timeout() {
    within(LIMIT, || {
        let event = Event::new();
        let start = Instant::now();
        assert!(!event.wait_for(SHORT));
        assert!(start.elapsed() >= SHORT);
        assert!(!event.wait_until(start), "a past deadline does not block");
        assert!(!event.wait_for(Duration::ZERO));
        assert_eq!(event.waiters(), 0);
    });
}

#[test]
fn a_timed_wait_returns_true_if_the_event_is_set_in_time() {
    within(LIMIT, || {
        let event = Event::new();
        thread::scope(|scope| {
            let timed = [
                scope.spawn(|| event.wait_for(LONG)),
                scope.spawn(|| event.wait_until(Instant::now() + LONG)),
                scope.spawn(|| event.wait_for(Duration::MAX)),
            ];
            until(|| event.waiters() == 3);
            event.set();
            assert_eq!(
                timed.map(|waiter| waiter.join().expect("a waiter")),
                [true; 3]
            );
        });
    });
}

#[test]
fn a_wait_that_times_out_does_not_end_other_waits() {
    within(LIMIT, || {
        let event = Event::new();
        thread::scope(|scope| {
            let patient = scope.spawn(|| event.wait());
            until(|| event.waiters() == 1);
            assert!(!event.wait_for(SHORT));
            assert!(!patient.is_finished());
            event.set();
        });
    });
}

#[test]
fn debug_never_blocks() {
    let event = Event::default();
    assert_eq!(format!("{event:?}"), "Event { is_set: false }");
    event.set();
    assert_eq!(format!("{event:?}"), "Event { is_set: true }");
}

#[test]
fn no_set_is_missed_or_seen_twice_when_two_threads_alternate() {
    const ROUNDS: usize = 2_000;
    within(LIMIT, || {
        // Two threads alternate: each waits for its own event, clears it, and sets the other one.
        let (ping, pong) = (Event::new(), Event::new());
        let turns = AtomicUsize::new(0);
        thread::scope(|scope| {
            scope.spawn(|| {
                for round in 0..ROUNDS {
                    ping.wait();
                    ping.clear();
                    assert_eq!(turns.fetch_add(1, Relaxed), 2 * round);
                    pong.set();
                }
            });
            for round in 0..ROUNDS {
                ping.set();
                pong.wait();
                pong.clear();
                assert_eq!(turns.fetch_add(1, Relaxed), 2 * round + 1);
            }
        });
    });
}

#[test]
fn waits_with_random_timeouts_end_and_return_true_only_after_a_set() {
    let mut rng = Rng::seeded();
    within(LIMIT, move || {
        let event = Arc::new(Event::new());
        let sets = Arc::new(AtomicUsize::new(0));
        let mut setter = rng.fork();
        let waiters = [(); 3].map(|()| {
            let (event, sets, mut rng) = (event.clone(), sets.clone(), rng.fork());
            thread::spawn(move || {
                for _ in 0..500 {
                    let before = sets.load(Relaxed);
                    if event.wait_for(rng.time_below(Duration::from_micros(200))) {
                        // Each set is counted before it happens, so a thread that it released must
                        // see the count.
                        assert!(sets.load(Relaxed) > 0 && sets.load(Relaxed) >= before);
                    }
                }
            })
        });
        while waiters.iter().any(|waiter| !waiter.is_finished()) {
            sets.fetch_add(1, Relaxed);
            event.set();
            event.clear();
            let_pass(setter.time_below(Duration::from_micros(100)));
        }
        for waiter in waiters {
            waiter.join().expect("a waiter");
        }
        assert_eq!(event.waiters(), 0);
    });
}

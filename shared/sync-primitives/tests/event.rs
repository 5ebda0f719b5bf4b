//! Event: set, clear and wait, in every order that matters.

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
    assert!(event.is_set(), "set twice is set");
    event.clear();
    assert!(!event.is_set(), "sets are not counted");
    event.clear();
    assert!(!event.is_set());
}

#[test]
fn it_can_be_static() {
    static READY: Event = Event::new();
    within(LIMIT, || {
        thread::scope(|scope| {
            scope.spawn(|| READY.wait());
            READY.set();
        });
    });
}

#[test]
fn wait_returns_at_once_while_it_is_set() {
    within(LIMIT, || {
        let event = Event::new();
        event.set();
        event.wait();
        event.wait();
        assert!(event.wait_for(Duration::ZERO));
        assert!(event.wait_until(Instant::now()));
        assert!(event.is_set(), "waiting does not clear");
    });
}

#[test]
fn set_wakes_everybody_who_waits_and_they_see_what_was_written() {
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
fn a_wait_that_began_before_set_ends_although_clear_follows_at_once() {
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
fn a_timed_wait_that_began_before_set_reports_it_although_clear_follows_at_once() {
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
fn a_wait_that_begins_after_clear_goes_on_waiting() {
    let event = Event::new();
    event.set();
    event.clear();
    assert!(!event.wait_for(SHORT));
}

#[test]
fn a_timeout_that_expires_says_so_and_takes_its_time() {
    within(LIMIT, || {
        let event = Event::new();
        let start = Instant::now();
        assert!(!event.wait_for(SHORT));
        assert!(start.elapsed() >= SHORT);
        assert!(!event.wait_until(start), "a deadline that has passed");
        assert!(!event.wait_for(Duration::ZERO));
        assert_eq!(event.waiters(), 0);
    });
}

#[test]
fn a_timeout_that_succeeds_says_so() {
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
fn one_that_gives_up_does_not_take_the_others_along() {
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
fn debug_never_waits() {
    let event = Event::default();
    assert_eq!(format!("{event:?}"), "Event { is_set: false }");
    event.set();
    assert_eq!(format!("{event:?}"), "Event { is_set: true }");
}

#[test]
fn no_round_of_set_and_clear_is_missed_or_seen_twice() {
    const ROUNDS: usize = 2_000;
    within(LIMIT, || {
        // Two threads take turns: each waits for its own event, clears it and sets the other's.
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
fn waits_with_random_timeouts_beside_random_sets_all_end_and_none_lies() {
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
                        // Counted before `set`, so whoever was let through by a set sees it counted.
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

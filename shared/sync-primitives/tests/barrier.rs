//! Barrier: rounds that pass, rounds that break, and nobody who hangs.

mod common;

use common::{LIMIT, LONG, Rng, SHORT, caught, until, within};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};
use sync_primitives::{Barrier, BrokenBarrier, Event};

#[test]
fn nobody_goes_on_before_all_have_arrived_and_all_see_what_was_written() {
    within(LIMIT, || {
        let (barrier, arrived) = (Barrier::new(4), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    arrived.fetch_add(1, Relaxed);
                    barrier.wait().expect("a round");
                    assert_eq!(arrived.load(Relaxed), 4);
                });
            }
        });
    });
}

#[test]
fn it_can_be_static() {
    static BARRIER: Barrier = Barrier::new(2);
    within(LIMIT, || {
        thread::scope(|scope| {
            scope.spawn(|| BARRIER.wait().expect("a round"));
            BARRIER.wait().expect("a round");
        });
    });
}

#[test]
fn a_barrier_for_nobody_is_refused() {
    let message = caught(|| Barrier::new(0)).expect_err("0 parties");
    assert!(message.contains('0'), "{message:?}");
    assert!(caught(|| Barrier::with_action(0, || {})).is_err());
}

#[test]
fn a_barrier_for_one_never_waits() {
    within(LIMIT, || {
        let barrier = Barrier::new(1);
        for _ in 0..3 {
            let result = barrier.wait().expect("a round");
            assert_eq!((result.index(), result.is_leader()), (0, true));
        }
    });
}

#[test]
fn each_gets_an_index_of_its_own_and_one_is_the_leader() {
    within(LIMIT, || {
        let barrier = Barrier::new(3);
        for _ in 0..50 {
            let mut results = thread::scope(|scope| {
                let parties = [(); 3].map(|()| scope.spawn(|| barrier.wait().expect("a round")));
                parties.map(|party| party.join().expect("a party"))
            });
            results.sort_by_key(|result| result.index());
            assert_eq!(results.map(|result| result.index()), [0, 1, 2]);
            assert_eq!(
                results.iter().filter(|result| result.is_leader()).count(),
                1
            );
        }
    });
}

#[test]
fn no_thread_of_one_round_slips_into_the_next() {
    const ROUNDS: usize = 500;
    within(LIMIT, || {
        let barrier = Barrier::new(3);
        let at = [const { AtomicUsize::new(0) }; 3];
        thread::scope(|scope| {
            for me in 0..3 {
                let (barrier, at) = (&barrier, &at);
                scope.spawn(move || {
                    for round in 1..=ROUNDS {
                        at[me].store(round, Relaxed);
                        barrier.wait().expect("a round");
                        for other in at {
                            let other = other.load(Relaxed);
                            assert!(
                                other == round || other == round + 1,
                                "{other} while in round {round}"
                            );
                        }
                    }
                });
            }
        });
    });
}

#[test]
fn the_action_runs_once_a_round_before_anybody_goes_on() {
    within(LIMIT, || {
        let actions = AtomicUsize::new(0);
        let barrier = Barrier::with_action(3, || {
            actions.fetch_add(1, Relaxed);
        });
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for round in 1..=100 {
                        barrier.wait().expect("a round");
                        let so_far = actions.load(Relaxed);
                        assert!(so_far == round || so_far == round + 1);
                    }
                });
            }
        });
        assert_eq!(actions.load(Relaxed), 100);
    });
}

#[test]
fn the_action_may_use_the_barrier_for_no_internal_lock_is_held() {
    within(LIMIT, || {
        static BARRIER: Barrier<fn()> = Barrier::with_action(2, look);
        fn look() {
            assert_eq!((BARRIER.waiting(), BARRIER.is_broken()), (2, false));
        }
        thread::scope(|scope| {
            scope.spawn(|| BARRIER.wait().expect("a round"));
            BARRIER.wait().expect("a round");
        });
    });
}

#[test]
fn waiting_and_parties_tell_the_numbers() {
    within(LIMIT, || {
        let barrier = Barrier::new(3);
        assert_eq!((barrier.parties(), barrier.waiting()), (3, 0));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| barrier.wait().expect("a round"));
            }
            until(|| barrier.waiting() == 2);
            barrier.wait().expect("a round");
        });
        assert_eq!(barrier.waiting(), 0);
    });
}

/// Two threads wait at a barrier for three; then `break_it` is called, and both must come back with the error.
fn breaks_for_all_who_wait(break_it: impl Fn(&Barrier)) -> Barrier {
    let barrier = Barrier::new(3);
    thread::scope(|scope| {
        let waiters = [(); 2].map(|()| scope.spawn(|| barrier.wait()));
        until(|| barrier.waiting() == 2);
        break_it(&barrier);
        for waiter in waiters {
            assert_eq!(waiter.join().expect("a waiter"), Err(BrokenBarrier));
        }
    });
    assert_eq!(barrier.waiting(), 0);
    barrier
}

fn passes_a_round(barrier: &Barrier) {
    thread::scope(|scope| {
        for _ in 0..barrier.parties() {
            scope.spawn(|| barrier.wait().expect("a round"));
        }
    });
}

#[test]
fn an_abort_breaks_the_round_and_the_barrier_until_reset() {
    within(LIMIT, || {
        let barrier = breaks_for_all_who_wait(Barrier::abort);
        assert!(barrier.is_broken());
        assert_eq!(barrier.wait(), Err(BrokenBarrier));
        assert_eq!(
            barrier.wait_for(LONG),
            Err(BrokenBarrier),
            "at once, not after the time"
        );
        barrier.reset();
        assert!(!barrier.is_broken());
        passes_a_round(&barrier);
    });
}

#[test]
fn a_reset_breaks_the_round_and_leaves_the_barrier_whole() {
    within(LIMIT, || {
        let barrier = breaks_for_all_who_wait(Barrier::reset);
        assert!(!barrier.is_broken());
        passes_a_round(&barrier);
    });
}

#[test]
fn a_timeout_breaks_the_round_for_all() {
    within(LIMIT, || {
        let barrier = Barrier::new(3);
        thread::scope(|scope| {
            let patient = scope.spawn(|| barrier.wait());
            until(|| barrier.waiting() == 1);
            let start = Instant::now();
            assert_eq!(barrier.wait_until(start + SHORT), Err(BrokenBarrier));
            assert!(start.elapsed() >= SHORT);
            assert_eq!(patient.join().expect("the patient one"), Err(BrokenBarrier));
        });
        assert!(barrier.is_broken());
    });
}

#[test]
fn a_timeout_that_is_not_needed_does_nothing() {
    within(LIMIT, || {
        let barrier = Barrier::new(2);
        thread::scope(|scope| {
            scope.spawn(|| barrier.wait_for(LONG).expect("a round"));
            barrier.wait_for(Duration::MAX).expect("a round");
        });
        assert!(
            Barrier::new(1).wait_for(Duration::ZERO).is_ok(),
            "the last party needs no time"
        );
    });
}

#[test]
fn once_the_last_has_arrived_no_timeout_breaks_the_round() {
    within(LIMIT, || {
        let (acting, go_on) = (Event::new(), Event::new());
        let barrier = Barrier::with_action(2, || {
            acting.set();
            go_on.wait();
        });
        thread::scope(|scope| {
            let timed = scope.spawn(|| barrier.wait_for(SHORT));
            until(|| barrier.waiting() == 1 || barrier.is_broken());
            let last = scope.spawn(|| barrier.wait());
            if acting.wait_for(LONG) && !barrier.is_broken() {
                // The action outlasts the other's patience.
                assert!(!Event::new().wait_for(2 * SHORT));
                assert!(!timed.is_finished() && !barrier.is_broken());
            }
            go_on.set();
            assert_eq!(
                timed.join().expect("one").is_ok(),
                last.join().expect("the other").is_ok()
            );
        });
    });
}

#[test]
fn an_action_that_panics_breaks_the_round_for_the_others() {
    within(LIMIT, || {
        let fail = AtomicBool::new(true);
        let barrier = Barrier::with_action(3, || assert!(!fail.load(Relaxed), "the action fails"));
        thread::scope(|scope| {
            let parties = [(); 3].map(|()| scope.spawn(|| caught(|| barrier.wait())));
            let mut ends =
                parties.map(|party| party.join().expect("caught").map(|result| result.is_err()));
            ends.sort();
            assert_eq!(
                ends,
                [Ok(true), Ok(true), Err("the action fails".to_owned())]
            );
        });
        assert!(barrier.is_broken());
        barrier.reset();
        fail.store(false, Relaxed);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| barrier.wait().expect("a round"));
            }
        });
    });
}

#[test]
fn an_abort_while_the_action_runs_breaks_the_round_at_once() {
    within(LIMIT, || {
        let (acting, go_on) = (Event::new(), Event::new());
        let barrier = Barrier::with_action(2, || {
            acting.set();
            go_on.wait();
        });
        thread::scope(|scope| {
            let parties = [(); 2].map(|()| scope.spawn(|| barrier.wait()));
            acting.wait();
            barrier.abort();
            until(|| parties.iter().any(|party| party.is_finished()));
            go_on.set();
            for party in parties {
                assert_eq!(party.join().expect("a party"), Err(BrokenBarrier));
            }
        });
    });
}

#[test]
fn more_threads_than_parties_meet_in_groups() {
    within(LIMIT, || {
        let actions = AtomicUsize::new(0);
        let barrier = Barrier::with_action(2, || {
            actions.fetch_add(1, Relaxed);
            thread::yield_now();
        });
        let ends: (usize, usize) = thread::scope(|scope| {
            let threads = [(); 5].map(|()| {
                scope.spawn(|| {
                    let rounds: Vec<_> = std::iter::from_fn(|| barrier.wait().ok()).collect();
                    (
                        rounds.len(),
                        rounds.iter().filter(|round| round.is_leader()).count(),
                    )
                })
            });
            until(|| actions.load(Relaxed) >= 300);
            barrier.abort();
            let ends = threads.map(|thread| thread.join().expect("a thread"));
            ends.iter()
                .fold((0, 0), |sum, end| (sum.0 + end.0, sum.1 + end.1))
        });
        let (passed, led) = ends;
        assert_eq!(
            passed,
            2 * led,
            "two meet in each round, and one of them leads"
        );
        // The abort may have caught one action at work.
        assert!(actions.load(Relaxed) - led <= 1);
    });
}

#[test]
fn debug_never_waits() {
    let barrier = Barrier::new(2);
    assert_eq!(
        format!("{barrier:?}"),
        "Barrier { parties: 2, waiting: 0, broken: false }"
    );
}

#[test]
fn random_timeouts_aborts_and_resets_leave_nobody_behind() {
    let mut rng = Rng::seeded();
    within(LIMIT, move || {
        let barrier = Barrier::new(3);
        let done = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..3 {
                let (barrier, done, mut rng) = (&barrier, &done, rng.fork());
                scope.spawn(move || {
                    for _ in 0..300 {
                        let _ = match rng.below(3) {
                            0 => barrier.wait(),
                            _ => barrier.wait_for(rng.time_below(Duration::from_micros(300))),
                        };
                    }
                    done.fetch_add(1, Relaxed);
                });
            }
            while done.load(Relaxed) < 3 {
                if rng.one_in(4) {
                    barrier.abort()
                } else {
                    barrier.reset()
                }
                thread::yield_now();
            }
        });
        barrier.reset();
        passes_a_round(&barrier);
    });
}

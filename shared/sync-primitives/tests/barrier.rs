//! Tests of `Barrier`: rounds that pass, rounds that break, and why they broke.

mod common;

use common::{LIMIT, LONG, Rng, SHORT, caught, let_pass, until, within};
use std::cell::Cell;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};
use sync_primitives::{
    Barrier, BarrierWaitResult, BrokenBarrier, BrokenBarrierReason as Reason, Event,
};

/// The reason why a wait failed, or `None` if its round passed.
fn reason(result: Result<BarrierWaitResult, BrokenBarrier>) -> Option<Reason> {
    result.err().map(|error| error.reason())
}

#[test]
fn no_thread_returns_before_all_have_arrived_and_written() {
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
fn a_barrier_can_be_a_static() {
    static BARRIER: Barrier = Barrier::new(2);
    within(LIMIT, || {
        thread::scope(|scope| {
            scope.spawn(|| BARRIER.wait().expect("a round"));
            BARRIER.wait().expect("a round");
        });
    });
}

#[test]
fn a_barrier_for_zero_parties_panics() {
    let message = caught(|| Barrier::new(0)).expect_err("0 parties");
    assert!(message.contains('0'), "{message:?}");
    assert!(caught(|| Barrier::with_action(0, || {})).is_err());
}

#[test]
fn a_barrier_for_one_party_never_blocks() {
    within(LIMIT, || {
        let barrier = Barrier::new(1);
        for _ in 0..3 {
            let result = barrier.wait().expect("a round");
            assert_eq!((result.index(), result.is_leader()), (0, true));
        }
    });
}

#[test]
fn every_party_gets_a_different_index_and_one_is_the_leader() {
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
fn the_action_runs_once_in_each_round_before_any_thread_returns() {
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
fn the_action_can_query_the_barrier_because_no_internal_lock_is_held() {
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
fn waiting_and_parties_return_the_numbers_of_threads() {
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

/// Lets two threads wait at a barrier for three, calls `break_it`, and checks that both threads
/// return for the expected reason.
fn break_while_two_threads_wait(break_it: impl Fn(&Barrier), expected: Reason) -> Barrier {
    let barrier = Barrier::new(3);
    thread::scope(|scope| {
        let waiters = [(); 2].map(|()| scope.spawn(|| barrier.wait()));
        until(|| barrier.waiting() == 2);
        break_it(&barrier);
        for waiter in waiters {
            assert_eq!(reason(waiter.join().expect("a waiter")), Some(expected));
        }
    });
    assert_eq!(barrier.waiting(), 0);
    barrier
}

fn pass_a_round(barrier: &Barrier) {
    thread::scope(|scope| {
        for _ in 0..barrier.parties() {
            scope.spawn(|| barrier.wait().expect("a round"));
        }
    });
}

#[test]
fn abort_breaks_the_round_and_the_barrier_until_reset() {
    within(LIMIT, || {
        let barrier = break_while_two_threads_wait(Barrier::abort, Reason::Aborted);
        assert!(barrier.is_broken());
        assert_eq!(reason(barrier.wait()), Some(Reason::Aborted));
        let start = Instant::now();
        assert_eq!(reason(barrier.wait_for(LONG)), Some(Reason::Aborted));
        assert!(
            start.elapsed() < LONG,
            "a broken barrier fails at once, not after the timeout"
        );
        barrier.reset();
        assert!(!barrier.is_broken());
        pass_a_round(&barrier);
    });
}

#[test]
fn reset_breaks_the_round_but_not_the_barrier() {
    within(LIMIT, || {
        let barrier = break_while_two_threads_wait(Barrier::reset, Reason::Reset);
        assert!(!barrier.is_broken());
        pass_a_round(&barrier);
    });
}

#[test]
fn a_timeout_breaks_the_round_for_all_threads() {
    within(LIMIT, || {
        let barrier = Barrier::new(3);
        thread::scope(|scope| {
            let patient = scope.spawn(|| barrier.wait());
            until(|| barrier.waiting() == 1);
            let start = Instant::now();
            let timed = barrier.wait_until(start + SHORT);
            assert!(start.elapsed() >= SHORT);
            assert_eq!(reason(timed), Some(Reason::TimedOut));
            let patient = patient.join().expect("the thread without a timeout");
            assert_eq!(reason(patient), Some(Reason::TimedOut));
        });
        assert!(barrier.is_broken());
        assert_eq!(reason(barrier.wait()), Some(Reason::TimedOut));
        assert_eq!(reason(barrier.wait_for(LONG)), Some(Reason::TimedOut));
    });
}

#[test]
fn a_timeout_that_does_not_expire_has_no_effect() {
    within(LIMIT, || {
        let barrier = Barrier::new(2);
        thread::scope(|scope| {
            scope.spawn(|| barrier.wait_for(LONG).expect("a round"));
            barrier.wait_for(Duration::MAX).expect("a round");
        });
        assert!(
            Barrier::new(1).wait_for(Duration::ZERO).is_ok(),
            "the last party to arrive does not wait"
        );
    });
}

#[test]
fn no_timeout_breaks_a_round_after_the_last_party_has_arrived() {
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
                // The action outlasts the timeout of the first thread.
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
fn a_panic_of_the_action_breaks_the_round_for_the_other_threads() {
    within(LIMIT, || {
        let fail = AtomicBool::new(true);
        let barrier = Barrier::with_action(3, || assert!(!fail.load(Relaxed), "the action fails"));
        thread::scope(|scope| {
            let parties = [(); 3].map(|()| scope.spawn(|| caught(|| barrier.wait())));
            let mut ends = parties.map(|party| party.join().expect("a caught panic").map(reason));
            ends.sort_by_key(|end| end.is_err());
            assert_eq!(
                ends,
                [
                    Ok(Some(Reason::ActionPanicked)),
                    Ok(Some(Reason::ActionPanicked)),
                    Err("the action fails".to_owned())
                ]
            );
        });
        assert!(barrier.is_broken());
        let later = caught(|| barrier.wait()).expect("the action does not run");
        assert_eq!(reason(later), Some(Reason::ActionPanicked));
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
                assert_eq!(
                    reason(party.join().expect("a party")),
                    Some(Reason::Aborted)
                );
            }
        });
        assert_eq!(reason(barrier.wait()), Some(Reason::Aborted));
    });
}

#[test]
fn a_reset_while_the_action_runs_breaks_the_round_but_not_the_barrier() {
    within(LIMIT, || {
        let (acting, go_on) = (Event::new(), Event::new());
        let barrier = Barrier::with_action(2, || {
            acting.set();
            go_on.wait();
        });
        thread::scope(|scope| {
            let parties = [(); 2].map(|()| scope.spawn(|| barrier.wait()));
            acting.wait();
            barrier.reset();
            until(|| parties.iter().any(|party| party.is_finished()));
            go_on.set();
            for party in parties {
                assert_eq!(reason(party.join().expect("a party")), Some(Reason::Reset));
            }
        });
        assert!(!barrier.is_broken());
        thread::scope(|scope| {
            scope.spawn(|| barrier.wait().expect("a round"));
            barrier.wait().expect("a round");
        });
    });
}

#[test]
fn a_broken_barrier_keeps_its_first_reason_until_reset() {
    within(LIMIT, || {
        let barrier = Barrier::new(2);
        assert_eq!(
            reason(barrier.wait_for(Duration::ZERO)),
            Some(Reason::TimedOut)
        );
        barrier.abort();
        assert_eq!(reason(barrier.wait()), Some(Reason::TimedOut));
        barrier.reset();
        barrier.abort();
        assert_eq!(reason(barrier.wait()), Some(Reason::Aborted));
        assert_eq!(
            reason(barrier.wait_for(Duration::ZERO)),
            Some(Reason::Aborted)
        );
        barrier.reset();
        pass_a_round(&barrier);
    });
}

#[test]
fn every_thread_of_a_round_gets_the_first_reason_even_if_the_barrier_breaks_again() {
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
            // The leader is still in the action, so it does not know yet that its round is broken.
            barrier.reset();
            assert!(!barrier.is_broken());
            // A third thread cannot join a round that the leader has not left, so it times out.
            assert_eq!(reason(barrier.wait_for(SHORT)), Some(Reason::TimedOut));
            assert_eq!(reason(barrier.wait()), Some(Reason::TimedOut));
            go_on.set();
            for party in parties {
                assert_eq!(
                    reason(party.join().expect("a party")),
                    Some(Reason::Aborted)
                );
            }
        });
        assert_eq!(reason(barrier.wait()), Some(Reason::TimedOut));
    });
}

#[test]
fn all_threads_of_a_round_get_the_same_reason_when_a_timeout_an_abort_and_a_reset_race() {
    let mut rng = Rng::seeded();
    within(LIMIT, move || {
        for _ in 0..300 {
            let barrier = Barrier::new(3);
            let patience = rng.time_below(Duration::from_micros(200));
            let delay = rng.time_below(Duration::from_micros(200));
            thread::scope(|scope| {
                let waiters = [
                    scope.spawn(|| barrier.wait_for(patience)),
                    scope.spawn(|| barrier.wait_for(LONG)),
                ];
                until(|| barrier.waiting() == 2 || barrier.is_broken());
                let both_arrived = barrier.waiting() == 2;
                let_pass(delay);
                if rng.one_in(2) {
                    barrier.abort();
                } else {
                    barrier.reset();
                    // A thread that had not yet arrived waits in the next round now.
                    barrier.abort();
                }
                let reasons = waiters.map(|waiter| reason(waiter.join().expect("a waiter")));
                assert!(reasons.iter().all(|reason| reason.is_some()));
                if both_arrived {
                    assert_eq!(reasons[0], reasons[1]);
                }
            });
            let expected = reason(barrier.wait());
            assert_eq!(reason(barrier.wait_for(Duration::ZERO)), expected);
        }
    });
}

#[test]
fn a_thread_that_waits_for_the_next_round_learns_why_the_barrier_broke() {
    within(LIMIT, || {
        let (acting, go_on) = (Event::new(), Event::new());
        let barrier = Barrier::with_action(1, || {
            acting.set();
            go_on.wait();
        });
        thread::scope(|scope| {
            let leader = scope.spawn(|| barrier.wait());
            acting.wait();
            let next = scope.spawn(|| barrier.wait());
            until(|| barrier.waiters() == 1);
            barrier.abort();
            assert_eq!(
                reason(next.join().expect("the next")),
                Some(Reason::Aborted)
            );
            go_on.set();
            assert_eq!(
                reason(leader.join().expect("the leader")),
                Some(Reason::Aborted)
            );
        });
    });
}

#[test]
fn a_panic_of_the_action_does_not_break_a_barrier_that_was_reset_during_the_action() {
    within(LIMIT, || {
        let (acting, go_on) = (Event::new(), Event::new());
        let barrier = Barrier::with_action(2, || {
            acting.set();
            go_on.wait();
            panic!("the action fails");
        });
        thread::scope(|scope| {
            let parties = [(); 2].map(|()| scope.spawn(|| caught(|| barrier.wait())));
            acting.wait();
            barrier.reset();
            until(|| parties.iter().any(|party| party.is_finished()));
            go_on.set();
            let mut ends = parties.map(|party| party.join().expect("a caught panic").map(reason));
            ends.sort_by_key(|end| end.is_err());
            assert_eq!(
                ends,
                [Ok(Some(Reason::Reset)), Err("the action fails".to_owned())]
            );
        });
        assert!(!barrier.is_broken());
    });
}

#[test]
fn the_error_says_why_the_round_is_broken_and_what_to_do() {
    within(LIMIT, || {
        let barrier = Barrier::new(2);
        let timed_out = barrier.wait_for(Duration::ZERO).expect_err("a timeout");
        barrier.reset();
        barrier.abort();
        let aborted = barrier.wait().expect_err("an abort");
        barrier.reset();
        let reset = thread::scope(|scope| {
            let waiter = scope.spawn(|| barrier.wait());
            until(|| barrier.waiting() == 1);
            barrier.reset();
            waiter.join().expect("the waiter").expect_err("a reset")
        });
        let failing = Barrier::with_action(1, || panic!("the action fails"));
        assert!(caught(|| failing.wait()).is_err());
        let panicked = failing.wait().expect_err("a panic");
        for (error, why, what_to_do) in [
            (timed_out, "timed out", "call `reset`"),
            (aborted, "called `abort`", "call `reset`"),
            (reset, "called `reset`", "call `wait` again"),
            (panicked, "action panicked", "call `reset`"),
        ] {
            let text = error.to_string();
            assert!(text.contains(why) && text.contains(what_to_do), "{text:?}");
        }
    });
}

#[test]
fn barriers_are_unwind_safe_whatever_their_action_is() {
    fn is_unwind_safe<T: UnwindSafe + RefUnwindSafe>() {}
    is_unwind_safe::<Barrier>();
    is_unwind_safe::<Barrier<Cell<u8>>>();
    is_unwind_safe::<BarrierWaitResult>();
    is_unwind_safe::<BrokenBarrier>();
    is_unwind_safe::<Reason>();
}

#[test]
fn more_threads_than_parties_form_rounds_in_groups() {
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
            "two threads pass in each round, and one of them is the leader"
        );
        // The abort may have come while an action ran.
        assert!(actions.load(Relaxed) - led <= 1);
    });
}

#[test]
fn debug_output_never_blocks() {
    let barrier = Barrier::new(2);
    assert_eq!(
        format!("{barrier:?}"),
        "Barrier { parties: 2, waiting: 0, broken: false }"
    );
}

#[test]
fn no_thread_hangs_after_random_timeouts_aborts_and_resets() {
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
        pass_a_round(&barrier);
    });
}

//! Tests of what both semaphores guarantee. The file that includes this module imports the type as
//! `Subject` and provides `add`, which adds permits to it.

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};
use std::{array, mem};

use sync_primitives::{OwnedSemaphorePermit, SemaphorePermit};

use super::common::{LIMIT, LONG, Rng, Room, SHORT, caught, let_pass, until, within, work_for};
use super::{NAME, Subject, add};

/// After this time a waiter is overdue: the documentation says one millisecond.
const OVERDUE: Duration = Duration::from_millis(10);

#[test]
fn available_permits_falls_on_acquire_and_rises_on_drop() {
    within(LIMIT, || {
        let semaphore = Subject::new(3);
        assert_eq!(semaphore.available_permits(), 3);
        let one = semaphore.acquire();
        assert_eq!((one.num_permits(), semaphore.available_permits()), (1, 2));
        let two = semaphore.acquire_many(2);
        assert_eq!((two.num_permits(), semaphore.available_permits()), (2, 0));
        drop(one);
        assert_eq!(semaphore.available_permits(), 1);
        drop(two);
        assert_eq!(semaphore.available_permits(), 3);
    });
}

#[test]
fn threads_never_hold_more_permits_than_there_are() {
    const PERMITS: usize = 3;
    const ROUNDS: usize = 1_500;
    within(LIMIT, || {
        let semaphore = Arc::new(Subject::new(PERMITS));
        let room = Room::with_seats(PERMITS);
        let mut rng = Rng::seeded();
        thread::scope(|scope| {
            for _ in 0..5 {
                let mut rng = rng.fork();
                let (semaphore, room) = (&semaphore, &room);
                scope.spawn(move || {
                    (0..ROUNDS).for_each(|_| visit_at_random(semaphore, room, &mut rng))
                });
            }
        });
        assert_eq!(
            (semaphore.available_permits(), semaphore.waiters()),
            (PERMITS, 0)
        );
    });
}

/// Acquires one to three permits in a randomly chosen way, and gives them back together or in two
/// parts.
fn visit_at_random(semaphore: &Arc<Subject>, room: &Room, rng: &mut Rng) {
    let n = 1 + rng.below(3);
    let patience = rng.time_below(Duration::from_micros(50));
    let stay = if rng.one_in(16) {
        thread::yield_now as fn()
    } else {
        || ()
    };
    let permit = match rng.below(9) {
        0 => semaphore.try_acquire_many(n),
        1 => semaphore.try_acquire_many_for(n, patience),
        2 => semaphore.try_acquire_many_until(n, Instant::now() + patience),
        3 => {
            let _permit = Arc::clone(semaphore).acquire_many_owned(n);
            return room.visit(n, stay);
        }
        4 => {
            let permit = Arc::clone(semaphore).try_acquire_many_owned_for(n, patience);
            if permit.is_some() {
                room.visit(n, stay);
            }
            return;
        }
        _ => Some(semaphore.acquire_many(n)),
    };
    let Some(mut permit) = permit else { return };
    let part = room.visit(n, || {
        stay();
        rng.one_in(4).then(|| {
            permit
                .split(rng.below(n + 1))
                .expect("a part of what is held")
        })
    });
    if rng.one_in(2) {
        drop(permit);
        drop(part);
    } else if let Some(part) = part {
        permit.merge(part);
    }
}

#[test]
fn try_acquire_fails_and_takes_nothing_while_too_few_permits_are_free() {
    within(LIMIT, || {
        let semaphore = Subject::new(2);
        let first = semaphore.try_acquire().expect("two are left");
        assert!(semaphore.try_acquire_many(2).is_none());
        assert_eq!(semaphore.available_permits(), 1);
        let second = semaphore.try_acquire().expect("one is left");
        assert!(semaphore.try_acquire().is_none());
        drop((first, second));
        assert_eq!(
            semaphore.try_acquire_many(2).map(|both| both.num_permits()),
            Some(2)
        );
        assert_eq!(semaphore.available_permits(), 2);
    });
}

#[test]
fn a_timed_acquire_fails_after_its_timeout_and_not_before() {
    within(LIMIT, || {
        let semaphore = Subject::new(2);
        let held = semaphore.acquire_many(2);
        let start = Instant::now();
        assert!(semaphore.try_acquire_for(SHORT).is_none());
        assert!(start.elapsed() >= SHORT);
        assert!(semaphore.try_acquire_many_for(2, SHORT).is_none());
        assert!(start.elapsed() >= 2 * SHORT);
        let deadline = Instant::now() + SHORT;
        assert!(semaphore.try_acquire_until(deadline).is_none());
        assert!(Instant::now() >= deadline);
        let deadline = Instant::now() + SHORT;
        assert!(semaphore.try_acquire_many_until(2, deadline).is_none());
        assert!(Instant::now() >= deadline);
        assert_eq!(
            semaphore.waiters(),
            0,
            "a waiter that has timed out has left the queue"
        );
        drop(held);
        assert_eq!(semaphore.available_permits(), 2);
    });
}

#[test]
fn a_timed_acquire_succeeds_if_permits_are_given_back_in_time() {
    type Attempt = fn(&Subject) -> Option<usize>;
    const ATTEMPTS: [(usize, Attempt); 4] = [
        (1, |semaphore| {
            semaphore
                .try_acquire_for(LONG)
                .map(|permit| permit.num_permits())
        }),
        (1, |semaphore| {
            semaphore
                .try_acquire_until(Instant::now() + LONG)
                .map(|permit| permit.num_permits())
        }),
        (2, |semaphore| {
            semaphore
                .try_acquire_many_for(2, LONG)
                .map(|permit| permit.num_permits())
        }),
        (2, |semaphore| {
            semaphore
                .try_acquire_many_until(2, Instant::now() + LONG)
                .map(|permit| permit.num_permits())
        }),
    ];
    within(LIMIT, || {
        for (wanted, attempt) in ATTEMPTS {
            let semaphore = Subject::new(2);
            let held = semaphore.acquire_many(2);
            thread::scope(|scope| {
                let waiter = scope.spawn(|| attempt(&semaphore));
                until(|| semaphore.waiters() == 1);
                drop(held);
                assert_eq!(waiter.join().expect("the waiter"), Some(wanted));
            });
            assert_eq!(semaphore.available_permits(), 2);
        }
    });
}

#[test]
fn a_timed_owned_acquire_fails_after_its_timeout_and_not_before() {
    within(LIMIT, || {
        let semaphore = Arc::new(Subject::new(2));
        let shared = || Arc::clone(&semaphore);
        let held = semaphore.acquire_many(2);
        let start = Instant::now();
        assert!(shared().try_acquire_owned_for(SHORT).is_none());
        assert!(start.elapsed() >= SHORT);
        assert!(shared().try_acquire_many_owned_for(2, SHORT).is_none());
        assert!(start.elapsed() >= 2 * SHORT);
        let deadline = Instant::now() + SHORT;
        assert!(shared().try_acquire_owned_until(deadline).is_none());
        assert!(Instant::now() >= deadline);
        let deadline = Instant::now() + SHORT;
        assert!(shared().try_acquire_many_owned_until(2, deadline).is_none());
        assert!(Instant::now() >= deadline);
        assert_eq!(semaphore.waiters(), 0);
        assert_eq!(
            Arc::strong_count(&semaphore),
            1,
            "a failed attempt no longer keeps the semaphore alive"
        );
        drop(held);
        assert_eq!(semaphore.available_permits(), 2);
    });
}

#[test]
fn a_timed_owned_acquire_succeeds_if_permits_are_given_back_in_time() {
    type Attempt = fn(Arc<Subject>) -> Option<OwnedSemaphorePermit>;
    const ATTEMPTS: [(usize, Attempt); 4] = [
        (1, |semaphore| semaphore.try_acquire_owned_for(LONG)),
        (1, |semaphore| {
            semaphore.try_acquire_owned_until(Instant::now() + LONG)
        }),
        (2, |semaphore| semaphore.try_acquire_many_owned_for(2, LONG)),
        (2, |semaphore| {
            semaphore.try_acquire_many_owned_until(2, Instant::now() + LONG)
        }),
    ];
    within(LIMIT, || {
        for (wanted, attempt) in ATTEMPTS {
            let semaphore = Arc::new(Subject::new(2));
            let held = semaphore.acquire_many(2);
            let shared = Arc::clone(&semaphore);
            let waiter = thread::spawn(move || attempt(shared));
            until(|| semaphore.waiters() == 1);
            drop(held);
            let permit = waiter.join().expect("the waiter").expect("a permit");
            assert_eq!(permit.num_permits(), wanted);
            assert_eq!(semaphore.available_permits(), 2 - wanted);
            let weak = Arc::downgrade(&semaphore);
            drop(semaphore);
            assert!(weak.upgrade().is_some(), "the permit keeps it alive");
            drop(permit);
            assert!(weak.upgrade().is_none());
        }
    });
}

#[test]
fn a_timed_owned_acquire_accepts_zero_permits_and_extreme_times() {
    within(LIMIT, || {
        let semaphore = Arc::new(Subject::new(1));
        let shared = || Arc::clone(&semaphore);
        let past = Instant::now();
        assert!(shared().try_acquire_owned_for(Duration::ZERO).is_some());
        assert!(shared().try_acquire_owned_for(Duration::MAX).is_some());
        assert!(shared().try_acquire_owned_until(past).is_some());
        let _held = semaphore.acquire();
        assert!(shared().try_acquire_owned_for(Duration::ZERO).is_none());
        assert!(shared().try_acquire_owned_until(past).is_none());
        let none = shared().try_acquire_many_owned_for(0, Duration::ZERO);
        assert_eq!(none.map(|none| none.num_permits()), Some(0));
        assert!(shared().try_acquire_many_owned_until(0, past).is_some());
    });
}

/// The compiler checks this test: it rejects an `expect` if the statement below it does not cause
/// the warning.
#[test]
#[deny(unfulfilled_lint_expectations)]
fn the_compiler_warns_about_every_attempt_whose_permit_is_ignored() {
    let semaphore = Arc::new(Subject::new(3));
    let shared = || Arc::clone(&semaphore);
    let now = Instant::now();
    #[expect(unused_must_use)]
    semaphore.try_acquire();
    #[expect(unused_must_use)]
    semaphore.try_acquire_many(2);
    #[expect(unused_must_use)]
    semaphore.try_acquire_for(Duration::ZERO);
    #[expect(unused_must_use)]
    semaphore.try_acquire_many_for(2, Duration::ZERO);
    #[expect(unused_must_use)]
    semaphore.try_acquire_until(now);
    #[expect(unused_must_use)]
    semaphore.try_acquire_many_until(2, now);
    #[expect(unused_must_use)]
    shared().try_acquire_owned();
    #[expect(unused_must_use)]
    shared().try_acquire_many_owned(2);
    #[expect(unused_must_use)]
    shared().try_acquire_owned_for(Duration::ZERO);
    #[expect(unused_must_use)]
    shared().try_acquire_many_owned_for(2, Duration::ZERO);
    #[expect(unused_must_use)]
    shared().try_acquire_owned_until(now);
    #[expect(unused_must_use)]
    shared().try_acquire_many_owned_until(2, now);
    let mut permit = semaphore.acquire_many(3);
    #[expect(unused_must_use)]
    permit.split(1);
    assert_eq!(
        semaphore.available_permits(),
        1,
        "every ignored permit was given back at once"
    );
}

#[test]
fn semaphores_and_permits_are_unwind_safe() {
    fn is_unwind_safe<T: UnwindSafe + RefUnwindSafe>() {}
    is_unwind_safe::<Subject>();
    is_unwind_safe::<SemaphorePermit<'static>>();
    is_unwind_safe::<OwnedSemaphorePermit>();
}

#[test]
fn a_panic_gives_the_permits_back_and_wakes_a_waiter() {
    within(LIMIT, || {
        let semaphore = Subject::new(2);
        thread::scope(|scope| {
            let held = semaphore.acquire_many(2);
            let waiter = scope.spawn(|| drop(semaphore.acquire_many(2)));
            until(|| semaphore.waiters() == 1);
            let outcome = caught(move || {
                let _held = held;
                panic!("with both permits");
            });
            assert!(outcome.is_err());
            waiter.join().expect("the waiter");
        });
        assert_eq!(semaphore.available_permits(), 2);
    });
}

#[test]
fn permits_can_be_dropped_in_any_order() {
    const ORDERS: [[usize; 3]; 6] = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    within(LIMIT, || {
        let semaphore = Subject::new(6);
        for order in ORDERS {
            let mut permits = [1, 2, 3].map(|n| Some(semaphore.acquire_many(n)));
            let mut expected = 0;
            for permit in order {
                permits[permit] = None;
                expected += permit + 1;
                assert_eq!(semaphore.available_permits(), expected, "order {order:?}");
            }
        }
    });
}

#[test]
fn a_permit_can_be_dropped_by_another_thread() {
    within(LIMIT, || {
        let semaphore = Subject::new(1);
        thread::scope(|scope| {
            let permit = semaphore.acquire();
            scope.spawn(move || drop(permit));
            assert!(semaphore.try_acquire_for(LONG).is_some());
        });
        assert_eq!(semaphore.available_permits(), 1);
    });
}

#[test]
fn debug_output_never_blocks() {
    within(LIMIT, || {
        let semaphore = Subject::new(1);
        thread::scope(|scope| {
            let held = semaphore.acquire();
            scope.spawn(|| drop(semaphore.acquire()));
            until(|| semaphore.waiters() == 1);
            assert!(format!("{semaphore:#?}").starts_with(NAME));
            assert_eq!(semaphore.waiters(), 1);
            drop(held);
        });
        assert!(format!("{semaphore:?}").starts_with(NAME));
        assert_eq!(semaphore.available_permits(), 1);
    });
}

#[test]
fn a_waiter_for_several_permits_goes_on_when_all_of_them_are_free() {
    within(LIMIT, || {
        let semaphore = Subject::new(3);
        thread::scope(|scope| {
            let [first, second, third] = array::from_fn(|_| semaphore.acquire());
            let waiter = scope.spawn(|| semaphore.acquire_many(3).num_permits());
            until(|| semaphore.waiters() == 1);
            drop(first);
            drop(second);
            let_pass(SHORT);
            assert!(!waiter.is_finished());
            drop(third);
            assert_eq!(waiter.join().expect("the waiter"), 3);
        });
        assert_eq!(semaphore.available_permits(), 3);
    });
}

#[test]
fn permits_that_are_given_back_together_wake_several_waiters() {
    within(LIMIT, || {
        let (semaphore, all_inside) = (Subject::new(4), Barrier::new(3));
        thread::scope(|scope| {
            let (semaphore, all_inside) = (&semaphore, &all_inside);
            let all = semaphore.acquire_many(4);
            for n in [1, 2, 1] {
                scope.spawn(move || {
                    let _permit = semaphore.acquire_many(n);
                    all_inside.wait();
                });
            }
            until(|| semaphore.waiters() == 3);
            drop(all);
        });
        assert_eq!(semaphore.available_permits(), 4);
    });
}

#[test]
fn acquiring_zero_permits_succeeds_at_once_even_if_threads_wait() {
    within(LIMIT, || {
        let semaphore = Arc::new(Subject::new(1));
        thread::scope(|scope| {
            let held = semaphore.acquire();
            scope.spawn(|| drop(semaphore.acquire()));
            until(|| semaphore.waiters() == 1);
            let_pass(OVERDUE);
            assert_eq!(semaphore.acquire_many(0).num_permits(), 0);
            assert_eq!(
                semaphore.try_acquire_many(0).map(|none| none.num_permits()),
                Some(0)
            );
            assert!(semaphore.try_acquire_many_for(0, Duration::ZERO).is_some());
            assert!(
                semaphore
                    .try_acquire_many_until(0, Instant::now())
                    .is_some()
            );
            assert_eq!(
                Arc::clone(&semaphore).acquire_many_owned(0).num_permits(),
                0
            );
            assert!(Arc::clone(&semaphore).try_acquire_many_owned(0).is_some());
            assert_eq!(semaphore.waiters(), 1);
            drop(held);
        });
        assert_eq!(semaphore.available_permits(), 1);
    });
}

#[test]
fn an_owned_permit_can_move_to_another_thread_and_keeps_the_semaphore_alive() {
    within(LIMIT, || {
        let semaphore = Arc::new(Subject::new(3));
        let one = Arc::clone(&semaphore).acquire_owned();
        let two = Arc::clone(&semaphore).acquire_many_owned(2);
        assert!(Arc::clone(&semaphore).try_acquire_owned().is_none());
        assert!(Arc::clone(&semaphore).try_acquire_many_owned(2).is_none());
        assert_eq!((one.num_permits(), two.num_permits()), (1, 2));
        thread::spawn(move || drop(two))
            .join()
            .expect("the other thread");
        assert_eq!(semaphore.available_permits(), 2);
        let three = Arc::clone(&semaphore)
            .try_acquire_many_owned(2)
            .expect("two are left");
        let weak = Arc::downgrade(&semaphore);
        drop(semaphore);
        drop(three);
        assert_eq!(
            weak.upgrade()
                .expect("one permit is alive")
                .available_permits(),
            2
        );
        drop(one);
        assert!(weak.upgrade().is_none());
    });
}

#[test]
fn acquire_owned_blocks_until_a_permit_is_free() {
    within(LIMIT, || {
        let semaphore = Arc::new(Subject::new(1));
        let held = semaphore.acquire();
        let waiter = thread::spawn({
            let semaphore = Arc::clone(&semaphore);
            move || semaphore.acquire_owned()
        });
        until(|| semaphore.waiters() == 1);
        drop(held);
        let permit = waiter.join().expect("the waiter");
        assert_eq!(semaphore.available_permits(), 0);
        drop(permit);
        assert_eq!(semaphore.available_permits(), 1);
    });
}

#[test]
fn a_forgotten_permit_is_not_given_back() {
    within(LIMIT, || {
        let semaphore = Arc::new(Subject::new(6));
        semaphore.acquire().forget();
        assert_eq!(semaphore.available_permits(), 5);
        Arc::clone(&semaphore).acquire_many_owned(2).forget();
        assert_eq!(semaphore.available_permits(), 3);
        assert_eq!(
            Arc::strong_count(&semaphore),
            1,
            "an owned permit that is forgotten no longer keeps the semaphore alive"
        );
        mem::forget(semaphore.acquire());
        assert_eq!(semaphore.available_permits(), 2);
        assert!(semaphore.try_acquire_many(3).is_none());
        drop(semaphore.acquire_many(2));
        assert_eq!(semaphore.available_permits(), 2);
    });
}

#[test]
fn split_and_merge_do_not_change_the_number_of_free_permits() {
    within(LIMIT, || {
        let semaphore = Arc::new(Subject::new(5));
        let mut five = semaphore.acquire_many(5);
        let two = five.split(2).expect("two of five");
        assert_eq!(
            (
                five.num_permits(),
                two.num_permits(),
                semaphore.available_permits()
            ),
            (3, 2, 0)
        );
        drop(two);
        assert_eq!(semaphore.available_permits(), 2);
        five.merge(semaphore.acquire());
        assert_eq!((five.num_permits(), semaphore.available_permits()), (4, 1));
        drop(five);
        assert_eq!(semaphore.available_permits(), 5);

        let mut owned = Arc::clone(&semaphore).acquire_many_owned(4);
        let part = owned.split(3).expect("three of four");
        assert_eq!((owned.num_permits(), part.num_permits()), (1, 3));
        drop(owned);
        assert_eq!(semaphore.available_permits(), 2);
        let mut rest = Arc::clone(&semaphore).acquire_owned();
        rest.merge(part);
        assert_eq!(rest.num_permits(), 4);
        drop(rest);
        assert_eq!(
            (semaphore.available_permits(), Arc::strong_count(&semaphore)),
            (5, 1)
        );
    });
}

#[test]
fn split_returns_none_for_more_permits_than_the_value_holds() {
    within(LIMIT, || {
        let semaphore = Arc::new(Subject::new(4));
        let mut two = semaphore.acquire_many(2);
        assert!(two.split(3).is_none());
        assert!(two.split(usize::MAX).is_none());
        assert_eq!((two.num_permits(), semaphore.available_permits()), (2, 2));
        assert_eq!(two.split(0).map(|none| none.num_permits()), Some(0));
        let all = two.split(2).expect("all that it holds");
        assert_eq!((two.num_permits(), all.num_permits()), (0, 2));
        drop(two);
        assert_eq!(semaphore.available_permits(), 2);
        drop(all);
        assert_eq!(semaphore.available_permits(), 4);

        let mut owned = Arc::clone(&semaphore).acquire_owned();
        assert!(owned.split(2).is_none());
        assert_eq!(owned.num_permits(), 1);
    });
}

#[test]
fn merging_permits_of_two_semaphores_panics_and_loses_none() {
    within(LIMIT, || {
        let (left, right) = (Arc::new(Subject::new(2)), Arc::new(Subject::new(2)));
        let mut mine = left.acquire();
        assert!(caught(|| mine.merge(right.acquire())).is_err());
        assert_eq!(mine.num_permits(), 1);
        drop(mine);
        let mut mine = Arc::clone(&left).acquire_owned();
        assert!(caught(|| mine.merge(Arc::clone(&right).acquire_owned())).is_err());
        assert_eq!(mine.num_permits(), 1);
        drop(mine);
        assert_eq!(
            (left.available_permits(), right.available_permits()),
            (2, 2)
        );
        assert_eq!(
            (Arc::strong_count(&left), Arc::strong_count(&right)),
            (1, 1)
        );
    });
}

#[test]
fn a_zero_timeout_and_a_past_deadline_mean_a_single_attempt() {
    within(LIMIT, || {
        let semaphore = Subject::new(2);
        let past = Instant::now();
        let_pass(Duration::from_millis(1));
        assert!(semaphore.try_acquire_for(Duration::ZERO).is_some());
        assert!(semaphore.try_acquire_until(past).is_some());
        assert!(semaphore.try_acquire_many_for(2, Duration::ZERO).is_some());
        assert!(semaphore.try_acquire_many_until(2, past).is_some());
        let _held = semaphore.acquire_many(2);
        assert!(semaphore.try_acquire_for(Duration::ZERO).is_none());
        assert!(semaphore.try_acquire_until(past).is_none());
        assert!(semaphore.try_acquire_many_for(2, Duration::ZERO).is_none());
        assert!(semaphore.try_acquire_many_until(2, past).is_none());
    });
}

#[test]
fn a_timeout_too_large_to_add_to_now_means_no_timeout() {
    within(LIMIT, || {
        let semaphore = Subject::new(2);
        thread::scope(|scope| {
            let held = semaphore
                .try_acquire_many_for(2, Duration::MAX)
                .expect("both are free");
            let one = scope.spawn(|| semaphore.try_acquire_for(Duration::MAX).is_some());
            let two = scope.spawn(|| semaphore.try_acquire_many_for(2, Duration::MAX).is_some());
            until(|| semaphore.waiters() == 2);
            let_pass(SHORT);
            assert_eq!(semaphore.waiters(), 2, "both threads still wait");
            drop(held);
            assert!(one.join().expect("a waiter") && two.join().expect("a waiter"));
        });
    });
}

#[test]
fn an_overdue_first_waiter_gets_the_permit_before_a_running_thread() {
    within(LIMIT, || {
        let semaphore = Subject::new(1);
        for _ in 0..10 {
            let held = semaphore.acquire();
            let (finish, finished) = mpsc::channel::<()>();
            thread::scope(|scope| {
                let semaphore = &semaphore;
                scope.spawn(move || {
                    let _permit = semaphore.acquire();
                    finished.recv().expect("the signal of the first holder");
                });
                until(|| semaphore.waiters() == 1);
                let_pass(OVERDUE);
                drop(held);
                assert!(
                    semaphore.try_acquire().is_none(),
                    "a running thread got the permit before the waiter"
                );
                finish.send(()).expect("a waiter that receives");
            });
        }
    });
}

#[test]
fn an_overdue_first_waiter_is_served_in_part_and_before_later_waiters() {
    within(LIMIT, || {
        let semaphore = Subject::new(3);
        thread::scope(|scope| {
            let [first, second, third] = array::from_fn(|_| semaphore.acquire());
            let wants_all = scope.spawn(|| semaphore.acquire_many(3).num_permits());
            until(|| semaphore.waiters() == 1);
            let wants_one = scope.spawn(|| semaphore.acquire().num_permits());
            until(|| semaphore.waiters() == 2);
            let_pass(OVERDUE);
            for permit in [first, second] {
                drop(permit);
                assert!(
                    semaphore.try_acquire().is_none(),
                    "the permit goes to the first waiter"
                );
                let_pass(Duration::from_millis(2));
                assert!(!wants_all.is_finished() && !wants_one.is_finished());
            }
            drop(third);
            assert_eq!(wants_all.join().expect("the first waiter"), 3);
            assert_eq!(wants_one.join().expect("the second waiter"), 1);
        });
        assert_eq!(semaphore.available_permits(), 3);
    });
}

#[test]
fn a_waiter_for_all_permits_is_not_starved_by_threads_that_take_one_in_a_loop() {
    // Without eventual fairness the waiter would have to hit an instant at which none of the three
    // loops holds a permit.
    const ROUNDS: usize = 10;
    within(LIMIT, || {
        let semaphore = Subject::new(3);
        let over = AtomicBool::new(false);
        let start = Instant::now();
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while !over.load(Relaxed) {
                        let _permit = semaphore.acquire();
                        work_for(Duration::from_micros(500));
                    }
                });
            }
            let gets_all =
                || semaphore.try_acquire_many_for(3, LONG).is_some() && start.elapsed() < LONG;
            let got = (0..ROUNDS).take_while(|_| gets_all()).count();
            over.store(true, Relaxed);
            assert_eq!(got, ROUNDS, "rounds in {LONG:?}");
        });
        assert_eq!(semaphore.available_permits(), 3);
    });
}

#[test]
fn a_waiter_that_times_out_gives_back_the_permits_it_has_received() {
    within(LIMIT, || {
        let semaphore = Subject::new(3);
        thread::scope(|scope| {
            let [first, second, third] = array::from_fn(|_| semaphore.acquire());
            let waiter = scope.spawn(|| semaphore.try_acquire_many_for(3, 3 * SHORT).is_none());
            until(|| semaphore.waiters() == 1 || waiter.is_finished());
            let_pass(OVERDUE);
            drop(first);
            drop(second);
            assert!(waiter.join().expect("the waiter"));
            assert_eq!((semaphore.available_permits(), semaphore.waiters()), (2, 0));
            drop(third);
        });
        assert_eq!(semaphore.available_permits(), 3);
    });
}

#[test]
fn a_waiter_that_times_out_wakes_the_waiters_behind_it() {
    within(LIMIT, || {
        let semaphore = Subject::new(3);
        thread::scope(|scope| {
            let held: [_; 3] = array::from_fn(|_| semaphore.acquire());
            let large = scope.spawn(|| semaphore.try_acquire_many_for(3, 3 * SHORT).is_none());
            until(|| semaphore.waiters() == 1 || large.is_finished());
            let small = [(); 2].map(|()| scope.spawn(|| semaphore.acquire().num_permits()));
            until(|| semaphore.waiters() == 3 || large.is_finished());
            let_pass(OVERDUE);
            let [first, second, third] = held;
            drop(first);
            drop(second);
            assert!(large.join().expect("the large waiter"));
            // The third permit is still held, so the small waiters can only get the permits that
            // the large one has given back.
            for waiter in small {
                assert_eq!(waiter.join().expect("a small waiter"), 1);
            }
            drop(third);
        });
        assert_eq!((semaphore.available_permits(), semaphore.waiters()), (3, 0));
    });
}

#[test]
fn no_permit_is_lost_if_a_waiter_times_out_while_permits_are_given_back() {
    within(LIMIT, || {
        let semaphore = Subject::new(3);
        let mut rng = Rng::seeded();
        for _ in 0..300 {
            let [first, second, third] = array::from_fn(|_| semaphore.acquire());
            let patience = rng.time_below(Duration::from_millis(2));
            let [before, between] = array::from_fn(|_| rng.time_below(Duration::from_millis(1)));
            thread::scope(|scope| {
                scope.spawn(|| drop(semaphore.try_acquire_many_for(3, patience)));
                scope.spawn(|| drop(semaphore.acquire()));
                scope.spawn(|| drop(semaphore.acquire_many(2)));
                let_pass(before);
                drop(first);
                let_pass(between);
                drop(second);
                drop(third);
            });
            assert_eq!((semaphore.available_permits(), semaphore.waiters()), (3, 0));
        }
    });
}

#[test]
fn a_woken_waiter_whose_permit_was_taken_is_woken_again() {
    within(LIMIT, || {
        let semaphore = Subject::new(1);
        for _ in 0..500 {
            let held = semaphore.acquire();
            thread::scope(|scope| {
                let waiter = scope.spawn(|| drop(semaphore.acquire()));
                until(|| semaphore.waiters() == 1);
                drop(held);
                let stolen = semaphore.try_acquire();
                until(|| semaphore.waiters() == 1 || waiter.is_finished() || stolen.is_none());
                drop(stolen);
                waiter.join().expect("the waiter");
            });
        }
        assert_eq!(semaphore.available_permits(), 1);
    });
}

#[test]
fn a_waiter_for_one_gets_the_permit_that_a_running_thread_leaves_for_a_waiter_for_two() {
    within(LIMIT, || {
        let semaphore = Subject::new(2);
        for _ in 0..100 {
            let held = semaphore.acquire_many(2);
            thread::scope(|scope| {
                let both = scope.spawn(|| drop(semaphore.acquire_many(2)));
                until(|| semaphore.waiters() == 1);
                let one = scope.spawn(|| drop(semaphore.acquire()));
                until(|| semaphore.waiters() == 2);
                drop(held);
                // The first waiter has been woken for two permits. If this thread is faster, only
                // one is left, and the waiter for one must be woken for it.
                let stolen = semaphore.try_acquire();
                one.join().expect("the waiter for one");
                drop(stolen);
                both.join().expect("the waiter for both");
            });
        }
        assert_eq!((semaphore.available_permits(), semaphore.waiters()), (2, 0));
    });
}

#[test]
fn permits_that_replace_forgotten_ones_wake_a_waiter_for_all() {
    within(LIMIT, || {
        let semaphore = Subject::new(3);
        semaphore.acquire_many(2).forget();
        thread::scope(|scope| {
            let waiter = scope.spawn(|| semaphore.acquire_many(3).num_permits());
            until(|| semaphore.waiters() == 1);
            add(&semaphore, 1);
            assert!(!waiter.is_finished());
            add(&semaphore, 1);
            assert_eq!(waiter.join().expect("the waiter"), 3);
        });
        assert_eq!(semaphore.available_permits(), 3);
    });
}

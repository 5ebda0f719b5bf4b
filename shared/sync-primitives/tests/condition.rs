//! Tests of the guarantees of `Condition`, with each type of guard that can wait.

#![deny(unfulfilled_lint_expectations)]

mod common;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::mem;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use common::{LIMIT, LONG, Rng, Room, SHORT, caught, let_pass, until, within, work_for};
use sync_primitives::{Condition, Lock, LockGuard, RLock, RLockGuard};

/// Returns `true` if another thread can lock the lock at this moment.
fn another_thread_can_lock<T: ?Sized + Send>(lock: &Lock<T>) -> bool {
    thread::scope(|scope| {
        scope
            .spawn(|| lock.try_lock().is_some())
            .join()
            .expect("the other thread")
    })
}

/// Returns `true` if another thread can lock the reentrant lock at this moment.
fn another_thread_can_lock_rlock<T: ?Sized + Send>(lock: &RLock<T>) -> bool {
    thread::scope(|scope| {
        scope
            .spawn(|| lock.try_lock().is_some())
            .join()
            .expect("the other thread")
    })
}

#[test]
fn a_notification_ends_a_wait() {
    within(LIMIT, || {
        let (lock, changed) = (Lock::new(false), Condition::new());
        thread::scope(|scope| {
            let waiter = scope.spawn(|| {
                let mut ready = lock.lock();
                while !*ready {
                    changed.wait(&mut ready);
                }
                assert!(lock.is_locked());
            });
            until(|| changed.waiters() == 1);
            *lock.lock() = true;
            assert!(changed.notify_one());
            waiter.join().expect("the waiter");
        });
        assert!(!lock.is_locked());
        assert_eq!(changed.waiters(), 0);
    });
}

#[test]
fn waiters_hold_the_lock_one_at_a_time_after_their_wait() {
    const THREADS: usize = 4;
    const ROUNDS: usize = 300;
    within(LIMIT, || {
        let (lock, changed) = (Lock::new(0_usize), Condition::new());
        let room = Room::with_seats(1);
        let notified = AtomicBool::new(false);
        let mut rng = Rng::seeded();
        thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS)
                .map(|_| {
                    let mut rng = rng.fork();
                    let (lock, changed, room) = (&lock, &changed, &room);
                    scope.spawn(move || {
                        for _ in 0..ROUNDS {
                            let mut count = lock.lock();
                            let timeout = rng.time_below(Duration::from_micros(100));
                            let _ = changed.wait_for(&mut count, timeout);
                            room.visit(1, || {
                                let before = *count;
                                if rng.one_in(16) {
                                    thread::yield_now();
                                }
                                *count = before + 1;
                            });
                        }
                    })
                })
                .collect();
            scope.spawn(|| {
                while !notified.load(Relaxed) {
                    changed.notify_all();
                    thread::yield_now();
                }
            });
            let outcomes: Vec<_> = threads
                .into_iter()
                .map(thread::ScopedJoinHandle::join)
                .collect();
            notified.store(true, Relaxed);
            assert!(outcomes.iter().all(Result::is_ok));
        });
        assert_eq!(lock.into_inner(), THREADS * ROUNDS);
    });
}

#[test]
fn a_waiter_that_is_notified_while_the_lock_is_held_returns_after_the_unlock() {
    within(LIMIT, || {
        let (lock, changed) = (Lock::new(0), Condition::new());
        let back = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut value = lock.lock();
                changed.wait_while(&mut value, |value| *value == 0);
                back.store(true, Relaxed);
            });
            until(|| changed.waiters() == 1);
            let mut value = lock.lock();
            *value = 1;
            assert!(changed.notify_one());
            assert_eq!(changed.waiters(), 0);
            assert!(lock.try_lock().is_none());
            let_pass(SHORT);
            assert!(!back.load(Relaxed), "the lock is still held here");
            drop(value);
            until(|| back.load(Relaxed));
        });
    });
}

#[test]
fn timed_waits_time_out_but_not_too_early() {
    within(LIMIT, || {
        let (lock, changed) = (Lock::new(()), Condition::new());
        let mut guard = lock.lock();
        let start = Instant::now();
        assert!(changed.wait_for(&mut guard, SHORT).timed_out());
        assert!(start.elapsed() >= SHORT);
        let deadline = Instant::now() + SHORT;
        assert!(changed.wait_until(&mut guard, deadline).timed_out());
        assert!(Instant::now() >= deadline);
        assert!(
            changed
                .wait_while_for(&mut guard, SHORT, |()| true)
                .timed_out()
        );
        assert!(Instant::now() >= deadline + SHORT);
        let deadline = Instant::now() + SHORT;
        assert!(
            changed
                .wait_while_until(&mut guard, deadline, |()| true)
                .timed_out()
        );
        assert!(Instant::now() >= deadline);
        assert_eq!(
            changed.waiters(),
            0,
            "a thread that timed out has left the wait queue"
        );
    });
}

// A notification just before the timeout ends a wait without a look at the clock. If this repeats,
// the wait would go on after its deadline.
#[test]
fn a_wait_that_is_notified_again_and_again_ends_at_its_deadline() {
    within(LIMIT, || {
        let (lock, changed) = (Lock::new(()), Condition::new());
        let is_done = AtomicBool::new(false);
        let mut most_late_checks = 0;
        thread::scope(|scope| {
            scope.spawn(|| {
                while !is_done.load(Relaxed) {
                    changed.notify_one();
                }
            });
            let mut guard = lock.lock();
            for _ in 0..3_000 {
                let deadline = Instant::now() + Duration::from_micros(50);
                let mut late_checks = 0;
                let _ = changed.wait_while_until(&mut guard, deadline, |()| {
                    late_checks += u32::from(Instant::now() > deadline);
                    true
                });
                most_late_checks = late_checks.max(most_late_checks);
            }
            is_done.store(true, Relaxed);
        });
        // The deadline can pass just before the check that precedes a wait.
        assert!(
            most_late_checks <= 2,
            "{most_late_checks} checks after the deadline"
        );
    });
}

#[test]
fn timed_waits_succeed_if_they_are_notified_in_time() {
    type Wait = fn(&Condition, &mut LockGuard<'_, bool>) -> bool;
    const WAITS: [Wait; 4] = [
        |changed, ready| changed.wait_for(ready, LONG).timed_out(),
        |changed, ready| changed.wait_until(ready, Instant::now() + LONG).timed_out(),
        |changed, ready| {
            changed
                .wait_while_for(ready, LONG, |ready| !ready)
                .timed_out()
        },
        |changed, ready| {
            changed
                .wait_while_until(ready, Instant::now() + LONG, |ready| !ready)
                .timed_out()
        },
    ];
    within(LIMIT, || {
        for wait in WAITS {
            let (lock, changed) = (Lock::new(false), Condition::new());
            thread::scope(|scope| {
                let waiter = scope.spawn(|| wait(&changed, &mut lock.lock()));
                until(|| changed.waiters() == 1);
                *lock.lock() = true;
                assert!(changed.notify_one());
                assert!(!waiter.join().expect("the waiter"));
            });
        }
    });
}

#[test]
fn a_panic_after_a_wait_unlocks_the_lock_and_leaves_the_condition_usable() {
    within(LIMIT, || {
        let (lock, changed) = (Lock::new(()), Condition::new());
        thread::scope(|scope| {
            let panicking = scope.spawn(|| {
                let mut guard = lock.lock();
                changed.wait(&mut guard);
                panic!("after the wait");
            });
            until(|| changed.waiters() == 1);
            assert!(changed.notify_one());
            assert!(panicking.join().is_err());
            assert!(!lock.is_locked());
            scope.spawn(|| changed.wait(&mut lock.lock()));
            until(|| changed.waiters() == 1);
            assert!(changed.notify_one());
        });
    });
}

#[test]
fn the_waiter_or_the_notifier_can_drop_the_condition() {
    within(LIMIT, || {
        for _ in 0..3_000 {
            let shared = Arc::new((Lock::new(false), Condition::new()));
            let waiter = thread::spawn({
                let shared = Arc::clone(&shared);
                move || {
                    let (lock, changed) = &*shared;
                    changed.wait_while(&mut lock.lock(), |ready| !ready);
                }
            });
            *shared.0.lock() = true;
            shared.1.notify_one();
            drop(shared);
            waiter.join().expect("the waiter");
        }
    });
}

#[test]
fn threads_can_share_a_guard_after_it_has_waited() {
    within(LIMIT, || {
        let (lock, changed) = (Lock::new(0), Condition::new());
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut value = lock.lock();
                changed.wait_while(&mut value, |value| *value == 0);
                let shared: &LockGuard<'_, i32> = &value;
                let seen =
                    thread::scope(|inner| inner.spawn(|| **shared).join().expect("the reader"));
                assert_eq!(seen, 5);
            });
            until(|| changed.waiters() == 1);
            *lock.lock() = 5;
            changed.notify_all();
        });
    });
}

#[test]
fn debug_formatting_never_blocks() {
    within(LIMIT, || {
        let (lock, changed) = (Lock::new(()), Condition::new());
        assert!(format!("{changed:?}").starts_with("Condition"));
        thread::scope(|scope| {
            scope.spawn(|| changed.wait(&mut lock.lock()));
            until(|| changed.waiters() == 1);
            let guard = lock.lock();
            assert!(format!("{changed:#?}").starts_with("Condition"));
            assert_eq!(changed.waiters(), 1);
            drop(guard);
            changed.notify_one();
        });
    });
}

#[test]
fn a_condition_can_be_a_static() {
    static LOCK: Lock<u32> = Lock::new(0);
    static CHANGED: Condition = Condition::new();
    within(LIMIT, || {
        thread::scope(|scope| {
            scope.spawn(|| CHANGED.wait_while(&mut LOCK.lock(), |value| *value == 0));
            *LOCK.lock() = 1;
            CHANGED.notify_all();
        });
    });
}

#[test]
fn the_lock_is_unlocked_during_a_wait_and_held_after_it() {
    within(LIMIT, || {
        let (lock, changed) = (Lock::new(0), Condition::new());
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut value = lock.lock();
                changed.wait_while(&mut value, |value| *value == 0);
                assert_eq!(*value, 1);
                assert!(!another_thread_can_lock(&lock));
            });
            until(|| changed.waiters() == 1);
            // The waiter joins the wait queue before it unlocks the lock, so this may block for a
            // moment.
            *lock.lock() = 1;
            assert!(changed.notify_one());
        });
        assert!(another_thread_can_lock(&lock));
    });
}

#[test]
fn the_lock_is_held_after_a_wait_that_timed_out() {
    within(LIMIT, || {
        let (lock, changed) = (Lock::new(0), Condition::new());
        let mut guard = lock.lock();
        assert!(
            changed
                .wait_for(&mut guard, Duration::from_millis(1))
                .timed_out()
        );
        assert!(!another_thread_can_lock(&lock));
        *guard = 1;
        drop(guard);
        assert!(another_thread_can_lock(&lock));
    });
}

#[test]
fn a_waiter_that_timed_out_returns_only_after_the_lock_is_unlocked() {
    within(LIMIT, || {
        let (lock, changed) = (Lock::new(()), Condition::new());
        let mut in_time = false;
        while !in_time {
            thread::scope(|scope| {
                let waiter = scope.spawn(|| changed.wait_for(&mut lock.lock(), SHORT).timed_out());
                until(|| changed.waiters() == 1 || waiter.is_finished());
                let guard = lock.lock();
                in_time = changed.waiters() == 1;
                if in_time {
                    until(|| lock.waiters() == 1);
                    let_pass(SHORT);
                    assert!(
                        !waiter.is_finished(),
                        "the wait returned while this thread held the lock"
                    );
                }
                drop(guard);
                assert!(waiter.join().expect("the waiter"));
            });
        }
    });
}

#[test]
fn no_notification_is_lost_between_the_check_and_the_park() {
    const ROUNDS: usize = 5_000;
    within(LIMIT, || {
        let (turn, changed) = (Lock::new(0_usize), Condition::new());
        thread::scope(|scope| {
            for me in 0..2 {
                let (turn, changed) = (&turn, &changed);
                scope.spawn(move || {
                    for _ in 0..ROUNDS {
                        let mut now = turn.lock();
                        changed.wait_while(&mut now, |now| now % 2 != me);
                        *now += 1;
                        drop(now);
                        changed.notify_one();
                    }
                });
            }
        });
        assert_eq!(turn.into_inner(), 2 * ROUNDS);
    });
}

#[test]
fn no_notification_is_lost_if_the_wait_begins_at_the_same_time() {
    // Both threads run in each round. The notifier changes the state as soon as the waiter has
    // unlocked the lock, so its notification falls into any gap between that moment and the park.
    const ROUNDS: usize = 5_000;
    within(LIMIT, || {
        let (state, changed) = (Lock::new(0), Condition::new());
        let about_to_wait = AtomicUsize::new(0);
        let mut rng = Rng::seeded();
        thread::scope(|scope| {
            scope.spawn(|| {
                for round in 1..=ROUNDS {
                    let mut done = state.lock();
                    about_to_wait.store(round, Relaxed);
                    changed.wait_while(&mut done, |done| *done < round);
                }
            });
            for round in 1..=ROUNDS {
                until(|| about_to_wait.load(Relaxed) == round);
                for _ in 0..rng.below(200) {
                    std::hint::spin_loop();
                }
                *state.lock() = round;
                changed.notify_one();
            }
        });
    });
}

#[test]
fn two_conditions_on_one_lock_make_a_bounded_buffer() {
    const ITEMS: usize = 1_000;
    within(LIMIT, || {
        let buffer = Lock::new(VecDeque::new());
        let (not_full, not_empty) = (Condition::new(), Condition::new());
        let total = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for item in 1..=ITEMS {
                        let mut items = buffer.lock();
                        not_full.wait_while(&mut items, |items| items.len() == 2);
                        items.push_back(item);
                        not_empty.notify_one();
                    }
                });
                scope.spawn(|| {
                    for _ in 0..ITEMS {
                        let mut items = buffer.lock();
                        not_empty.wait_while(&mut items, VecDeque::is_empty);
                        total.fetch_add(items.pop_front().expect("an item"), Relaxed);
                        not_full.notify_one();
                    }
                });
            }
        });
        assert_eq!(total.into_inner(), ITEMS * (ITEMS + 1));
    });
}

#[test]
fn a_notification_without_waiters_does_not_end_a_later_wait() {
    within(LIMIT, || {
        let (lock, changed) = (Lock::new(()), Condition::new());
        assert!(!changed.notify_one());
        assert_eq!(changed.notify_n(3), 0);
        assert_eq!(changed.notify_all(), 0);
        assert!(changed.wait_for(&mut lock.lock(), SHORT).timed_out());
        assert!(
            !changed.notify_one(),
            "a thread that timed out has left the wait queue"
        );
    });
}

/// Starts `n` waiters, calls `notify`, and returns its result with the number of threads that still
/// wait.
///
/// Does this twice: with the lock held, so that no notified thread can return and wait again, and
/// with the lock unlocked. Both must have the same result.
fn notify_waiters(n: usize, notify: fn(&Condition) -> usize) -> (usize, usize) {
    let (lock, changed) = (Lock::new(false), Condition::new());
    let held = thread::scope(|scope| {
        for _ in 0..n {
            scope.spawn(|| changed.wait_while(&mut lock.lock(), |over| !over));
        }
        until(|| changed.waiters() == n);
        let mut over = lock.lock();
        let result = (notify(&changed), changed.waiters());
        *over = true;
        changed.notify_all();
        result
    });
    let gone = AtomicUsize::new(0);
    let unlocked = thread::scope(|scope| {
        for _ in 0..n {
            scope.spawn(|| {
                changed.wait(&mut lock.lock());
                gone.fetch_add(1, Relaxed);
            });
        }
        until(|| changed.waiters() == n && !lock.is_locked());
        let taken_off = notify(&changed);
        until(|| gone.load(Relaxed) == taken_off);
        let left = changed.waiters();
        changed.notify_all();
        (taken_off, left)
    });
    assert_eq!(
        held, unlocked,
        "with the lock held, and with the lock unlocked"
    );
    held
}

#[test]
fn notify_one_takes_one_thread_off_the_wait_queue() {
    within(LIMIT, || {
        assert_eq!(
            notify_waiters(1, |changed| changed.notify_one().into()),
            (1, 0)
        );
        assert_eq!(
            notify_waiters(3, |changed| changed.notify_one().into()),
            (1, 2)
        );
    });
}

#[test]
fn notify_n_takes_at_most_n_threads_off_the_wait_queue() {
    within(LIMIT, || {
        assert_eq!(notify_waiters(5, |changed| changed.notify_n(0)), (0, 5));
        assert_eq!(notify_waiters(5, |changed| changed.notify_n(1)), (1, 4));
        assert_eq!(notify_waiters(5, |changed| changed.notify_n(2)), (2, 3));
        assert_eq!(notify_waiters(3, |changed| changed.notify_n(3)), (3, 0));
        assert_eq!(notify_waiters(3, |changed| changed.notify_n(10)), (3, 0));
        assert_eq!(
            notify_waiters(3, |changed| changed.notify_n(usize::MAX)),
            (3, 0)
        );
    });
}

#[test]
fn notify_all_takes_every_thread_off_the_wait_queue() {
    within(LIMIT, || {
        assert_eq!(notify_waiters(0, Condition::notify_all), (0, 0));
        assert_eq!(notify_waiters(1, Condition::notify_all), (1, 0));
        assert_eq!(notify_waiters(5, Condition::notify_all), (5, 0));
    });
}

#[test]
fn every_notified_waiter_returns_if_the_lock_was_held() {
    // A notification under the lock may move the waiters to the wait queue of the lock. Each of
    // them must leave that queue again.
    within(LIMIT, || {
        let (lock, changed) = (Lock::new(0), Condition::new());
        thread::scope(|scope| {
            let waiters = [(); 5].map(|()| {
                scope.spawn(|| {
                    let mut arrived = lock.lock();
                    changed.wait(&mut arrived);
                    *arrived += 1;
                })
            });
            until(|| changed.waiters() == 5);
            let guard = lock.lock();
            assert_eq!(changed.notify_n(2) + changed.notify_all(), 5);
            drop(guard);
            waiters
                .into_iter()
                .for_each(|waiter| waiter.join().expect("a waiter"));
        });
        assert_eq!(lock.into_inner(), 5);
    });
}

#[test]
fn every_notified_waiter_returns_if_the_lock_was_unlocked() {
    within(LIMIT, || {
        let (lock, changed) = (Lock::new(0), Condition::new());
        thread::scope(|scope| {
            for _ in 0..5 {
                scope.spawn(|| {
                    let mut arrived = lock.lock();
                    changed.wait(&mut arrived);
                    *arrived += 1;
                });
            }
            until(|| changed.waiters() == 5);
            until(|| !lock.is_locked());
            assert_eq!(changed.notify_all(), 5);
        });
        assert_eq!(lock.into_inner(), 5);
    });
}

#[test]
fn a_notified_waiter_can_be_handed_the_lock() {
    within(LIMIT, || {
        let (lock, reentrant, changed) = (Lock::new(()), RLock::new(()), Condition::new());
        for _ in 0..50 {
            thread::scope(|scope| {
                let waiter = scope.spawn(|| changed.wait(&mut lock.lock()));
                until(|| changed.waiters() == 1);
                let guard = lock.lock();
                assert!(changed.notify_one());
                LockGuard::unlock_fair(guard);
                waiter.join().expect("the waiter");
            });
            thread::scope(|scope| {
                let waiter = scope.spawn(|| changed.wait(&mut reentrant.lock()));
                until(|| changed.waiters() == 1);
                let guard = reentrant.lock();
                assert!(changed.notify_one());
                // The waiter is in the wait queue of the lock by now. After this, it has been there
                // long enough to be handed the lock.
                let_pass(Duration::from_millis(2));
                drop(guard);
                waiter.join().expect("the waiter");
            });
        }
        assert!(!lock.is_locked() && !reentrant.is_locked());
    });
}

#[test]
fn a_waiter_that_times_out_leaves_the_other_waiters_in_the_queue() {
    within(LIMIT, || {
        let (lock, changed) = (Lock::new(()), Condition::new());
        thread::scope(|scope| {
            (0..2).for_each(|_| drop(scope.spawn(|| changed.wait(&mut lock.lock()))));
            let timed = scope.spawn(|| changed.wait_for(&mut lock.lock(), SHORT).timed_out());
            assert!(timed.join().expect("the timed waiter"));
            until(|| changed.waiters() == 2);
            assert!(changed.notify_one() && changed.notify_one());
        });
    });
}

#[test]
fn waiters_with_different_locks_are_all_woken() {
    within(LIMIT, || {
        let (left, right, changed) = (Lock::new(()), Lock::new(()), Condition::new());
        let reentrant = RLock::new(());
        thread::scope(|scope| {
            scope.spawn(|| changed.wait(&mut left.lock()));
            scope.spawn(|| changed.wait(&mut right.lock()));
            scope.spawn(|| changed.wait(&mut reentrant.lock()));
            until(|| changed.waiters() == 3);
            assert_eq!(changed.notify_all(), 3);
        });
        assert!(!left.is_locked() && !right.is_locked() && !reentrant.is_locked());
    });
}

#[test]
fn a_waiter_returns_even_if_the_lock_of_another_waiter_is_held() {
    within(LIMIT, || {
        let (left, right, changed) = (Lock::new(()), Lock::new(()), Condition::new());
        for right_waits_first in [true, false] {
            thread::scope(|scope| {
                let on_left = || changed.wait(&mut left.lock());
                let on_right = || changed.wait(&mut right.lock());
                let waiter = if right_waits_first {
                    scope.spawn(on_right)
                } else {
                    scope.spawn(on_left)
                };
                until(|| changed.waiters() == 1);
                let other = if right_waits_first {
                    scope.spawn(on_left)
                } else {
                    scope.spawn(on_right)
                };
                until(|| changed.waiters() == 2);
                let held = left.lock();
                assert_eq!(changed.notify_all(), 2);
                let (can_return, cannot_return) = if right_waits_first {
                    (waiter, other)
                } else {
                    (other, waiter)
                };
                until(|| can_return.is_finished());
                assert!(!cannot_return.is_finished());
                drop(held);
            });
        }
    });
}

#[test]
fn a_wait_releases_every_level_of_an_rlock_and_acquires_every_level_again() {
    within(LIMIT, || {
        for depth in 1..=3 {
            let (lock, changed) = (RLock::new(AtomicU32::new(0)), Condition::new());
            thread::scope(|scope| {
                scope.spawn(|| {
                    let mut levels: Vec<_> = (0..depth).map(|_| lock.lock()).collect();
                    changed.wait_while(levels.last_mut().expect("a level"), |value| {
                        value.load(Relaxed) == 0
                    });
                    for left in (1..=depth).rev() {
                        assert_eq!(
                            (lock.depth(), another_thread_can_lock_rlock(&lock)),
                            (left, false)
                        );
                        levels.pop();
                    }
                    assert_eq!(
                        (lock.depth(), another_thread_can_lock_rlock(&lock)),
                        (0, true)
                    );
                });
                until(|| changed.waiters() == 1);
                let value = lock
                    .try_lock_for(LONG)
                    .expect("the wait has released every level");
                assert_eq!(lock.depth(), 1);
                value.store(1, Relaxed);
                assert!(changed.notify_one());
            });
        }
    });
}

#[test]
fn a_thread_can_wait_with_an_outer_guard_of_an_rlock() {
    within(LIMIT, || {
        let (lock, changed) = (RLock::new(()), Condition::new());
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut outer = lock.lock();
                let inner = lock.lock();
                changed.wait(&mut outer);
                assert_eq!(lock.depth(), 2);
                drop(outer);
                assert_eq!(
                    (lock.depth(), another_thread_can_lock_rlock(&lock)),
                    (1, false)
                );
                drop(inner);
            });
            until(|| changed.waiters() == 1);
            drop(
                lock.try_lock_for(LONG)
                    .expect("the wait has released every level"),
            );
            assert!(changed.notify_one());
        });
    });
}

#[test]
fn a_wait_that_timed_out_acquires_every_level_of_an_rlock_again() {
    within(LIMIT, || {
        let (lock, changed) = (RLock::new(()), Condition::new());
        let mut levels = [(); 3].map(|()| lock.lock());
        assert!(
            changed
                .wait_for(&mut levels[2], Duration::from_millis(1))
                .timed_out()
        );
        assert!(
            changed
                .wait_while_for(&mut levels[0], Duration::from_millis(1), |()| true)
                .timed_out()
        );
        assert_eq!(
            (lock.depth(), another_thread_can_lock_rlock(&lock)),
            (3, false)
        );
        drop(levels);
        assert!(another_thread_can_lock_rlock(&lock));
    });
}

#[test]
fn a_wait_that_is_handed_an_rlock_acquires_every_level_again() {
    within(LIMIT, || {
        let (lock, changed) = (RLock::new(()), Condition::new());
        thread::scope(|scope| {
            scope.spawn(|| {
                let outer = lock.lock();
                let mut inner = lock.lock();
                changed.wait(&mut inner);
                assert_eq!(
                    (lock.depth(), another_thread_can_lock_rlock(&lock)),
                    (2, false)
                );
                drop(inner);
                assert_eq!(
                    (lock.depth(), another_thread_can_lock_rlock(&lock)),
                    (1, false)
                );
                drop(outer);
            });
            until(|| changed.waiters() == 1);
            let level = lock
                .try_lock_for(LONG)
                .expect("the wait has released every level");
            // The lock is held, so the notification moves the waiter to the wait queue of the lock.
            assert!(changed.notify_one());
            RLockGuard::unlock_fair(level);
        });
        assert!(another_thread_can_lock_rlock(&lock));
    });
}

#[test]
fn a_notifier_keeps_its_levels_of_an_rlock() {
    within(LIMIT, || {
        let (lock, changed) = (RLock::new(()), Condition::new());
        thread::scope(|scope| {
            let waiter = scope.spawn(|| {
                let (_outer, mut inner) = (lock.lock(), lock.lock());
                changed.wait(&mut inner);
                lock.depth()
            });
            until(|| changed.waiters() == 1);
            let levels = (lock.lock(), lock.lock(), lock.lock());
            assert!(changed.notify_one());
            assert_eq!(lock.depth(), 3);
            drop((levels.0, levels.1));
            let_pass(SHORT);
            assert!(!waiter.is_finished(), "one level is still held here");
            drop(levels.2);
            assert_eq!(waiter.join().expect("the waiter"), 2);
        });
        assert!(another_thread_can_lock_rlock(&lock));
    });
}

#[test]
fn no_notification_is_lost_when_two_threads_take_turns_at_changing_depths() {
    const ROUNDS: usize = 1_000;
    within(LIMIT, || {
        let (turn, changed) = (RLock::new(AtomicUsize::new(0)), Condition::new());
        thread::scope(|scope| {
            for me in 0..2 {
                let (turn, changed) = (&turn, &changed);
                scope.spawn(move || {
                    for round in 0..ROUNDS {
                        let mut levels: Vec<_> = (0..=round % 3).map(|_| turn.lock()).collect();
                        changed.wait_while(&mut levels[0], |now| now.load(Relaxed) % 2 != me);
                        levels[0].fetch_add(1, Relaxed);
                        if me == 0 {
                            levels.clear();
                        }
                        changed.notify_one();
                    }
                });
            }
        });
        assert_eq!(turn.into_inner().into_inner(), 2 * ROUNDS);
    });
}

#[test]
fn an_outermost_can_wait_with_a_value_that_is_not_sync() {
    within(LIMIT, || {
        let (lock, changed) = (RLock::new(RefCell::new(Vec::new())), Condition::new());
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut guard = lock.lock();
                let mut orders = RLockGuard::outermost(&mut guard).expect("one level");
                changed.wait_while(&mut orders, |orders| orders.borrow().is_empty());
                assert_eq!(orders.borrow_mut().pop(), Some("tea"));
                assert_eq!(
                    (lock.depth(), another_thread_can_lock_rlock(&lock)),
                    (1, false)
                );
            });
            until(|| changed.waiters() == 1);
            lock.lock().borrow_mut().push("tea");
            assert!(changed.notify_one());
        });
        assert!(another_thread_can_lock_rlock(&lock));
    });
}

#[test]
fn an_outermost_can_wait_with_a_timeout() {
    within(LIMIT, || {
        let (lock, changed) = (RLock::new(Cell::new(0)), Condition::new());
        let mut guard = lock.lock();
        let mut outermost = RLockGuard::outermost(&mut guard).expect("one level");
        let start = Instant::now();
        assert!(changed.wait_for(&mut outermost, SHORT).timed_out());
        assert!(
            changed
                .wait_while_for(&mut outermost, SHORT, |value| value.get() == 0)
                .timed_out()
        );
        assert!(start.elapsed() >= 2 * SHORT);
        assert_eq!(
            (lock.depth(), another_thread_can_lock_rlock(&lock)),
            (1, false)
        );
    });
}

#[test]
fn a_wait_with_an_outermost_panics_if_the_thread_has_locked_again() {
    // The `&Cell` of the second guard would be alive during the wait, while another thread gets its
    // own.
    within(LIMIT, || {
        let (lock, changed) = (RLock::new(Cell::new(0)), Condition::new());
        let mut first = lock.lock();
        let mut outermost = RLockGuard::outermost(&mut first).expect("one level");
        let second = lock.lock();
        assert!(caught(|| changed.wait(&mut outermost)).is_err());
        assert!(caught(|| changed.wait_for(&mut outermost, SHORT)).is_err());
        assert!(caught(|| changed.wait_until(&mut outermost, Instant::now() + SHORT)).is_err());
        assert!(caught(|| changed.wait_while(&mut outermost, |_| true)).is_err());
        assert!(caught(|| changed.wait_while_for(&mut outermost, SHORT, |_| true)).is_err());
        assert!(
            caught(|| changed.wait_while_until(&mut outermost, Instant::now() + SHORT, |_| true))
                .is_err()
        );
        assert_eq!(
            (lock.depth(), changed.waiters()),
            (2, 0),
            "a refused wait changes nothing"
        );
        assert!(!another_thread_can_lock_rlock(&lock));
        second.set(1);
        drop(second);
        assert!(
            changed.wait_for(&mut outermost, SHORT).timed_out(),
            "the thread holds one level again"
        );
        drop(first);
        assert!(another_thread_can_lock_rlock(&lock));
    });
}

#[test]
fn a_wait_with_an_outermost_panics_if_its_closure_keeps_a_level() {
    within(LIMIT, || {
        let (lock, changed) = (RLock::new(Cell::new(0)), Condition::new());
        let mut guard = lock.lock();
        let mut outermost = RLockGuard::outermost(&mut guard).expect("one level");

        let mut kept = Vec::new();
        let storing = caught(|| {
            changed.wait_while(&mut outermost, |_| {
                kept.push(lock.lock());
                true
            });
        });
        assert!(storing.is_err());
        assert_eq!((kept.len(), lock.depth()), (1, 2));
        kept.clear();

        let leaking = caught(|| {
            changed.wait_while_for(&mut outermost, LONG, |_| {
                mem::forget(lock.lock());
                true
            })
        });
        assert!(leaking.is_err());
        assert_eq!((lock.depth(), changed.waiters()), (2, 0));
    });
}

#[test]
fn the_closure_can_lock_the_rlock_again_and_release_it() {
    within(LIMIT, || {
        let (lock, changed) = (RLock::new(Cell::new(0)), Condition::new());
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut guard = lock.lock();
                let mut outermost = RLockGuard::outermost(&mut guard).expect("one level");
                changed.wait_while(&mut outermost, |_| lock.lock().get() == 0);
                assert_eq!(lock.depth(), 1);
            });
            until(|| changed.waiters() == 1);
            lock.lock().set(1);
            assert!(changed.notify_one());
        });
    });
}

#[test]
fn a_wait_also_releases_a_level_that_the_closure_keeps() {
    within(LIMIT, || {
        let (lock, changed) = (RLock::new(AtomicBool::new(false)), Condition::new());
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut guard = lock.lock();
                let mut kept = Vec::new();
                changed.wait_while(&mut guard, |ready| {
                    kept.push(lock.lock());
                    !ready.load(Relaxed)
                });
                assert_eq!(lock.depth(), 1 + kept.len());
            });
            until(|| changed.waiters() == 1);
            let ready = lock
                .try_lock_for(LONG)
                .expect("the wait has released every level");
            ready.store(true, Relaxed);
            assert!(changed.notify_one());
        });
        assert!(another_thread_can_lock_rlock(&lock));
    });
}

#[test]
fn wait_while_returns_at_once_if_its_closure_returns_false() {
    within(LIMIT, || {
        let (lock, changed) = (Lock::new(0), Condition::new());
        let mut guard = lock.lock();
        changed.wait_while(&mut guard, |_| false);
        assert!(
            !changed
                .wait_while_for(&mut guard, LONG, |_| false)
                .timed_out()
        );
        assert!(
            !changed
                .wait_while_for(&mut guard, Duration::ZERO, |_| false)
                .timed_out()
        );
        assert!(
            !changed
                .wait_while_until(&mut guard, Instant::now(), |_| false)
                .timed_out()
        );
        assert!(!another_thread_can_lock(&lock));
    });
}

#[test]
fn wait_while_calls_its_closure_after_every_wakeup() {
    within(LIMIT, || {
        let (lock, changed) = (Lock::new(0), Condition::new());
        let calls = AtomicUsize::new(0);
        thread::scope(|scope| {
            let waiter = scope.spawn(|| {
                changed.wait_while(&mut lock.lock(), |value| {
                    calls.fetch_add(1, Relaxed);
                    *value < 3
                });
            });
            for value in 1..=3 {
                until(|| changed.waiters() == 1);
                assert!(!waiter.is_finished());
                *lock.lock() = value;
                assert!(changed.notify_one());
            }
            waiter.join().expect("the waiter");
        });
        assert!(
            calls.into_inner() >= 4,
            "once before each of three waits, and once after the last"
        );
    });
}

#[test]
fn the_closure_runs_with_the_lock_held() {
    within(LIMIT, || {
        let (lock, changed) = (Lock::new(()), Condition::new());
        let calls = AtomicUsize::new(0);
        let mut guard = lock.lock();
        let outcome = changed.wait_while_for(&mut guard, SHORT, |()| {
            assert!(!another_thread_can_lock(&lock));
            calls.fetch_add(1, Relaxed);
            true
        });
        assert!(outcome.timed_out());
        assert!(calls.into_inner() >= 2, "before the wait and after it");
    });
}

#[test]
fn a_timed_wait_while_reports_what_its_closure_returns_last() {
    // The value changes without a notification, so only the last call of the closure, after the
    // deadline, can see the change.
    within(LIMIT, || {
        let (lock, changed) = (Lock::new(false), Condition::new());
        let mut in_time = false;
        while !in_time {
            *lock.lock() = false;
            thread::scope(|scope| {
                let wait = || {
                    changed
                        .wait_while_for(&mut lock.lock(), 2 * SHORT, |ready| !ready)
                        .timed_out()
                };
                let waiter = scope.spawn(wait);
                until(|| changed.waiters() == 1 || waiter.is_finished());
                let mut ready = lock.lock();
                in_time = changed.waiters() == 1;
                *ready = in_time;
                drop(ready);
                assert_ne!(waiter.join().expect("the waiter"), in_time);
            });
        }
    });
}

#[test]
fn a_timed_wait_while_keeps_its_deadline_across_many_wakeups() {
    within(LIMIT, || {
        let (lock, changed) = (Lock::new(()), Condition::new());
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Relaxed) {
                    changed.notify_all();
                    thread::yield_now();
                }
            });
            let start = Instant::now();
            let outcome = changed.wait_while_for(&mut lock.lock(), SHORT, |()| true);
            over.store(true, Relaxed);
            assert!(outcome.timed_out());
            assert!(start.elapsed() >= SHORT);
        });
    });
}

#[test]
fn a_panic_of_the_closure_leaves_the_lock_and_the_condition_usable() {
    within(LIMIT, || {
        let (lock, changed) = (Lock::new(0), Condition::new());
        let at_once =
            caught(|| changed.wait_while(&mut lock.lock(), |_| panic!("before the wait")));
        assert_eq!(at_once.unwrap_err(), "before the wait");
        assert!(another_thread_can_lock(&lock));
        thread::scope(|scope| {
            let later = scope.spawn(|| {
                caught(|| {
                    changed.wait_while(&mut lock.lock(), |value| {
                        assert_eq!(*value, 0, "after the wait");
                        true
                    });
                })
            });
            until(|| changed.waiters() == 1);
            *lock.lock() = 1;
            assert!(changed.notify_one());
            assert!(later.join().expect("a caught panic").is_err());
        });
        assert!(another_thread_can_lock(&lock));
        assert_eq!(changed.waiters(), 0);
    });
}

#[test]
fn a_panic_of_the_closure_leaves_both_levels_to_their_guards() {
    within(LIMIT, || {
        let (lock, changed) = (RLock::new(()), Condition::new());
        let mut guards = (lock.lock(), lock.lock());
        let mut results = [true, false].into_iter();
        let outcome = caught(|| {
            changed.wait_while_for(&mut guards.1, SHORT, |()| {
                results.next() == Some(true) || panic!("after the wait")
            })
        });
        assert!(outcome.is_err());
        assert_eq!(
            (lock.depth(), another_thread_can_lock_rlock(&lock)),
            (2, false)
        );
        drop(guards);
        assert!(another_thread_can_lock_rlock(&lock));
    });
}

#[test]
fn a_duration_of_zero_and_a_deadline_in_the_past_end_the_wait_at_once() {
    within(LIMIT, || {
        let (lock, changed) = (Lock::new(()), Condition::new());
        let past = Instant::now();
        let_pass(Duration::from_millis(1));
        let mut guard = lock.lock();
        assert!(changed.wait_for(&mut guard, Duration::ZERO).timed_out());
        assert!(changed.wait_until(&mut guard, past).timed_out());
        assert!(
            changed
                .wait_while_for(&mut guard, Duration::ZERO, |()| true)
                .timed_out()
        );
        assert!(
            changed
                .wait_while_until(&mut guard, past, |()| true)
                .timed_out()
        );
        assert!(!another_thread_can_lock(&lock));
    });
}

#[test]
fn a_duration_too_large_to_add_to_now_means_no_timeout() {
    within(LIMIT, || {
        let (lock, changed) = (Lock::new(false), Condition::new());
        thread::scope(|scope| {
            let plain = scope.spawn(|| {
                changed
                    .wait_for(&mut lock.lock(), Duration::MAX)
                    .timed_out()
            });
            let asking = scope.spawn(|| {
                changed
                    .wait_while_for(&mut lock.lock(), Duration::MAX, |over| !over)
                    .timed_out()
            });
            until(|| changed.waiters() == 2);
            let_pass(SHORT);
            assert_eq!(changed.waiters(), 2, "both threads still wait");
            *lock.lock() = true;
            assert_eq!(changed.notify_all(), 2);
            assert!(!plain.join().expect("a waiter"));
            assert!(!asking.join().expect("a waiter"));
        });
    });
}

#[test]
fn a_wait_that_was_notified_in_time_has_not_timed_out_even_if_the_lock_is_held_longer() {
    within(LIMIT, || {
        let (lock, changed) = (Lock::new(()), Condition::new());
        let mut in_time = false;
        while !in_time {
            thread::scope(|scope| {
                let waiter = scope.spawn(|| changed.wait_for(&mut lock.lock(), SHORT).timed_out());
                until(|| changed.waiters() == 1 || waiter.is_finished());
                let guard = lock.lock();
                in_time = changed.notify_one();
                let_pass(2 * SHORT);
                drop(guard);
                assert_ne!(waiter.join().expect("the waiter"), in_time);
            });
        }
    });
}

#[test]
fn every_thread_that_a_notification_takes_off_the_wait_queue_has_not_timed_out() {
    const WAITERS: usize = 4;
    const NOTIFICATIONS: usize = 2_000;
    within(LIMIT, || {
        let (lock, changed) = (Lock::new(0_usize), Condition::new());
        let waiters_left = AtomicUsize::new(WAITERS);
        let over = AtomicBool::new(false);
        let taken = AtomicUsize::new(0);
        let mut rng = Rng::seeded();
        thread::scope(|scope| {
            for _ in 0..WAITERS {
                let mut rng = rng.fork();
                let (lock, changed, over, waiters_left) = (&lock, &changed, &over, &waiters_left);
                scope.spawn(move || {
                    while !over.load(Relaxed) {
                        let mut woken = lock.lock();
                        if !changed
                            .wait_for(&mut woken, rng.time_below(Duration::from_micros(100)))
                            .timed_out()
                        {
                            *woken += 1;
                        }
                    }
                    waiters_left.fetch_sub(1, Relaxed);
                });
            }
            let notifiers = [(); 2].map(|()| {
                let mut rng = rng.fork();
                let (lock, changed, taken) = (&lock, &changed, &taken);
                scope.spawn(move || {
                    for _ in 0..NOTIFICATIONS {
                        let guard = rng.one_in(2).then(|| lock.lock());
                        let count = match rng.below(3) {
                            0 => usize::from(changed.notify_one()),
                            1 => changed.notify_n(2),
                            _ => changed.notify_all(),
                        };
                        taken.fetch_add(count, Relaxed);
                        drop(guard);
                        work_for(rng.time_below(Duration::from_micros(100)));
                    }
                })
            });
            notifiers
                .into_iter()
                .for_each(|notifier| notifier.join().expect("a notifier"));
            over.store(true, Relaxed);
            until(|| waiters_left.load(Relaxed) == 0);
        });
        let (woken, taken) = (lock.into_inner(), taken.into_inner());
        assert!(
            woken >= taken,
            "{taken} threads were taken off the wait queue, but {woken} waits did not time out"
        );
        assert!(taken > 0, "no notification found a waiter");
    });
}

#[test]
fn the_value_can_be_a_slice_or_a_trait_object() {
    within(LIMIT, || {
        let changed = Condition::new();
        let slice: Box<Lock<[u8]>> = Box::new(Lock::new([1, 2]));
        assert!(
            changed
                .wait_while_for(&mut slice.lock(), Duration::ZERO, |bytes: &[u8]| bytes
                    .len()
                    == 2)
                .timed_out()
        );
        let object: Box<RLock<dyn Fn() -> bool + Send + Sync>> = Box::new(RLock::new(|| true));
        assert!(
            changed
                .wait_while_for(&mut object.lock(), Duration::ZERO, |answer| answer())
                .timed_out()
        );
    });
}

#[test]
fn the_condition_forgets_the_lock_of_a_waiter_that_timed_out() {
    within(LIMIT, || {
        let changed = Condition::new();
        let lock = Box::new(Lock::new(()));
        assert!(changed.wait_for(&mut lock.lock(), SHORT).timed_out());
        assert_eq!(format!("{changed:?}"), "Condition { has_waiters: false }");
        drop(lock);
        assert_eq!((changed.notify_one(), changed.notify_all()), (false, 0));
    });
}

#[test]
fn the_condition_forgets_the_locks_of_waiters_that_were_notified() {
    within(LIMIT, || {
        let changed = Condition::new();
        let locks = [Lock::new(()), Lock::new(())];
        thread::scope(|scope| {
            for lock in &locks {
                scope.spawn(|| changed.wait(&mut lock.lock()));
            }
            until(|| changed.waiters() == 2);
            assert_eq!(changed.notify_all(), 2);
        });
        assert_eq!(format!("{changed:?}"), "Condition { has_waiters: false }");
    });
}

#[test]
fn a_condition_is_unwind_safe() {
    fn assert_unwind_safe<T: UnwindSafe + RefUnwindSafe>() {}
    assert_unwind_safe::<Condition>();
}

#[test]
fn ignoring_the_result_of_a_timed_wait_is_a_warning() {
    // `expect` makes the compiler report an error if the statement does not warn.
    let (lock, changed) = (Lock::new(()), Condition::new());
    let mut guard = lock.lock();
    #[expect(unused_must_use)]
    changed.wait_for(&mut guard, Duration::ZERO);
    #[expect(unused_must_use)]
    changed.wait_until(&mut guard, Instant::now());
    #[expect(unused_must_use)]
    changed.wait_while_for(&mut guard, Duration::ZERO, |()| true);
    #[expect(unused_must_use)]
    changed.wait_while_until(&mut guard, Instant::now(), |()| true);
    assert!(lock.is_locked());
}

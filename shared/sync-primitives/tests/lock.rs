//! Tests of the guarantees of `Lock`.

#![deny(unfulfilled_lint_expectations)]

mod common;

use std::cell::Cell;
use std::mem;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use common::{LIMIT, LONG, Ledger, Rng, Room, SHORT, caught, let_pass, until, within, work_for};
use sync_primitives::{Lock, LockGuard, MappedLockGuard};

/// Returns `true` if another thread can lock the lock at this moment.
fn another_thread_can_lock<T: ?Sized + Send>(lock: &Lock<T>) -> bool {
    thread::scope(|scope| {
        scope
            .spawn(|| lock.try_lock().is_some())
            .join()
            .expect("the other thread")
    })
}

#[test]
fn a_guard_reads_and_writes_the_value() {
    within(LIMIT, || {
        let mut lock = Lock::new(vec![1]);
        lock.lock().push(2);
        assert_eq!(*lock.lock(), [1, 2]);
        lock.get_mut().push(3);
        assert_eq!(lock.into_inner(), [1, 2, 3]);
    });
}

#[test]
fn two_threads_never_hold_the_lock_at_the_same_time() {
    const THREADS: usize = 4;
    const ROUNDS: usize = 4_000;
    within(LIMIT, || {
        let lock = Lock::new(0_usize);
        let room = Room::with_seats(1);
        let mut rng = Rng::seeded();
        thread::scope(|scope| {
            for _ in 0..THREADS {
                let mut rng = rng.fork();
                let (lock, room) = (&lock, &room);
                scope.spawn(move || {
                    for _ in 0..ROUNDS {
                        let mut count = lock_in_a_random_way(lock, &mut rng);
                        room.visit(1, || {
                            let before = *count;
                            if rng.one_in(32) {
                                thread::yield_now();
                            }
                            *count = before + 1;
                        });
                        if rng.one_in(16) {
                            LockGuard::unlock_fair(count);
                        }
                    }
                });
            }
        });
        assert_eq!(lock.into_inner(), THREADS * ROUNDS);
    });
}

/// Locks the lock with one of the four methods, chosen at random.
fn lock_in_a_random_way<'a>(lock: &'a Lock<usize>, rng: &mut Rng) -> LockGuard<'a, usize> {
    loop {
        let guard = match rng.below(8) {
            0 => lock.try_lock(),
            1 => lock.try_lock_for(rng.time_below(Duration::from_micros(50))),
            2 => lock.try_lock_until(Instant::now() + rng.time_below(Duration::from_micros(50))),
            _ => Some(lock.lock()),
        };
        if let Some(guard) = guard {
            return guard;
        }
    }
}

#[test]
fn try_lock_fails_while_the_lock_is_held_and_succeeds_afterwards() {
    within(LIMIT, || {
        let lock = Lock::new(());
        assert!(!lock.is_locked());
        let guard = lock.try_lock().expect("the lock is unlocked");
        assert!(lock.is_locked());
        assert!(lock.try_lock().is_none(), "for the owner");
        assert!(!another_thread_can_lock(&lock));
        drop(guard);
        assert!(!lock.is_locked());
        assert!(another_thread_can_lock(&lock));
    });
}

#[test]
fn try_lock_for_and_try_lock_until_time_out_but_not_too_early() {
    within(LIMIT, || {
        let lock = Lock::new(());
        let guard = lock.lock();
        let start = Instant::now();
        assert!(lock.try_lock_for(SHORT).is_none());
        assert!(start.elapsed() >= SHORT);
        let deadline = Instant::now() + SHORT;
        assert!(lock.try_lock_until(deadline).is_none());
        assert!(Instant::now() >= deadline);
        assert_eq!(
            lock.waiters(),
            0,
            "a thread that timed out has left the wait queue"
        );
        drop(guard);
        assert!(
            another_thread_can_lock(&lock),
            "a thread that timed out has not changed the lock"
        );
    });
}

#[test]
fn try_lock_for_and_try_lock_until_succeed_if_the_lock_is_unlocked_in_time() {
    type Attempt = fn(&Lock<i32>) -> Option<LockGuard<'_, i32>>;
    const ATTEMPTS: [Attempt; 2] = [
        |lock| lock.try_lock_for(LONG),
        |lock| lock.try_lock_until(Instant::now() + LONG),
    ];
    within(LIMIT, || {
        let lock = Lock::new(0);
        for attempt in ATTEMPTS {
            let guard = lock.lock();
            thread::scope(|scope| {
                let waiter = scope.spawn(|| attempt(&lock).map(|mut value| *value += 1));
                until(|| lock.waiters() == 1);
                drop(guard);
                assert!(waiter.join().expect("the waiter").is_some());
            });
        }
        assert_eq!(lock.into_inner(), 2);
    });
}

#[test]
fn a_panic_unlocks_the_lock_without_poisoning_it() {
    within(LIMIT, || {
        let lock = Lock::new(1);
        let message = caught(|| {
            let mut value = lock.lock();
            *value = 2;
            panic!("while the lock is held");
        });
        assert_eq!(message.unwrap_err(), "while the lock is held");
        assert_eq!(lock.try_lock().as_deref(), Some(&2));
    });
}

#[test]
fn a_panic_of_the_owner_wakes_a_waiter() {
    within(LIMIT, || {
        let lock = Lock::new(());
        thread::scope(|scope| {
            let guard = lock.lock();
            let waiter = scope.spawn(|| drop(lock.lock()));
            until(|| lock.waiters() == 1);
            let outcome = caught(move || {
                let _guard = guard;
                panic!("while the lock is held");
            });
            assert!(outcome.is_err());
            waiter.join().expect("the waiter");
        });
    });
}

#[test]
fn guards_of_two_locks_can_be_dropped_in_either_order() {
    within(LIMIT, || {
        let (left, right) = (Lock::new(()), Lock::new(()));
        for left_first in [true, false] {
            let (left_guard, right_guard) = (left.lock(), right.lock());
            if left_first {
                drop(left_guard);
                assert!(!left.is_locked() && right.is_locked());
                drop(right_guard);
            } else {
                drop(right_guard);
                assert!(left.is_locked() && !right.is_locked());
                drop(left_guard);
            }
            assert!(!left.is_locked() && !right.is_locked());
        }
    });
}

#[test]
fn the_value_is_dropped_with_the_lock_but_not_by_into_inner() {
    let ledger = Ledger::for_ids(2);
    drop(Lock::new(ledger.value(0)));
    let inner = Lock::new(ledger.value(1)).into_inner();
    assert_eq!(ledger.drops(), [1, 0]);
    drop(inner);
    ledger.assert_each_dropped_once();
}

#[test]
fn threads_can_read_through_one_shared_guard() {
    within(LIMIT, || {
        let lock = Lock::new(vec![1, 2, 3]);
        let guard = lock.lock();
        let shared: &LockGuard<'_, Vec<i32>> = &guard;
        let sums = thread::scope(|scope| {
            let readers = [(); 3].map(|()| scope.spawn(|| shared.iter().sum::<i32>()));
            readers.map(|reader| reader.join().expect("a reader"))
        });
        assert_eq!(sums, [6; 3]);
        assert!(lock.is_locked());
    });
}

#[test]
fn threads_can_share_a_value_that_is_not_sync() {
    within(LIMIT, || {
        let lock = Lock::new(Cell::new(0));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let cell = lock.lock();
                    cell.set(cell.get() + 1);
                });
            }
        });
        assert_eq!(lock.into_inner().get(), 2);
    });
}

#[test]
fn debug_formatting_never_blocks() {
    within(LIMIT, || {
        let lock = Lock::new(7);
        assert!(format!("{lock:?}").starts_with("Lock"));
        let _guard = lock.lock();
        assert!(format!("{lock:?}").starts_with("Lock"), "for the owner");
        let elsewhere = thread::scope(|scope| {
            scope
                .spawn(|| format!("{lock:#?}"))
                .join()
                .expect("the formatter")
        });
        assert!(elsewhere.starts_with("Lock"), "for another thread");
    });
}

#[test]
fn a_guard_formats_like_its_value() {
    within(LIMIT, || {
        let lock = Lock::new("a");
        let guard = lock.lock();
        assert_eq!(format!("{guard:?} {guard}"), "\"a\" a");
        let part = LockGuard::map(guard, |value| value);
        assert_eq!(format!("{part:?} {part}"), "\"a\" a");
    });
}

#[test]
fn debug_formatting_does_not_change_the_lock() {
    within(LIMIT, || {
        let lock = Lock::new(7);
        let _ = format!("{lock:?}");
        assert!(another_thread_can_lock(&lock));
        let guard = lock.lock();
        let _ = format!("{lock:?}");
        assert!(!another_thread_can_lock(&lock));
        drop(guard);
    });
}

#[test]
fn the_lock_can_be_a_static() {
    static TOTAL: Lock<u32> = Lock::new(0);
    within(LIMIT, || {
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| *TOTAL.lock() += 1);
            }
        });
        assert_eq!(*TOTAL.lock(), 3);
    });
}

#[test]
fn a_mapped_guard_gives_access_to_one_part_and_keeps_the_lock_locked() {
    within(LIMIT, || {
        let lock = Lock::new((1, "one".to_owned()));
        let mut name = LockGuard::map(lock.lock(), |pair| {
            assert!(lock.is_locked(), "the closure runs with the lock held");
            &mut pair.1
        });
        name.push('!');
        assert_eq!(*name, "one!");
        assert!(!another_thread_can_lock(&lock));
        drop(name);
        assert!(another_thread_can_lock(&lock));
        assert_eq!(lock.into_inner(), (1, "one!".to_owned()));
    });
}

#[test]
fn dropping_a_mapped_guard_wakes_a_waiter() {
    within(LIMIT, || {
        let lock = Lock::new([0; 2]);
        thread::scope(|scope| {
            let second = LockGuard::map(lock.lock(), |pair| &mut pair[1]);
            let waiter = scope.spawn(|| lock.lock()[0] = 1);
            until(|| lock.waiters() == 1);
            drop(second);
            waiter.join().expect("the waiter");
        });
        assert_eq!(lock.into_inner(), [1, 0]);
    });
}

#[test]
fn if_the_closure_of_map_panics_the_lock_is_unlocked_exactly_once() {
    within(LIMIT, || {
        let lock = Lock::new(0);
        let outcome = caught(|| {
            let _part = LockGuard::map(lock.lock(), |_: &mut i32| -> &mut i32 {
                assert!(lock.is_locked());
                panic!("no such part")
            });
        });
        assert_eq!(outcome.unwrap_err(), "no such part");
        let guard = lock.try_lock().expect("the panic has unlocked the lock");
        assert!(
            !another_thread_can_lock(&lock),
            "a second unlock would have unlocked the lock again"
        );
        drop(guard);
    });
}

#[test]
fn try_map_returns_a_mapped_guard_if_its_closure_finds_a_part() {
    within(LIMIT, || {
        let lock = Lock::new(vec![1, 2]);
        let last = LockGuard::try_map(lock.lock(), |list| list.last_mut());
        let mut last = last.expect("the list has a last element");
        *last = 3;
        assert!(!another_thread_can_lock(&lock));
        drop(last);
        assert!(another_thread_can_lock(&lock));
        assert_eq!(lock.into_inner(), [1, 3]);
    });
}

#[test]
fn try_map_returns_the_guard_if_its_closure_finds_nothing() {
    within(LIMIT, || {
        let lock = Lock::new(vec![1, 2]);
        let result = LockGuard::try_map(lock.lock(), |list| list.get_mut(2));
        let mut list = result.expect_err("the list has no third element");
        list.push(3);
        assert!(!another_thread_can_lock(&lock));
        drop(list);
        assert!(another_thread_can_lock(&lock));
        assert_eq!(lock.into_inner(), [1, 2, 3]);
    });
}

#[test]
fn a_mapped_guard_can_be_mapped_again() {
    within(LIMIT, || {
        let lock = Lock::new((1, (2, vec![3])));
        let pair = LockGuard::map(lock.lock(), |value| &mut value.1);
        let list = MappedLockGuard::map(pair, |pair| &mut pair.1);
        let missing = MappedLockGuard::try_map(list, |list| list.get_mut(1));
        let list = missing.expect_err("the list has no second element");
        assert!(!another_thread_can_lock(&lock));
        let found = MappedLockGuard::try_map(list, |list| list.get_mut(0));
        let mut number = found.expect("the list has an element");
        *number = 4;
        assert!(!another_thread_can_lock(&lock));
        drop(number);
        assert!(another_thread_can_lock(&lock));
        assert_eq!(lock.into_inner(), (1, (2, vec![4])));
    });
}

#[test]
fn if_the_closure_of_try_map_panics_the_lock_is_unlocked_exactly_once() {
    within(LIMIT, || {
        let lock = Lock::new(0);
        let from_guard = caught(|| {
            LockGuard::try_map(lock.lock(), |_: &mut i32| -> Option<&mut i32> {
                panic!("no such part")
            })
            .is_ok()
        });
        assert_eq!(from_guard.unwrap_err(), "no such part");
        let from_mapped_guard = caught(|| {
            let part = LockGuard::map(lock.lock(), |value| value);
            let _ =
                MappedLockGuard::map(part, |_: &mut i32| -> &mut i32 { panic!("no such part") });
        });
        assert_eq!(from_mapped_guard.unwrap_err(), "no such part");
        let guard = lock.try_lock().expect("the panic has unlocked the lock");
        assert!(
            !another_thread_can_lock(&lock),
            "a second unlock would have unlocked the lock again"
        );
        drop(guard);
    });
}

#[test]
fn unlocked_lets_other_threads_lock_and_then_locks_again() {
    within(LIMIT, || {
        let lock = Lock::new(1);
        let mut guard = lock.lock();
        let answer = LockGuard::unlocked(&mut guard, || {
            thread::scope(|scope| {
                scope
                    .spawn(|| *lock.lock() += 1)
                    .join()
                    .expect("the other thread")
            });
            "done"
        });
        assert_eq!((answer, *guard), ("done", 2));
        assert!(!another_thread_can_lock(&lock));
        drop(guard);
        assert!(another_thread_can_lock(&lock));
    });
}

#[test]
fn unlocked_waits_until_another_thread_has_unlocked_the_lock() {
    within(LIMIT, || {
        let lock = Lock::new(0);
        let (locked, has_locked) = mpsc::channel();
        thread::scope(|scope| {
            let mut guard = lock.lock();
            LockGuard::unlocked(&mut guard, || {
                scope.spawn(|| {
                    let mut value = lock.lock();
                    locked.send(()).expect("the first owner receives");
                    until(|| lock.waiters() == 1);
                    *value = 1;
                });
                has_locked.recv().expect("the second owner has locked");
            });
            assert_eq!(*guard, 1);
        });
    });
}

#[test]
fn unlocked_locks_again_if_its_closure_panics() {
    within(LIMIT, || {
        let lock = Lock::new(0);
        let mut guard = lock.lock();
        let outcome =
            caught(|| LockGuard::unlocked(&mut guard, || panic!("while the lock is unlocked")));
        assert_eq!(outcome.unwrap_err(), "while the lock is unlocked");
        assert!(!another_thread_can_lock(&lock));
        *guard = 1;
        drop(guard);
        assert!(another_thread_can_lock(&lock));
    });
}

#[test]
fn unlock_fair_hands_the_lock_to_a_waiter() {
    within(LIMIT, || {
        let lock = Lock::new(());
        for _ in 0..50 {
            let guard = lock.lock();
            let (finish, finished) = mpsc::channel::<()>();
            thread::scope(|scope| {
                let lock = &lock;
                scope.spawn(move || {
                    let _guard = lock.lock();
                    finished.recv().expect("the first owner sends a message");
                });
                until(|| lock.waiters() == 1);
                LockGuard::unlock_fair(guard);
                assert!(
                    lock.try_lock().is_none(),
                    "a running thread got the lock before the waiter"
                );
                finish.send(()).expect("the waiter receives");
            });
        }
    });
}

#[test]
fn unlock_fair_without_waiters_unlocks_the_lock() {
    within(LIMIT, || {
        let lock = Lock::new(());
        LockGuard::unlock_fair(lock.lock());
        assert!(another_thread_can_lock(&lock));
    });
}

#[test]
fn a_waiter_gets_the_lock_even_if_other_threads_lock_in_a_tight_loop() {
    // The test counts unlocks instead of measuring time, so it gives the same result on a busy
    // machine. The first unlock that finds the waiter in the queue may come before the waiter has
    // waited for 1 ms, but the second one cannot, because the lock is held for 2 ms each time.
    const HELD: Duration = Duration::from_millis(2);
    const ROUNDS: usize = 30;
    within(LIMIT, || {
        let lock = Lock::new(());
        let unlocks = AtomicUsize::new(0);
        let over = AtomicBool::new(false);
        let most = thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !over.load(Relaxed) {
                        let Some(_guard) = lock.try_lock() else {
                            continue;
                        };
                        work_for(HELD);
                        unlocks.fetch_add(lock.waiters(), Relaxed);
                    }
                });
            }
            let unlocks_before_the_waiter = |_| {
                until(|| lock.is_locked());
                let guard = lock.try_lock_for(LONG);
                guard.map_or(usize::MAX, |_guard| unlocks.swap(0, Relaxed))
            };
            let most = (0..ROUNDS).map(unlocks_before_the_waiter).max();
            over.store(true, Relaxed);
            most
        });
        assert!(most <= Some(2), "{most:?} unlocks while one thread waited");
    });
}

#[test]
fn unlocking_hands_the_lock_to_a_waiter_that_has_waited_for_a_millisecond() {
    within(LIMIT, || {
        let lock = Lock::new(());
        for _ in 0..10 {
            let guard = lock.lock();
            let (finish, finished) = mpsc::channel::<()>();
            thread::scope(|scope| {
                let lock = &lock;
                scope.spawn(move || {
                    let _guard = lock.lock();
                    finished.recv().expect("the first owner sends a message");
                });
                until(|| lock.waiters() == 1);
                let_pass(Duration::from_millis(10));
                drop(guard);
                assert!(
                    lock.try_lock().is_none(),
                    "a running thread got the lock before the waiter"
                );
                finish.send(()).expect("the waiter receives");
            });
        }
    });
}

#[test]
fn force_unlock_unlocks_a_lock_whose_guard_was_forgotten() {
    within(LIMIT, || {
        let lock = Lock::new(0);
        mem::forget(lock.lock());
        assert!(!another_thread_can_lock(&lock));
        // SAFETY: this thread holds the lock, its guard was forgotten, and no reference to the
        // value is left.
        unsafe { lock.force_unlock() };
        assert!(another_thread_can_lock(&lock));
    });
}

#[test]
fn force_unlock_wakes_a_waiter() {
    within(LIMIT, || {
        let lock = Lock::new(0);
        mem::forget(lock.lock());
        thread::scope(|scope| {
            let waiter = scope.spawn(|| *lock.lock() += 1);
            until(|| lock.waiters() == 1);
            // SAFETY: this thread holds the lock, its guard was forgotten, and no reference to the
            // value is left.
            unsafe { lock.force_unlock() };
            waiter.join().expect("the waiter");
        });
        assert_eq!(lock.into_inner(), 1);
    });
}

#[test]
fn make_guard_unchecked_replaces_a_forgotten_guard() {
    within(LIMIT, || {
        let lock = Lock::new(0);
        mem::forget(lock.lock());
        // SAFETY: this thread holds the lock, its guard was forgotten, and no other guard is made.
        let mut guard = unsafe { lock.make_guard_unchecked() };
        *guard += 1;
        assert!(!another_thread_can_lock(&lock));
        drop(guard);
        assert!(another_thread_can_lock(&lock));
        assert_eq!(lock.into_inner(), 1);
    });
}

#[test]
fn a_duration_of_zero_and_a_deadline_in_the_past_mean_a_single_attempt() {
    within(LIMIT, || {
        let lock = Lock::new(());
        let past = Instant::now();
        let_pass(Duration::from_millis(1));
        assert!(lock.try_lock_for(Duration::ZERO).is_some());
        assert!(lock.try_lock_until(past).is_some());
        let _guard = lock.lock();
        assert!(lock.try_lock_for(Duration::ZERO).is_none());
        assert!(lock.try_lock_until(past).is_none());
    });
}

#[test]
fn a_duration_too_large_to_add_to_now_means_no_timeout() {
    within(LIMIT, || {
        let lock = Lock::new(0);
        drop(
            lock.try_lock_for(Duration::MAX)
                .expect("the lock is unlocked"),
        );
        thread::scope(|scope| {
            let guard = lock.lock();
            let waiter =
                scope.spawn(|| lock.try_lock_for(Duration::MAX).map(|mut value| *value = 1));
            until(|| lock.waiters() == 1);
            let_pass(SHORT);
            assert_eq!(lock.waiters(), 1, "the thread still waits");
            drop(guard);
            assert!(waiter.join().expect("the waiter").is_some());
        });
        assert_eq!(lock.into_inner(), 1);
    });
}

#[test]
fn a_waiter_that_times_out_does_not_use_up_the_wakeup_of_the_next_waiter() {
    within(LIMIT, || {
        let lock = Lock::new(());
        let mut rng = Rng::seeded();
        for _ in 0..500 {
            let guard = lock.lock();
            let patience = rng.time_below(Duration::from_micros(200));
            let held = rng.time_below(Duration::from_micros(200));
            thread::scope(|scope| {
                scope.spawn(|| drop(lock.try_lock_for(patience)));
                scope.spawn(|| drop(lock.lock()));
                work_for(held);
                drop(guard);
            });
            assert!(!lock.is_locked());
            assert_eq!(lock.waiters(), 0);
        }
    });
}

#[test]
fn waiters_counts_the_threads_that_wait() {
    within(LIMIT, || {
        let lock = Lock::new(0);
        thread::scope(|scope| {
            let guard = lock.lock();
            assert_eq!(lock.waiters(), 0);
            for expected in 1..=3 {
                scope.spawn(|| *lock.lock() += 1);
                until(|| lock.waiters() == expected);
            }
            drop(guard);
        });
        assert_eq!(lock.waiters(), 0);
        assert_eq!(lock.into_inner(), 3);
    });
}

#[test]
fn the_value_can_be_a_slice_or_a_trait_object() {
    trait Shape: Send {
        fn grow(&mut self);
        fn area(&self) -> u32;
    }
    struct Square(u32);
    impl Shape for Square {
        fn grow(&mut self) {
            self.0 += 1;
        }
        fn area(&self) -> u32 {
            self.0 * self.0
        }
    }
    within(LIMIT, || {
        let mut slice: Box<Lock<[u8]>> = Box::new(Lock::new([1, 2, 3]));
        slice.lock()[0] = 9;
        slice.get_mut()[1] = 8;
        assert_eq!(*slice.try_lock().expect("the lock is unlocked"), [9, 8, 3]);

        let shape: Box<Lock<dyn Shape>> = Box::new(Lock::new(Square(2)));
        thread::scope(|scope| {
            scope.spawn(|| shape.lock().grow());
        });
        assert!(another_thread_can_lock(&shape));
        assert_eq!(shape.lock().area(), 9);
    });
}

#[test]
fn a_lock_is_unwind_safe_whatever_its_value_is() {
    fn assert_unwind_safe<T: ?Sized + UnwindSafe + RefUnwindSafe>() {}
    assert_unwind_safe::<Lock<i32>>();
    assert_unwind_safe::<Lock<Cell<i32>>>();
    assert_unwind_safe::<Lock<dyn FnMut() + Send>>();
}

#[test]
fn ignoring_the_result_of_an_attempt_is_a_warning() {
    // `expect` makes the compiler report an error if the statement does not warn.
    let lock = Lock::new(());
    #[expect(unused_must_use)]
    lock.try_lock();
    #[expect(unused_must_use)]
    lock.try_lock_for(Duration::ZERO);
    #[expect(unused_must_use)]
    lock.try_lock_until(Instant::now());
    assert!(!lock.is_locked());
}

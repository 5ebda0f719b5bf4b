//! What `Lock` promises.

mod common;

use std::cell::Cell;
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use common::{LIMIT, LONG, Ledger, Rng, Room, SHORT, caught, let_pass, until, within, work_for};
use sync_primitives::{Lock, LockGuard};

/// Whether another thread gets the lock at once.
fn is_free_for_others<T: ?Sized + Send>(lock: &Lock<T>) -> bool {
    thread::scope(|scope| {
        scope
            .spawn(|| lock.try_lock().is_some())
            .join()
            .expect("the trying thread")
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
fn threads_never_hold_it_at_the_same_time() {
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
                        let mut count = lock_somehow(lock, &mut rng);
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

/// Takes the lock by one of the four ways, whichever the dice say.
fn lock_somehow<'a>(lock: &'a Lock<usize>, rng: &mut Rng) -> LockGuard<'a, usize> {
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
fn try_lock_fails_while_it_is_held_and_succeeds_afterwards() {
    within(LIMIT, || {
        let lock = Lock::new(());
        assert!(!lock.is_locked());
        let guard = lock.try_lock().expect("a free lock");
        assert!(lock.is_locked());
        assert!(lock.try_lock().is_none(), "for the holder");
        assert!(!is_free_for_others(&lock));
        drop(guard);
        assert!(!lock.is_locked());
        assert!(is_free_for_others(&lock));
    });
}

#[test]
fn a_timed_try_gives_up_when_its_time_has_passed_and_not_before() {
    within(LIMIT, || {
        let lock = Lock::new(());
        let guard = lock.lock();
        let start = Instant::now();
        assert!(lock.try_lock_for(SHORT).is_none());
        assert!(start.elapsed() >= SHORT);
        let deadline = Instant::now() + SHORT;
        assert!(lock.try_lock_until(deadline).is_none());
        assert!(Instant::now() >= deadline);
        assert_eq!(lock.waiters(), 0, "who gave up has left the line");
        drop(guard);
        assert!(is_free_for_others(&lock), "who gave up left nothing behind");
    });
}

#[test]
fn a_timed_try_succeeds_when_the_lock_is_released_in_time() {
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
fn a_panic_while_held_releases_it_and_poisons_nothing() {
    within(LIMIT, || {
        let lock = Lock::new(1);
        let message = caught(|| {
            let mut value = lock.lock();
            *value = 2;
            panic!("while held");
        });
        assert_eq!(message.unwrap_err(), "while held");
        assert_eq!(lock.try_lock().as_deref(), Some(&2));
    });
}

#[test]
fn a_panic_while_held_lets_a_waiter_in() {
    within(LIMIT, || {
        let lock = Lock::new(());
        thread::scope(|scope| {
            let guard = lock.lock();
            let waiter = scope.spawn(|| drop(lock.lock()));
            until(|| lock.waiters() == 1);
            let outcome = caught(move || {
                let _guard = guard;
                panic!("while held");
            });
            assert!(outcome.is_err());
            waiter.join().expect("the waiter");
        });
    });
}

#[test]
fn guards_of_two_locks_may_be_dropped_in_either_order() {
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
fn the_value_is_dropped_with_the_lock_and_not_by_into_inner() {
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
fn a_value_that_is_not_sync_can_still_be_shared_behind_it() {
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
fn formatting_never_blocks() {
    within(LIMIT, || {
        let lock = Lock::new(7);
        assert!(format!("{lock:?}").starts_with("Lock"));
        let _guard = lock.lock();
        assert!(format!("{lock:?}").starts_with("Lock"), "for the holder");
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
fn a_guard_is_formatted_as_its_value() {
    within(LIMIT, || {
        let lock = Lock::new("a");
        let guard = lock.lock();
        assert_eq!(format!("{guard:?} {guard}"), "\"a\" a");
        let part = LockGuard::map(guard, |value| value);
        assert_eq!(format!("{part:?} {part}"), "\"a\" a");
    });
}

#[test]
fn formatting_leaves_the_lock_as_it_was() {
    within(LIMIT, || {
        let lock = Lock::new(7);
        let _ = format!("{lock:?}");
        assert!(is_free_for_others(&lock));
        let guard = lock.lock();
        let _ = format!("{lock:?}");
        assert!(!is_free_for_others(&lock));
        drop(guard);
    });
}

#[test]
fn it_can_be_a_static() {
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
fn a_mapped_guard_keeps_the_lock_and_reaches_one_part() {
    within(LIMIT, || {
        let lock = Lock::new((1, "one".to_owned()));
        let mut name = LockGuard::map(lock.lock(), |pair| {
            assert!(lock.is_locked(), "while the closure runs");
            &mut pair.1
        });
        name.push('!');
        assert_eq!(*name, "one!");
        assert!(!is_free_for_others(&lock));
        drop(name);
        assert!(is_free_for_others(&lock));
        assert_eq!(lock.into_inner(), (1, "one!".to_owned()));
    });
}

#[test]
fn a_mapped_guard_lets_a_waiter_in_when_it_is_dropped() {
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
fn a_map_whose_closure_panics_holds_the_lock_until_then_and_releases_it_once() {
    within(LIMIT, || {
        let lock = Lock::new(0);
        let outcome = caught(|| {
            let _part = LockGuard::map(lock.lock(), |_: &mut i32| -> &mut i32 {
                assert!(lock.is_locked());
                panic!("no such part")
            });
        });
        assert_eq!(outcome.unwrap_err(), "no such part");
        let guard = lock.try_lock().expect("a lock that the panic has released");
        assert!(
            !is_free_for_others(&lock),
            "a second release would have freed it again"
        );
        drop(guard);
    });
}

#[test]
fn unlocked_lets_others_in_and_locks_again() {
    within(LIMIT, || {
        let lock = Lock::new(1);
        let mut guard = lock.lock();
        let answer = LockGuard::unlocked(&mut guard, || {
            thread::scope(|scope| {
                scope
                    .spawn(|| *lock.lock() += 1)
                    .join()
                    .expect("the visitor")
            });
            "done"
        });
        assert_eq!((answer, *guard), ("done", 2));
        assert!(!is_free_for_others(&lock));
        drop(guard);
        assert!(is_free_for_others(&lock));
    });
}

#[test]
fn unlocked_waits_for_whoever_took_the_lock_meanwhile() {
    within(LIMIT, || {
        let lock = Lock::new(0);
        let (locked, has_locked) = mpsc::channel();
        thread::scope(|scope| {
            let mut guard = lock.lock();
            LockGuard::unlocked(&mut guard, || {
                scope.spawn(|| {
                    let mut value = lock.lock();
                    locked.send(()).expect("the first holder listens");
                    until(|| lock.waiters() == 1);
                    *value = 1;
                });
                has_locked.recv().expect("the second holder reports");
            });
            assert_eq!(*guard, 1);
        });
    });
}

#[test]
fn unlocked_locks_again_when_its_closure_panics() {
    within(LIMIT, || {
        let lock = Lock::new(0);
        let mut guard = lock.lock();
        let outcome = caught(|| LockGuard::unlocked(&mut guard, || panic!("outside")));
        assert_eq!(outcome.unwrap_err(), "outside");
        assert!(!is_free_for_others(&lock));
        *guard = 1;
        drop(guard);
        assert!(is_free_for_others(&lock));
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
                    finished.recv().expect("a word from the first holder");
                });
                until(|| lock.waiters() == 1);
                LockGuard::unlock_fair(guard);
                assert!(
                    lock.try_lock().is_none(),
                    "a running thread was let in before the waiter"
                );
                finish.send(()).expect("the waiter listens");
            });
        }
    });
}

#[test]
fn unlock_fair_with_nobody_waiting_frees_the_lock() {
    within(LIMIT, || {
        let lock = Lock::new(());
        LockGuard::unlock_fair(lock.lock());
        assert!(is_free_for_others(&lock));
    });
}

#[test]
fn a_waiter_is_not_passed_over_for_ever_by_threads_that_lock_in_a_tight_loop() {
    // Releases are counted instead of time, so that a busy machine changes nothing: the first release that finds the
    // waiter in line may come within its millisecond, the second may not.
    const HELD: Duration = Duration::from_millis(2);
    const ROUNDS: usize = 30;
    within(LIMIT, || {
        let lock = Lock::new(());
        let releases = AtomicUsize::new(0);
        let over = AtomicBool::new(false);
        let most = thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !over.load(Relaxed) {
                        let Some(_guard) = lock.try_lock() else {
                            continue;
                        };
                        work_for(HELD);
                        releases.fetch_add(lock.waiters(), Relaxed);
                    }
                });
            }
            let wait_in_line = |_| {
                until(|| lock.is_locked());
                let guard = lock.try_lock_for(LONG);
                guard.map_or(usize::MAX, |_guard| releases.swap(0, Relaxed))
            };
            let most = (0..ROUNDS).map(wait_in_line).max();
            over.store(true, Relaxed);
            most
        });
        assert!(most <= Some(2), "{most:?} releases with one waiter in line");
    });
}

#[test]
fn whoever_has_waited_for_a_millisecond_gets_the_lock_before_a_running_thread() {
    within(LIMIT, || {
        let lock = Lock::new(());
        for _ in 0..10 {
            let guard = lock.lock();
            let (finish, finished) = mpsc::channel::<()>();
            thread::scope(|scope| {
                let lock = &lock;
                scope.spawn(move || {
                    let _guard = lock.lock();
                    finished.recv().expect("a word from the first holder");
                });
                until(|| lock.waiters() == 1);
                let_pass(Duration::from_millis(10));
                drop(guard);
                assert!(
                    lock.try_lock().is_none(),
                    "a running thread was let in before the waiter"
                );
                finish.send(()).expect("the waiter listens");
            });
        }
    });
}

#[test]
fn force_unlock_releases_a_lock_whose_guard_was_forgotten() {
    within(LIMIT, || {
        let lock = Lock::new(0);
        mem::forget(lock.lock());
        assert!(!is_free_for_others(&lock));
        // SAFETY: the lock is held through the forgotten guard, and no reference made from it is left.
        unsafe { lock.force_unlock() };
        assert!(is_free_for_others(&lock));
    });
}

#[test]
fn force_unlock_lets_a_waiter_in() {
    within(LIMIT, || {
        let lock = Lock::new(0);
        mem::forget(lock.lock());
        thread::scope(|scope| {
            let waiter = scope.spawn(|| *lock.lock() += 1);
            until(|| lock.waiters() == 1);
            // SAFETY: the lock is held through the forgotten guard, and no reference made from it is left.
            unsafe { lock.force_unlock() };
            waiter.join().expect("the waiter");
        });
        assert_eq!(lock.into_inner(), 1);
    });
}

#[test]
fn a_guard_made_unchecked_stands_for_the_forgotten_one() {
    within(LIMIT, || {
        let lock = Lock::new(0);
        mem::forget(lock.lock());
        // SAFETY: this code holds the lock through the guard that it has just forgotten, and makes one guard.
        let mut guard = unsafe { lock.make_guard_unchecked() };
        *guard += 1;
        assert!(!is_free_for_others(&lock));
        drop(guard);
        assert!(is_free_for_others(&lock));
        assert_eq!(lock.into_inner(), 1);
    });
}

#[test]
fn a_duration_of_zero_and_a_deadline_in_the_past_mean_one_try() {
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
fn a_duration_too_large_to_add_to_now_means_for_ever() {
    within(LIMIT, || {
        let lock = Lock::new(0);
        drop(lock.try_lock_for(Duration::MAX).expect("a free lock"));
        thread::scope(|scope| {
            let guard = lock.lock();
            let waiter =
                scope.spawn(|| lock.try_lock_for(Duration::MAX).map(|mut value| *value = 1));
            until(|| lock.waiters() == 1);
            let_pass(SHORT);
            assert_eq!(lock.waiters(), 1, "still in line");
            drop(guard);
            assert!(waiter.join().expect("the waiter").is_some());
        });
        assert_eq!(lock.into_inner(), 1);
    });
}

#[test]
fn a_waiter_whose_time_runs_out_takes_no_wake_up_from_the_one_behind_it() {
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
fn it_counts_the_threads_that_wait() {
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
fn it_holds_slices_and_trait_objects() {
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
        assert_eq!(*slice.try_lock().expect("a free lock"), [9, 8, 3]);

        let shape: Box<Lock<dyn Shape>> = Box::new(Lock::new(Square(2)));
        thread::scope(|scope| {
            scope.spawn(|| shape.lock().grow());
        });
        assert!(is_free_for_others(&shape));
        assert_eq!(shape.lock().area(), 9);
    });
}

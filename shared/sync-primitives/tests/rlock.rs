//! Tests of the guarantees of `RLock`.

#![deny(unfulfilled_lint_expectations)]

mod common;

use std::cell::{Cell, RefCell};
use std::mem;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use common::{LIMIT, LONG, Ledger, Rng, Room, SHORT, caught, let_pass, until, within, work_for};
use sync_primitives::{MappedRLockGuard, RLock, RLockGuard};

/// Returns what another thread sees: whether it can lock, whether it owns the lock, and how many
/// levels it holds.
fn as_seen_by_another_thread<T: ?Sized + Send>(lock: &RLock<T>) -> (bool, bool, usize) {
    let look = || (lock.is_owned(), lock.depth(), lock.try_lock().is_some());
    let (owned, depth, free) =
        thread::scope(|scope| scope.spawn(look).join().expect("the other thread"));
    (free, owned, depth)
}

const UNLOCKED: (bool, bool, usize) = (true, false, 0);
const LOCKED: (bool, bool, usize) = (false, false, 0);

#[test]
fn the_owner_can_lock_again_and_read_the_value_at_every_level() {
    within(LIMIT, || {
        let mut lock = RLock::new(Cell::new(1));
        {
            let outer = lock.lock();
            let inner = lock.lock();
            inner.set(outer.get() + 1);
            assert_eq!(outer.get(), 2);
        }
        lock.get_mut().set(3);
        assert_eq!(lock.into_inner().get(), 3);
    });
}

#[test]
fn two_threads_never_own_the_lock_at_the_same_time() {
    const THREADS: usize = 4;
    const ROUNDS: usize = 2_000;
    within(LIMIT, || {
        let lock = RLock::new(Cell::new(0_usize));
        let room = Room::with_seats(1);
        let mut rng = Rng::seeded();
        thread::scope(|scope| {
            for _ in 0..THREADS {
                let mut rng = rng.fork();
                let (lock, room) = (&lock, &room);
                scope.spawn(move || {
                    for _ in 0..ROUNDS {
                        let depth = 1 + rng.below(3);
                        let levels: Vec<_> = (0..depth)
                            .map(|_| lock_in_a_random_way(lock, &mut rng))
                            .collect();
                        room.visit(1, || {
                            let before = levels[0].get();
                            if rng.one_in(32) {
                                thread::yield_now();
                            }
                            levels[depth - 1].set(before + 1);
                        });
                        assert_eq!(lock.depth(), depth);
                    }
                });
            }
        });
        assert_eq!(lock.into_inner().get(), THREADS * ROUNDS);
    });
}

/// Acquires one level with one of the four methods, chosen at random.
fn lock_in_a_random_way<'a>(
    lock: &'a RLock<Cell<usize>>,
    rng: &mut Rng,
) -> RLockGuard<'a, Cell<usize>> {
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
fn try_lock_succeeds_for_the_owner_and_fails_for_other_threads() {
    within(LIMIT, || {
        let lock = RLock::new(());
        assert!(!lock.is_locked());
        let outer = lock.try_lock().expect("the lock is unlocked");
        let inner = lock.try_lock().expect("this thread owns the lock");
        assert!(lock.is_locked());
        assert_eq!(as_seen_by_another_thread(&lock), LOCKED);
        drop((outer, inner));
        assert!(!lock.is_locked());
        assert_eq!(as_seen_by_another_thread(&lock), UNLOCKED);
    });
}

#[test]
fn try_lock_for_and_try_lock_until_time_out_but_not_too_early() {
    within(LIMIT, || {
        let lock = RLock::new(());
        let guard = lock.lock();
        thread::scope(|scope| {
            scope.spawn(|| {
                let start = Instant::now();
                assert!(lock.try_lock_for(SHORT).is_none());
                assert!(start.elapsed() >= SHORT);
                let deadline = Instant::now() + SHORT;
                assert!(lock.try_lock_until(deadline).is_none());
                assert!(Instant::now() >= deadline);
            });
        });
        assert_eq!(
            lock.waiters(),
            0,
            "a thread that timed out has left the wait queue"
        );
        assert_eq!(lock.depth(), 1);
        drop(guard);
        assert_eq!(as_seen_by_another_thread(&lock), UNLOCKED);
    });
}

#[test]
fn try_lock_for_and_try_lock_until_succeed_if_every_level_is_released_in_time() {
    type Attempt = fn(&RLock<()>) -> Option<RLockGuard<'_, ()>>;
    const ATTEMPTS: [Attempt; 2] = [
        |lock| lock.try_lock_for(LONG),
        |lock| lock.try_lock_until(Instant::now() + LONG),
    ];
    within(LIMIT, || {
        let lock = RLock::new(());
        for attempt in ATTEMPTS {
            let (outer, inner) = (lock.lock(), lock.lock());
            thread::scope(|scope| {
                let waiter = scope.spawn(|| attempt(&lock).map(|_guard| lock.depth()));
                until(|| lock.waiters() == 1);
                drop(outer);
                assert_eq!(lock.waiters(), 1, "one level is still held");
                drop(inner);
                assert_eq!(waiter.join().expect("the waiter"), Some(1));
            });
        }
    });
}

#[test]
fn a_panic_releases_every_level_without_poisoning_the_lock() {
    within(LIMIT, || {
        let lock = RLock::new(Cell::new(1));
        let message = caught(|| {
            let _outer = lock.lock();
            let middle = lock.lock();
            let _inner = lock.lock();
            middle.set(2);
            panic!("three levels deep");
        });
        assert_eq!(message.unwrap_err(), "three levels deep");
        assert_eq!(lock.depth(), 0);
        assert_eq!(as_seen_by_another_thread(&lock), UNLOCKED);
        assert_eq!(lock.into_inner().get(), 2);
    });
}

#[test]
fn a_panic_at_an_inner_level_leaves_the_outer_level_held() {
    within(LIMIT, || {
        let lock = RLock::new(());
        let outer = lock.lock();
        let outcome = caught(|| {
            let _inner = lock.lock();
            panic!("at the inner level");
        });
        assert!(outcome.is_err());
        assert_eq!(lock.depth(), 1);
        assert_eq!(as_seen_by_another_thread(&lock), LOCKED);
        drop(outer);
        assert_eq!(as_seen_by_another_thread(&lock), UNLOCKED);
    });
}

#[test]
fn a_panic_of_the_owner_wakes_a_waiter() {
    within(LIMIT, || {
        let lock = RLock::new(());
        let (locked, has_locked) = mpsc::channel();
        thread::scope(|scope| {
            let lock = &lock;
            let panicking = scope.spawn(move || {
                let (_outer, _inner) = (lock.lock(), lock.lock());
                locked.send(()).expect("the test receives");
                until(|| lock.waiters() == 1);
                panic!("while a thread waits");
            });
            has_locked.recv().expect("the thread has locked");
            let guard = lock.try_lock_for(LONG);
            assert!(guard.is_some());
            assert!(panicking.join().is_err());
        });
    });
}

#[test]
fn releasing_the_last_level_unlocks_the_lock_in_any_order_of_release() {
    const ORDERS: [[usize; 3]; 6] = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    within(LIMIT, || {
        let lock = RLock::new(());
        for order in ORDERS {
            let mut levels = [(); 3].map(|()| Some(lock.lock()));
            for (left, level) in [3, 2, 1].into_iter().zip(order) {
                assert_eq!(lock.depth(), left, "order {order:?}");
                assert_eq!(
                    as_seen_by_another_thread(&lock),
                    LOCKED,
                    "order {order:?}, {left} left"
                );
                levels[level] = None;
            }
            assert_eq!(lock.depth(), 0);
            assert_eq!(
                as_seen_by_another_thread(&lock),
                UNLOCKED,
                "order {order:?}"
            );
        }
    });
}

#[test]
fn the_value_is_dropped_with_the_lock_but_not_by_into_inner() {
    let ledger = Ledger::for_ids(2);
    drop(RLock::new(ledger.value(0)));
    let inner = RLock::new(ledger.value(1)).into_inner();
    assert_eq!(ledger.drops(), [1, 0]);
    drop(inner);
    ledger.assert_each_dropped_once();
}

#[test]
fn threads_can_read_through_one_shared_guard_without_owning_the_lock() {
    within(LIMIT, || {
        let lock = RLock::new(vec![1, 2, 3]);
        let guard = lock.lock();
        let shared: &RLockGuard<'_, Vec<i32>> = &guard;
        let seen = thread::scope(|scope| {
            let readers = [(); 3].map(|()| {
                scope.spawn(|| (shared.iter().sum::<i32>(), lock.is_owned(), lock.depth()))
            });
            readers.map(|reader| reader.join().expect("a reader"))
        });
        assert_eq!(seen, [(6, false, 0); 3]);
        assert_eq!(lock.depth(), 1);
    });
}

#[test]
fn threads_can_share_a_value_that_is_not_sync() {
    within(LIMIT, || {
        let lock = RLock::new(RefCell::new(Vec::new()));
        thread::scope(|scope| {
            for thread in 0..2 {
                let lock = &lock;
                scope.spawn(move || lock.lock().borrow_mut().push(thread));
            }
        });
        let mut threads = lock.into_inner().into_inner();
        threads.sort_unstable();
        assert_eq!(threads, [0, 1]);
    });
}

#[test]
fn debug_formatting_never_blocks() {
    within(LIMIT, || {
        let lock = RLock::new(7);
        assert!(format!("{lock:?}").starts_with("RLock"));
        let _levels = (lock.lock(), lock.lock());
        assert!(format!("{lock:?}").starts_with("RLock"), "for the owner");
        let elsewhere = thread::scope(|scope| {
            scope
                .spawn(|| format!("{lock:#?}"))
                .join()
                .expect("the formatting thread")
        });
        assert!(elsewhere.starts_with("RLock"), "for another thread");
    });
}

#[test]
fn a_guard_formats_like_its_value() {
    within(LIMIT, || {
        let lock = RLock::new("a");
        let mut guard = lock.lock();
        assert_eq!(format!("{guard:?} {guard}"), "\"a\" a");
        let outermost = RLockGuard::outermost(&mut guard).expect("one level");
        assert_eq!(format!("{outermost:?}"), "\"a\"");
        let part = RLockGuard::map(guard, |value| value);
        assert_eq!(format!("{part:?} {part}"), "\"a\" a");
    });
}

#[test]
fn debug_formatting_does_not_change_the_depth() {
    within(LIMIT, || {
        let lock = RLock::new(7);
        let _ = format!("{lock:?}");
        assert_eq!(
            (lock.depth(), as_seen_by_another_thread(&lock)),
            (0, UNLOCKED)
        );
        let guard = lock.lock();
        let _ = format!("{lock:?}");
        assert_eq!(
            (lock.depth(), as_seen_by_another_thread(&lock)),
            (1, LOCKED)
        );
        drop(guard);
    });
}

#[test]
fn the_lock_can_be_a_static() {
    static TOTAL: RLock<Cell<u32>> = RLock::new(Cell::new(0));
    within(LIMIT, || {
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let (outer, inner) = (TOTAL.lock(), TOTAL.lock());
                    outer.set(inner.get() + 1);
                });
            }
        });
        assert_eq!(TOTAL.lock().get(), 3);
    });
}

#[test]
fn depth_returns_the_number_of_levels_of_the_current_thread() {
    within(LIMIT, || {
        let lock = RLock::new(());
        let mut levels = Vec::new();
        for depth in 0..5 {
            assert_eq!((lock.depth(), lock.is_owned()), (depth, depth > 0));
            levels.push(lock.lock());
        }
        while levels.pop().is_some() {
            assert_eq!(
                (lock.depth(), lock.is_owned()),
                (levels.len(), !levels.is_empty())
            );
        }
    });
}

#[test]
fn depth_starts_at_one_for_the_next_owner() {
    within(LIMIT, || {
        let lock = RLock::new(());
        let levels = (lock.lock(), lock.lock(), lock.lock());
        thread::scope(|scope| {
            let next = scope.spawn(|| {
                assert_eq!((lock.depth(), lock.is_owned()), (0, false));
                let _outer = lock.lock();
                assert_eq!((lock.depth(), lock.is_owned()), (1, true));
                let _inner = lock.lock();
                assert_eq!(lock.depth(), 2);
            });
            until(|| lock.waiters() == 1);
            assert_eq!(lock.depth(), 3);
            drop(levels);
            next.join().expect("the next owner");
        });
        assert_eq!((lock.depth(), lock.is_owned()), (0, false));
    });
}

#[test]
fn each_lock_counts_its_own_levels() {
    within(LIMIT, || {
        let (left, right) = (RLock::new(()), RLock::new(()));
        let _levels = (left.lock(), right.lock(), left.lock());
        assert_eq!((left.depth(), right.depth()), (2, 1));
    });
}

#[test]
fn outermost_succeeds_only_if_the_thread_holds_a_single_level() {
    within(LIMIT, || {
        let lock = RLock::new(RefCell::new(1));
        let mut first = lock.lock();
        {
            let outermost = RLockGuard::outermost(&mut first).expect("one level");
            *outermost.borrow_mut() += 1;
        }
        let mut second = lock.lock();
        assert!(RLockGuard::outermost(&mut first).is_none());
        assert!(RLockGuard::outermost(&mut second).is_none());
        drop(first);
        assert!(
            RLockGuard::outermost(&mut second).is_some(),
            "the inner guard is the only one now"
        );
        assert_eq!(lock.depth(), 1, "`outermost` acquires no level");
        drop(second);
        assert_eq!(as_seen_by_another_thread(&lock), UNLOCKED);
    });
}

#[test]
fn outermost_counts_a_forgotten_guard_as_a_level() {
    within(LIMIT, || {
        let lock = RLock::new(());
        let mut guard = lock.lock();
        mem::forget(lock.lock());
        assert!(RLockGuard::outermost(&mut guard).is_none());
    });
}

#[test]
fn no_later_thread_becomes_the_owner_after_a_thread_forgot_its_guard_and_ended() {
    // A later thread could get the same id if the id were an address or came from the system.
    within(LIMIT, || {
        let lock = RLock::new(());
        thread::scope(|scope| {
            scope
                .spawn(|| mem::forget(lock.lock()))
                .join()
                .expect("the thread that forgets its guard")
        });
        assert!(lock.is_locked());
        assert_eq!((lock.is_owned(), lock.depth()), (false, 0));
        for _ in 0..200 {
            assert_eq!(as_seen_by_another_thread(&lock), LOCKED);
        }
        let cannot_lock = || lock.try_lock().is_none() && !lock.is_owned();
        thread::scope(|scope| {
            let threads: Vec<_> = (0..32).map(|_| scope.spawn(cannot_lock)).collect();
            assert!(threads.into_iter().all(|one| one.join().expect("a thread")));
        });
    });
}

#[test]
fn force_unlock_releases_one_forgotten_level() {
    within(LIMIT, || {
        let lock = RLock::new(());
        let outer = lock.lock();
        mem::forget(lock.lock());
        // SAFETY: this thread holds a level whose guard was forgotten, and no reference made
        // through that guard is left.
        unsafe { lock.force_unlock() };
        assert_eq!(lock.depth(), 1);
        assert_eq!(as_seen_by_another_thread(&lock), LOCKED);
        mem::forget(outer);
        // SAFETY: as above, for the outer level.
        unsafe { lock.force_unlock() };
        assert_eq!(as_seen_by_another_thread(&lock), UNLOCKED);
    });
}

#[test]
fn make_guard_unchecked_replaces_a_forgotten_guard() {
    within(LIMIT, || {
        let lock = RLock::new(7);
        mem::forget(lock.lock());
        // SAFETY: this thread holds one level, its guard was forgotten, and no other guard is made.
        let guard = unsafe { lock.make_guard_unchecked() };
        assert_eq!((*guard, lock.depth()), (7, 1));
        drop(guard);
        assert_eq!(as_seen_by_another_thread(&lock), UNLOCKED);
    });
}

#[test]
fn unlock_fair_hands_the_lock_to_a_waiter_when_it_releases_the_last_level() {
    within(LIMIT, || {
        let lock = RLock::new(());
        for _ in 0..50 {
            let (outer, inner) = (lock.lock(), lock.lock());
            let (finish, finished) = mpsc::channel::<()>();
            thread::scope(|scope| {
                let lock = &lock;
                scope.spawn(move || {
                    let _guard = lock.lock();
                    finished.recv().expect("the first owner sends a message");
                });
                until(|| lock.waiters() == 1);
                RLockGuard::unlock_fair(inner);
                assert_eq!(
                    (lock.depth(), lock.waiters()),
                    (1, 1),
                    "releasing an inner level does not unlock the lock"
                );
                RLockGuard::unlock_fair(outer);
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
        let lock = RLock::new(());
        RLockGuard::unlock_fair(lock.lock());
        assert_eq!(as_seen_by_another_thread(&lock), UNLOCKED);
    });
}

#[test]
fn a_mapped_guard_gives_access_to_one_part_and_keeps_its_level() {
    within(LIMIT, || {
        let lock = RLock::new(("a", 2));
        let outer = lock.lock();
        let part = RLockGuard::map(lock.lock(), |pair| &pair.1);
        assert_eq!(*part, 2);
        assert_eq!(lock.depth(), 2);
        drop(outer);
        assert_eq!(
            (lock.depth(), as_seen_by_another_thread(&lock)),
            (1, LOCKED)
        );
        drop(part);
        assert_eq!(
            (lock.depth(), as_seen_by_another_thread(&lock)),
            (0, UNLOCKED)
        );
    });
}

#[test]
fn try_map_returns_a_mapped_guard_or_the_guard_itself() {
    within(LIMIT, || {
        let lock = RLock::new(vec![1, 2]);
        let missing = RLockGuard::try_map(lock.lock(), |list| list.get(2));
        let list = missing.expect_err("the list has no third element");
        assert_eq!((list.len(), as_seen_by_another_thread(&lock)), (2, LOCKED));
        let found = RLockGuard::try_map(list, |list| list.get(1));
        let last = found.expect("the list has a second element");
        assert_eq!((*last, lock.depth()), (2, 1));
        assert_eq!(as_seen_by_another_thread(&lock), LOCKED);
        drop(last);
        assert_eq!(as_seen_by_another_thread(&lock), UNLOCKED);
    });
}

#[test]
fn a_mapped_guard_can_be_mapped_again() {
    within(LIMIT, || {
        let lock = RLock::new((1, (2, vec![3])));
        let outer = lock.lock();
        let pair = RLockGuard::map(lock.lock(), |value| &value.1);
        let list = MappedRLockGuard::map(pair, |pair| &pair.1);
        let missing = MappedRLockGuard::try_map(list, |list| list.get(1));
        let list = missing.expect_err("the list has no second element");
        assert_eq!(lock.depth(), 2);
        let found = MappedRLockGuard::try_map(list, |list| list.first());
        let number = found.expect("the list has an element");
        assert_eq!((*number, lock.depth()), (3, 2));
        drop(number);
        assert_eq!(
            (lock.depth(), as_seen_by_another_thread(&lock)),
            (1, LOCKED)
        );
        drop(outer);
        assert_eq!(as_seen_by_another_thread(&lock), UNLOCKED);
    });
}

#[test]
fn if_the_closure_of_a_map_panics_one_level_is_released() {
    within(LIMIT, || {
        let lock = RLock::new(0);
        let _outer = lock.lock();
        let from_guard = caught(|| {
            RLockGuard::try_map(lock.lock(), |_: &i32| -> Option<&i32> {
                panic!("no such part")
            })
            .is_ok()
        });
        assert_eq!(from_guard.unwrap_err(), "no such part");
        assert_eq!(lock.depth(), 1);
        let from_mapped_guard = caught(|| {
            let part = RLockGuard::map(lock.lock(), |value| value);
            let _ = MappedRLockGuard::map(part, |_: &i32| -> &i32 { panic!("no such part") });
        });
        assert_eq!(from_mapped_guard.unwrap_err(), "no such part");
        assert_eq!(lock.depth(), 1);
    });
}

#[test]
fn unlocked_lets_other_threads_lock_and_then_locks_again() {
    within(LIMIT, || {
        let lock = RLock::new(Cell::new(1));
        let mut guard = lock.lock();
        let result = RLockGuard::unlocked(&mut guard, || {
            assert_eq!(lock.depth(), 0);
            thread::scope(|scope| {
                scope
                    .spawn(|| lock.lock().set(2))
                    .join()
                    .expect("the other thread")
            });
            "done"
        });
        assert_eq!((result, guard.get()), ("done", 2));
        assert_eq!(
            (lock.depth(), as_seen_by_another_thread(&lock)),
            (1, LOCKED)
        );
        drop(guard);
        assert_eq!(as_seen_by_another_thread(&lock), UNLOCKED);
    });
}

#[test]
fn unlocked_waits_until_another_thread_has_unlocked_the_lock() {
    within(LIMIT, || {
        let lock = RLock::new(Cell::new(0));
        let (locked, has_locked) = mpsc::channel();
        thread::scope(|scope| {
            let lock = &lock;
            let mut guard = lock.lock();
            RLockGuard::unlocked(&mut guard, || {
                scope.spawn(move || {
                    let value = lock.lock();
                    locked.send(()).expect("the first owner receives");
                    until(|| lock.waiters() == 1);
                    value.set(1);
                });
                has_locked.recv().expect("the second owner has locked");
            });
            assert_eq!(guard.get(), 1);
        });
    });
}

#[test]
fn unlocked_releases_one_level_only() {
    // The reference from the outer guard is alive while the closure runs, so no other thread may
    // get the lock.
    within(LIMIT, || {
        let lock = RLock::new(Cell::new(1));
        let outer = lock.lock();
        let value: &Cell<i32> = &outer;
        let mut inner = lock.lock();
        RLockGuard::unlocked(&mut inner, || {
            assert_eq!(
                (lock.depth(), as_seen_by_another_thread(&lock)),
                (1, LOCKED)
            );
            value.set(2);
        });
        assert_eq!((lock.depth(), inner.get()), (2, 2));
        drop(outer);
        RLockGuard::unlocked(&mut inner, || {
            assert_eq!(as_seen_by_another_thread(&lock), UNLOCKED);
        });
        assert_eq!(
            (lock.depth(), as_seen_by_another_thread(&lock)),
            (1, LOCKED)
        );
    });
}

#[test]
fn unlocked_locks_again_if_its_closure_panics() {
    within(LIMIT, || {
        let lock = RLock::new(());
        let mut guard = lock.lock();
        let outcome =
            caught(|| RLockGuard::unlocked(&mut guard, || panic!("while the lock is unlocked")));
        assert_eq!(outcome.unwrap_err(), "while the lock is unlocked");
        assert_eq!(
            (lock.depth(), as_seen_by_another_thread(&lock)),
            (1, LOCKED)
        );
        drop(guard);
        assert_eq!(as_seen_by_another_thread(&lock), UNLOCKED);
    });
}

#[test]
fn unlocked_adds_its_level_to_those_that_its_closure_keeps() {
    within(LIMIT, || {
        let lock = RLock::new(());
        let mut guard = lock.lock();
        let kept = RLockGuard::unlocked(&mut guard, || lock.lock());
        assert_eq!(lock.depth(), 2);
        drop(guard);
        assert_eq!(
            (lock.depth(), as_seen_by_another_thread(&lock)),
            (1, LOCKED)
        );
        drop(kept);
        assert_eq!(as_seen_by_another_thread(&lock), UNLOCKED);
    });
}

#[test]
fn a_duration_of_zero_and_a_deadline_in_the_past_mean_a_single_attempt() {
    within(LIMIT, || {
        let lock = RLock::new(());
        let past = Instant::now();
        let_pass(Duration::from_millis(1));
        let first = lock
            .try_lock_for(Duration::ZERO)
            .expect("the lock is unlocked");
        let second = lock
            .try_lock_until(past)
            .expect("this thread owns the lock");
        let others =
            || lock.try_lock_for(Duration::ZERO).is_none() && lock.try_lock_until(past).is_none();
        assert!(thread::scope(|scope| scope
            .spawn(others)
            .join()
            .expect("another thread")));
        assert_eq!(lock.depth(), 2);
        drop((first, second));
    });
}

#[test]
fn a_duration_too_large_to_add_to_now_means_no_timeout() {
    within(LIMIT, || {
        let lock = RLock::new(());
        thread::scope(|scope| {
            let guard = lock
                .try_lock_for(Duration::MAX)
                .expect("the lock is unlocked");
            let waiter = scope.spawn(|| lock.try_lock_for(Duration::MAX).is_some());
            until(|| lock.waiters() == 1);
            let_pass(SHORT);
            assert_eq!(lock.waiters(), 1, "the thread still waits");
            drop(guard);
            assert!(waiter.join().expect("the waiter"));
        });
    });
}

#[test]
fn a_waiter_gets_the_lock_even_if_other_threads_lock_in_a_tight_loop() {
    // The test counts unlocks instead of measuring time, so it gives the same result on a busy
    // machine. The first unlock that finds the waiter in the queue may come before the waiter has
    // waited for 1 ms, but the second one cannot, because the lock is held for 2 ms each time.
    const HELD_FOR: Duration = Duration::from_millis(2);
    const ROUNDS: usize = 30;
    within(LIMIT, || {
        let lock = RLock::new(());
        let unlocks = AtomicUsize::new(0);
        let over = AtomicBool::new(false);
        let most = thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !over.load(Relaxed) {
                        let Some(_outer) = lock.try_lock() else {
                            continue;
                        };
                        let _inner = lock.lock();
                        work_for(HELD_FOR);
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
        let lock = RLock::new(());
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
fn a_waiter_that_times_out_does_not_use_up_the_wakeup_of_the_next_waiter() {
    within(LIMIT, || {
        let lock = RLock::new(());
        let mut rng = Rng::seeded();
        for _ in 0..500 {
            let levels = (lock.lock(), lock.lock());
            let patience = rng.time_below(Duration::from_micros(200));
            let held = rng.time_below(Duration::from_micros(200));
            thread::scope(|scope| {
                scope.spawn(|| drop(lock.try_lock_for(patience)));
                scope.spawn(|| drop(lock.lock()));
                work_for(held);
                drop(levels);
            });
            assert!(!lock.is_locked());
            assert_eq!(lock.waiters(), 0);
        }
    });
}

#[test]
fn the_value_can_be_a_slice_or_a_trait_object() {
    type Shout = dyn Fn(&str) -> String + Send;
    within(LIMIT, || {
        let slice: Box<RLock<[Cell<u8>]>> = Box::new(RLock::new([Cell::new(1), Cell::new(2)]));
        let (outer, inner) = (slice.lock(), slice.lock());
        outer[0].set(inner[1].get() + 7);
        assert_eq!(inner[0].get(), 9);
        drop((outer, inner));

        let shout: Box<RLock<Shout>> = Box::new(RLock::new(|text: &str| text.to_uppercase()));
        assert_eq!((shout.lock())("held"), "HELD");
        assert_eq!(as_seen_by_another_thread(&shout), UNLOCKED);
    });
}

#[test]
fn an_rlock_is_unwind_safe_whatever_its_value_is() {
    fn assert_unwind_safe<T: ?Sized + UnwindSafe + RefUnwindSafe>() {}
    assert_unwind_safe::<RLock<i32>>();
    assert_unwind_safe::<RLock<RefCell<i32>>>();
    assert_unwind_safe::<RLock<dyn FnMut() + Send>>();
}

#[test]
fn ignoring_the_result_of_an_attempt_is_a_warning() {
    // `expect` makes the compiler report an error if the statement does not warn.
    let lock = RLock::new(());
    #[expect(unused_must_use)]
    lock.try_lock();
    #[expect(unused_must_use)]
    lock.try_lock_for(Duration::ZERO);
    #[expect(unused_must_use)]
    lock.try_lock_until(Instant::now());
    assert_eq!(lock.depth(), 0);
}

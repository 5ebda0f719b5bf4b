//! What `RLock` promises.

mod common;

use std::cell::{Cell, RefCell};
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use common::{LIMIT, LONG, Ledger, Rng, Room, SHORT, caught, let_pass, until, within, work_for};
use sync_primitives::{RLock, RLockGuard};

/// What another thread sees: whether it gets in, whether it is the owner, and how many levels it holds.
fn seen_by_another_thread<T: ?Sized + Send>(lock: &RLock<T>) -> (bool, bool, usize) {
    let look = || (lock.is_owned(), lock.depth(), lock.try_lock().is_some());
    let (owned, depth, free) =
        thread::scope(|scope| scope.spawn(look).join().expect("the other thread"));
    (free, owned, depth)
}

const FREE: (bool, bool, usize) = (true, false, 0);
const HELD: (bool, bool, usize) = (false, false, 0);

#[test]
fn its_owner_may_lock_again_and_reads_the_value_at_every_level() {
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
fn threads_never_own_it_at_the_same_time() {
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
                        let levels: Vec<_> =
                            (0..depth).map(|_| lock_somehow(lock, &mut rng)).collect();
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

/// Takes one level by one of the four ways, whichever the dice say.
fn lock_somehow<'a>(lock: &'a RLock<Cell<usize>>, rng: &mut Rng) -> RLockGuard<'a, Cell<usize>> {
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
fn try_lock_succeeds_for_the_owner_and_fails_for_others_while_it_is_held() {
    within(LIMIT, || {
        let lock = RLock::new(());
        assert!(!lock.is_locked());
        let outer = lock.try_lock().expect("a free lock");
        let inner = lock.try_lock().expect("one's own lock");
        assert!(lock.is_locked());
        assert_eq!(seen_by_another_thread(&lock), HELD);
        drop((outer, inner));
        assert!(!lock.is_locked());
        assert_eq!(seen_by_another_thread(&lock), FREE);
    });
}

#[test]
fn a_timed_try_of_another_thread_gives_up_when_its_time_has_passed_and_not_before() {
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
        assert_eq!(lock.waiters(), 0, "who gave up has left the line");
        assert_eq!(lock.depth(), 1);
        drop(guard);
        assert_eq!(seen_by_another_thread(&lock), FREE);
    });
}

#[test]
fn a_timed_try_succeeds_when_every_level_is_released_in_time() {
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
                assert_eq!(lock.waiters(), 1, "still held by one level");
                drop(inner);
                assert_eq!(waiter.join().expect("the waiter"), Some(1));
            });
        }
    });
}

#[test]
fn a_panic_releases_every_level_and_poisons_nothing() {
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
        assert_eq!(seen_by_another_thread(&lock), FREE);
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
        assert_eq!(seen_by_another_thread(&lock), HELD);
        drop(outer);
        assert_eq!(seen_by_another_thread(&lock), FREE);
    });
}

#[test]
fn a_thread_that_dies_of_a_panic_lets_a_waiter_in() {
    within(LIMIT, || {
        let lock = RLock::new(());
        let (locked, has_locked) = mpsc::channel();
        thread::scope(|scope| {
            let lock = &lock;
            let dying = scope.spawn(move || {
                let (_outer, _inner) = (lock.lock(), lock.lock());
                locked.send(()).expect("the test listens");
                until(|| lock.waiters() == 1);
                panic!("with a thread in line");
            });
            has_locked.recv().expect("the dying thread reports");
            let guard = lock.try_lock_for(LONG);
            assert!(guard.is_some());
            assert!(dying.join().is_err());
        });
    });
}

#[test]
fn others_get_in_when_the_last_level_is_released_in_whatever_order() {
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
                    seen_by_another_thread(&lock),
                    HELD,
                    "order {order:?}, {left} left"
                );
                levels[level] = None;
            }
            assert_eq!(lock.depth(), 0);
            assert_eq!(seen_by_another_thread(&lock), FREE, "order {order:?}");
        }
    });
}

#[test]
fn the_value_is_dropped_with_the_lock_and_not_by_into_inner() {
    let ledger = Ledger::for_ids(2);
    drop(RLock::new(ledger.value(0)));
    let inner = RLock::new(ledger.value(1)).into_inner();
    assert_eq!(ledger.drops(), [1, 0]);
    drop(inner);
    ledger.assert_each_dropped_once();
}

#[test]
fn threads_can_read_through_one_shared_guard_without_becoming_owners() {
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
fn a_value_that_is_not_sync_can_still_be_shared_behind_it() {
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
fn formatting_never_blocks() {
    within(LIMIT, || {
        let lock = RLock::new(7);
        assert!(format!("{lock:?}").starts_with("RLock"));
        let _levels = (lock.lock(), lock.lock());
        assert!(format!("{lock:?}").starts_with("RLock"), "for the owner");
        let elsewhere = thread::scope(|scope| {
            scope
                .spawn(|| format!("{lock:#?}"))
                .join()
                .expect("the formatter")
        });
        assert!(elsewhere.starts_with("RLock"), "for another thread");
    });
}

#[test]
fn a_guard_is_formatted_as_its_value() {
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
fn formatting_leaves_the_depth_as_it_was() {
    within(LIMIT, || {
        let lock = RLock::new(7);
        let _ = format!("{lock:?}");
        assert_eq!((lock.depth(), seen_by_another_thread(&lock)), (0, FREE));
        let guard = lock.lock();
        let _ = format!("{lock:?}");
        assert_eq!((lock.depth(), seen_by_another_thread(&lock)), (1, HELD));
        drop(guard);
    });
}

#[test]
fn it_can_be_a_static() {
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
fn depth_counts_the_levels_of_the_calling_thread() {
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
fn depth_is_counted_for_each_lock_by_itself() {
    within(LIMIT, || {
        let (left, right) = (RLock::new(()), RLock::new(()));
        let _levels = (left.lock(), right.lock(), left.lock());
        assert_eq!((left.depth(), right.depth()), (2, 1));
    });
}

#[test]
fn outermost_is_given_at_exactly_one_level() {
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
            "the inner guard is now the only one"
        );
        assert_eq!(lock.depth(), 1, "asking takes no level");
        drop(second);
        assert_eq!(seen_by_another_thread(&lock), FREE);
    });
}

#[test]
fn a_forgotten_level_counts_for_outermost() {
    within(LIMIT, || {
        let lock = RLock::new(());
        let mut guard = lock.lock();
        mem::forget(lock.lock());
        assert!(RLockGuard::outermost(&mut guard).is_none());
    });
}

#[test]
fn a_thread_that_ends_with_a_forgotten_guard_makes_no_later_thread_the_owner() {
    // A thread id taken from memory or from the system is given again to a later thread.
    within(LIMIT, || {
        let lock = RLock::new(());
        thread::scope(|scope| {
            scope
                .spawn(|| mem::forget(lock.lock()))
                .join()
                .expect("the forgetful thread")
        });
        assert!(lock.is_locked());
        assert_eq!((lock.is_owned(), lock.depth()), (false, 0));
        for _ in 0..200 {
            assert_eq!(seen_by_another_thread(&lock), HELD);
        }
        let is_shut_out = || lock.try_lock().is_none() && !lock.is_owned();
        thread::scope(|scope| {
            let crowd: Vec<_> = (0..32).map(|_| scope.spawn(is_shut_out)).collect();
            assert!(
                crowd
                    .into_iter()
                    .all(|one| one.join().expect("one of the crowd"))
            );
        });
    });
}

#[test]
fn force_unlock_releases_one_forgotten_level() {
    within(LIMIT, || {
        let lock = RLock::new(());
        let outer = lock.lock();
        mem::forget(lock.lock());
        // SAFETY: this thread holds the level of the forgotten guard, and no reference made from it is left.
        unsafe { lock.force_unlock() };
        assert_eq!(lock.depth(), 1);
        assert_eq!(seen_by_another_thread(&lock), HELD);
        mem::forget(outer);
        // SAFETY: as above, for the outer level.
        unsafe { lock.force_unlock() };
        assert_eq!(seen_by_another_thread(&lock), FREE);
    });
}

#[test]
fn a_guard_made_unchecked_stands_for_the_forgotten_one() {
    within(LIMIT, || {
        let lock = RLock::new(7);
        mem::forget(lock.lock());
        // SAFETY: this thread holds one level through the guard that it has just forgotten, and makes one guard.
        let guard = unsafe { lock.make_guard_unchecked() };
        assert_eq!((*guard, lock.depth()), (7, 1));
        drop(guard);
        assert_eq!(seen_by_another_thread(&lock), FREE);
    });
}

#[test]
fn unlock_fair_of_the_last_level_hands_the_lock_to_a_waiter() {
    within(LIMIT, || {
        let lock = RLock::new(());
        for _ in 0..50 {
            let (outer, inner) = (lock.lock(), lock.lock());
            let (finish, finished) = mpsc::channel::<()>();
            thread::scope(|scope| {
                let lock = &lock;
                scope.spawn(move || {
                    let _guard = lock.lock();
                    finished.recv().expect("a word from the first holder");
                });
                until(|| lock.waiters() == 1);
                RLockGuard::unlock_fair(inner);
                assert_eq!(
                    (lock.depth(), lock.waiters()),
                    (1, 1),
                    "an inner level lets nobody in"
                );
                RLockGuard::unlock_fair(outer);
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
        let lock = RLock::new(());
        RLockGuard::unlock_fair(lock.lock());
        assert_eq!(seen_by_another_thread(&lock), FREE);
    });
}

#[test]
fn a_mapped_guard_keeps_its_level_and_reaches_one_part() {
    within(LIMIT, || {
        let lock = RLock::new(("a", 2));
        let outer = lock.lock();
        let part = RLockGuard::map(lock.lock(), |pair| &pair.1);
        assert_eq!(*part, 2);
        assert_eq!(lock.depth(), 2);
        drop(outer);
        assert_eq!((lock.depth(), seen_by_another_thread(&lock)), (1, HELD));
        drop(part);
        assert_eq!((lock.depth(), seen_by_another_thread(&lock)), (0, FREE));
    });
}

#[test]
fn a_duration_of_zero_and_a_deadline_in_the_past_mean_one_try() {
    within(LIMIT, || {
        let lock = RLock::new(());
        let past = Instant::now();
        let_pass(Duration::from_millis(1));
        let first = lock.try_lock_for(Duration::ZERO).expect("a free lock");
        let second = lock.try_lock_until(past).expect("one's own lock");
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
fn a_duration_too_large_to_add_to_now_means_for_ever() {
    within(LIMIT, || {
        let lock = RLock::new(());
        thread::scope(|scope| {
            let guard = lock.try_lock_for(Duration::MAX).expect("a free lock");
            let waiter = scope.spawn(|| lock.try_lock_for(Duration::MAX).is_some());
            until(|| lock.waiters() == 1);
            let_pass(SHORT);
            assert_eq!(lock.waiters(), 1, "still in line");
            drop(guard);
            assert!(waiter.join().expect("the waiter"));
        });
    });
}

#[test]
fn a_waiter_is_not_passed_over_for_ever_by_threads_that_lock_in_a_tight_loop() {
    // Releases are counted instead of time, so that a busy machine changes nothing: the first release that finds the
    // waiter in line may come within its millisecond, the second may not.
    const HELD: Duration = Duration::from_millis(2);
    const ROUNDS: usize = 30;
    within(LIMIT, || {
        let lock = RLock::new(());
        let releases = AtomicUsize::new(0);
        let over = AtomicBool::new(false);
        let most = thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !over.load(Relaxed) {
                        let Some(_outer) = lock.try_lock() else {
                            continue;
                        };
                        let _inner = lock.lock();
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
        let lock = RLock::new(());
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
fn a_waiter_whose_time_runs_out_takes_no_wake_up_from_the_one_behind_it() {
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
fn it_holds_slices_and_trait_objects() {
    type Shout = dyn Fn(&str) -> String + Send;
    within(LIMIT, || {
        let slice: Box<RLock<[Cell<u8>]>> = Box::new(RLock::new([Cell::new(1), Cell::new(2)]));
        let (outer, inner) = (slice.lock(), slice.lock());
        outer[0].set(inner[1].get() + 7);
        assert_eq!(inner[0].get(), 9);
        drop((outer, inner));

        let shout: Box<RLock<Shout>> = Box::new(RLock::new(|text: &str| text.to_uppercase()));
        assert_eq!((shout.lock())("held"), "HELD");
        assert_eq!(seen_by_another_thread(&shout), FREE);
    });
}

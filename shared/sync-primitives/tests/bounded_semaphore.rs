//! What `BoundedSemaphore` promises: what both semaphores do, and a bound that nothing exceeds.

mod common;
#[path = "common/semaphore_family.rs"]
mod family;

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use common::{LIMIT, Rng, Room, SHORT, caught, let_pass, until, within};
use sync_primitives::BoundedSemaphore;
use sync_primitives::BoundedSemaphore as Subject;

const NAME: &str = "BoundedSemaphore";

fn add(semaphore: &BoundedSemaphore, permits: usize) {
    semaphore
        .add_permits(permits)
        .expect("room for the permits");
}

#[test]
fn it_can_be_a_static() {
    static SLOTS: BoundedSemaphore = BoundedSemaphore::new(2);
    static ROOM: Room = Room::with_seats(2);
    within(LIMIT, || {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let _permit = SLOTS.acquire();
                    ROOM.visit(1, thread::yield_now);
                });
            }
        });
        assert_eq!(SLOTS.available_permits(), 2);
    });
}

#[test]
fn permits_above_the_bound_are_refused_and_change_nothing() {
    within(LIMIT, || {
        let semaphore = BoundedSemaphore::new(3);
        for n in [1, 2, BoundedSemaphore::MAX_PERMITS, usize::MAX] {
            assert!(semaphore.add_permits(n).is_err(), "{n} more");
            assert_eq!(semaphore.available_permits(), 3);
        }
        assert!(semaphore.add_permits(0).is_ok());
        assert_eq!(semaphore.available_permits(), 3);
    });
}

#[test]
fn live_permits_count_towards_the_bound() {
    within(LIMIT, || {
        let semaphore = Arc::new(BoundedSemaphore::new(3));
        let (one, owned) = (semaphore.acquire(), Arc::clone(&semaphore).acquire_owned());
        assert!(semaphore.add_permits(1).is_err());
        assert_eq!(semaphore.available_permits(), 1);
        drop((one, owned));
        assert_eq!(semaphore.available_permits(), 3);
    });
}

#[test]
fn forget_makes_room_for_as_many_permits() {
    within(LIMIT, || {
        let semaphore = Arc::new(BoundedSemaphore::new(3));
        semaphore.acquire_many(2).forget();
        Arc::clone(&semaphore).acquire_owned().forget();
        assert!(semaphore.add_permits(4).is_err());
        assert_eq!(semaphore.available_permits(), 0);
        assert!(semaphore.add_permits(2).is_ok());
        assert!(semaphore.add_permits(2).is_err());
        assert!(semaphore.add_permits(1).is_ok());
        assert!(semaphore.add_permits(1).is_err());
        assert_eq!(semaphore.available_permits(), 3);
    });
}

#[test]
fn a_permit_leaked_by_mem_forget_stays_alive_for_the_bound() {
    within(LIMIT, || {
        let semaphore = BoundedSemaphore::new(2);
        mem::forget(semaphore.acquire());
        assert!(semaphore.add_permits(1).is_err());
        assert_eq!(semaphore.available_permits(), 1);
        drop(semaphore.acquire());
        assert_eq!(semaphore.available_permits(), 1);
    });
}

#[test]
fn splitting_and_forgetting_a_part_makes_room_for_that_part() {
    within(LIMIT, || {
        let semaphore = BoundedSemaphore::new(5);
        let mut permit = semaphore.acquire_many(5);
        permit.split(2).expect("two of five").forget();
        assert!(semaphore.add_permits(3).is_err());
        assert!(semaphore.add_permits(2).is_ok());
        drop(permit);
        assert_eq!(semaphore.available_permits(), 5);
        assert!(semaphore.add_permits(1).is_err());
    });
}

#[test]
fn the_part_of_a_waiter_counts_towards_the_bound() {
    within(LIMIT, || {
        let semaphore = BoundedSemaphore::new(3);
        thread::scope(|scope| {
            let mut held = semaphore.acquire_many(3);
            let waiter = scope.spawn(|| semaphore.acquire_many(3).num_permits());
            until(|| semaphore.waiters() == 1);
            let_pass(SHORT);
            drop(held.split(2));
            assert!(semaphore.add_permits(1).is_err());
            drop(held);
            assert_eq!(waiter.join().expect("the waiter"), 3);
        });
        assert_eq!(semaphore.available_permits(), 3);
    });
}

#[test]
fn asking_for_more_than_the_bound_panics_and_changes_nothing() {
    within(LIMIT, || {
        let semaphore = Arc::new(BoundedSemaphore::new(2));
        for n in [3, BoundedSemaphore::MAX_PERMITS, usize::MAX] {
            assert!(caught(|| drop(semaphore.acquire_many(n))).is_err());
            assert!(caught(|| drop(semaphore.try_acquire_many(n))).is_err());
            assert!(caught(|| drop(semaphore.try_acquire_many_for(n, Duration::ZERO))).is_err());
            assert!(caught(|| drop(semaphore.try_acquire_many_until(n, Instant::now()))).is_err());
            assert!(caught(|| drop(Arc::clone(&semaphore).acquire_many_owned(n))).is_err());
            assert!(caught(|| drop(Arc::clone(&semaphore).try_acquire_many_owned(n))).is_err());
        }
        assert_eq!((semaphore.available_permits(), semaphore.waiters()), (2, 0));
        assert_eq!(Arc::strong_count(&semaphore), 1);
    });
}

#[test]
fn the_bound_holds_while_permits_are_forgotten_and_added_by_many_threads() {
    const BOUND: usize = 4;
    const ROUNDS: usize = 2_000;
    within(LIMIT, || {
        let semaphore = BoundedSemaphore::new(BOUND);
        let room = Room::with_seats(BOUND);
        // Added minus forgotten: what the sum of available and live permits lacks to the bound.
        let balance = AtomicIsize::new(0);
        let mut rng = Rng::seeded();
        thread::scope(|scope| {
            for _ in 0..4 {
                let mut rng = rng.fork();
                let (semaphore, room, balance) = (&semaphore, &room, &balance);
                scope.spawn(move || {
                    for _ in 0..ROUNDS {
                        if rng.one_in(3) {
                            let n = 1 + rng.below(2);
                            if semaphore.add_permits(n).is_ok() {
                                balance.fetch_add(n as isize, Relaxed);
                            }
                            continue;
                        }
                        let n = 1 + rng.below(BOUND);
                        let patience = rng.time_below(Duration::from_micros(20));
                        let Some(permit) = semaphore.try_acquire_many_for(n, patience) else {
                            continue;
                        };
                        room.visit(n, thread::yield_now);
                        if rng.one_in(3) {
                            balance.fetch_sub(n as isize, Relaxed);
                            permit.forget();
                        }
                    }
                });
            }
        });
        let expected = BOUND as isize + balance.into_inner();
        assert_eq!(semaphore.available_permits() as isize, expected);
        assert!((0..=BOUND as isize).contains(&expected));
        let missing = BOUND - semaphore.available_permits();
        assert!(semaphore.add_permits(missing + 1).is_err());
        assert!(semaphore.add_permits(missing).is_ok());
        assert_eq!(semaphore.available_permits(), BOUND);
    });
}

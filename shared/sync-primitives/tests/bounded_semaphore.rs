//! Tests of `BoundedSemaphore`: what both semaphores guarantee, and a bound that nothing exceeds.

mod common;
#[path = "common/semaphore_family.rs"]
mod family;

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use common::{LIMIT, Rng, Room, SHORT, caught, let_pass, until, within};
use sync_primitives::BoundedSemaphore as Subject;
use sync_primitives::{BoundedSemaphore, TooManyPermits};

const NAME: &str = "BoundedSemaphore";

fn add(semaphore: &BoundedSemaphore, permits: usize) {
    semaphore
        .add_permits(permits)
        .expect("room for the permits");
}

#[test]
fn a_bounded_semaphore_can_be_a_static() {
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
fn the_bound_stays_the_same_when_permits_are_acquired_forgotten_or_added() {
    within(LIMIT, || {
        let semaphore = BoundedSemaphore::new(3);
        assert_eq!(semaphore.bound(), 3);
        let held = semaphore.acquire();
        semaphore.acquire().forget();
        assert_eq!(semaphore.bound(), 3);
        semaphore.add_permits(1).expect("room for one permit");
        drop(held);
        assert_eq!((semaphore.bound(), semaphore.available_permits()), (3, 3));
        assert_eq!(BoundedSemaphore::new(0).bound(), 0);
    });
}

#[test]
fn the_error_of_add_permits_can_be_written_as_a_value() {
    let semaphore = BoundedSemaphore::new(1);
    assert_eq!(semaphore.add_permits(1), Err(TooManyPermits));
}

#[test]
fn adding_permits_above_the_bound_fails_and_changes_nothing() {
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
fn permits_that_threads_hold_count_towards_the_bound() {
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
fn forget_makes_room_for_the_same_number_of_permits() {
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
fn a_permit_leaked_by_mem_forget_still_counts_towards_the_bound() {
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
fn forgetting_a_split_part_makes_room_for_that_part() {
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
fn permits_that_a_waiter_has_received_count_towards_the_bound() {
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
fn acquiring_more_permits_than_the_bound_panics_and_changes_nothing() {
    within(LIMIT, || {
        let semaphore = Arc::new(BoundedSemaphore::new(2));
        for n in [3, BoundedSemaphore::MAX_PERMITS, usize::MAX] {
            assert!(caught(|| drop(semaphore.acquire_many(n))).is_err());
            assert!(caught(|| drop(semaphore.try_acquire_many(n))).is_err());
            assert!(caught(|| drop(semaphore.try_acquire_many_for(n, Duration::ZERO))).is_err());
            assert!(caught(|| drop(semaphore.try_acquire_many_until(n, Instant::now()))).is_err());
            assert!(caught(|| drop(Arc::clone(&semaphore).acquire_many_owned(n))).is_err());
            assert!(caught(|| drop(Arc::clone(&semaphore).try_acquire_many_owned(n))).is_err());
            let shared = || Arc::clone(&semaphore);
            let (zero, now) = (Duration::ZERO, Instant::now());
            assert!(caught(|| drop(shared().try_acquire_many_owned_for(n, zero))).is_err());
            assert!(caught(|| drop(shared().try_acquire_many_owned_until(n, now))).is_err());
        }
        assert_eq!((semaphore.available_permits(), semaphore.waiters()), (2, 0));
        assert_eq!(Arc::strong_count(&semaphore), 1);
    });
}

#[test]
fn the_bound_holds_while_many_threads_forget_and_add_permits() {
    const BOUND: usize = 4;
    const ROUNDS: usize = 2_000;
    within(LIMIT, || {
        let semaphore = BoundedSemaphore::new(BOUND);
        let room = Room::with_seats(BOUND);
        // The permits added so far, less those forgotten. The bound plus this number is the number
        // of all permits.
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

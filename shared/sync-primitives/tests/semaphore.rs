//! Tests of `Semaphore`: what both semaphores guarantee, and permits that can be added.

mod common;
#[path = "common/semaphore_family.rs"]
mod family;

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use common::{LIMIT, Room, caught, until, within};
use sync_primitives::Semaphore;
use sync_primitives::Semaphore as Subject;

const NAME: &str = "Semaphore";

fn add(semaphore: &Semaphore, permits: usize) {
    semaphore.add_permits(permits);
}

#[test]
fn a_semaphore_can_be_a_static() {
    static SLOTS: Semaphore = Semaphore::new(2);
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
fn added_permits_wake_as_many_waiters() {
    within(LIMIT, || {
        let semaphore = Semaphore::new(0);
        thread::scope(|scope| {
            let waiters = [(); 3].map(|()| scope.spawn(|| semaphore.acquire().forget()));
            until(|| semaphore.waiters() == 3);
            semaphore.add_permits(2);
            until(|| waiters.iter().filter(|waiter| waiter.is_finished()).count() == 2);
            // The third waiter may have been woken too. It then finds that an overdue waiter was
            // served, and parks again.
            until(|| semaphore.waiters() == 1);
            assert_eq!(semaphore.available_permits(), 0);
            semaphore.add_permits(1);
        });
        assert_eq!((semaphore.available_permits(), semaphore.waiters()), (0, 0));
    });
}

#[test]
fn add_permits_can_exceed_the_initial_number() {
    within(LIMIT, || {
        let semaphore = Semaphore::new(0);
        semaphore.add_permits(0);
        assert_eq!(semaphore.available_permits(), 0);
        semaphore.add_permits(5);
        assert_eq!(semaphore.acquire_many(5).num_permits(), 5);
        assert_eq!(semaphore.available_permits(), 5);
    });
}

#[test]
fn adding_more_permits_than_the_maximum_panics_and_changes_nothing() {
    within(LIMIT, || {
        let full = Semaphore::new(Semaphore::MAX_PERMITS);
        assert!(caught(|| full.add_permits(1)).is_err());
        assert!(caught(|| full.add_permits(usize::MAX)).is_err());
        assert_eq!(full.available_permits(), Semaphore::MAX_PERMITS);
        full.add_permits(0);
        drop(full.acquire());
        assert_eq!(full.available_permits(), Semaphore::MAX_PERMITS);

        let one = Semaphore::new(1);
        assert!(caught(|| one.add_permits(Semaphore::MAX_PERMITS)).is_err());
        assert!(caught(|| one.add_permits(usize::MAX)).is_err());
        assert_eq!(one.available_permits(), 1);
        if let Some(too_many) = Semaphore::MAX_PERMITS.checked_add(1) {
            assert!(caught(|| Semaphore::new(too_many)).is_err());
        }
    });
}

#[test]
fn dropping_a_permit_of_a_full_semaphore_does_not_panic() {
    within(LIMIT, || {
        let semaphore = Semaphore::new(Semaphore::MAX_PERMITS);
        let permit = semaphore.acquire();
        // Whether or not this panics, dropping the permit must not panic, and the count must be
        // right.
        let _ = caught(|| semaphore.add_permits(1));
        assert!(caught(|| drop(permit)).is_ok());
        assert_eq!(semaphore.available_permits(), Semaphore::MAX_PERMITS);
    });
}

#[test]
fn acquiring_more_permits_than_the_maximum_panics_and_changes_nothing() {
    within(LIMIT, || {
        let Some(too_many) = Semaphore::MAX_PERMITS.checked_add(1) else {
            return;
        };
        let semaphore = Arc::new(Semaphore::new(2));
        for n in [too_many, usize::MAX] {
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
fn acquiring_the_maximum_number_waits_like_any_other_request() {
    within(LIMIT, || {
        let semaphore = Semaphore::new(1);
        assert!(semaphore.try_acquire_many(Semaphore::MAX_PERMITS).is_none());
        assert!(
            semaphore
                .try_acquire_many_for(Semaphore::MAX_PERMITS, Duration::from_millis(1))
                .is_none()
        );
        semaphore.add_permits(Semaphore::MAX_PERMITS - 1);
        assert_eq!(
            semaphore.acquire_many(Semaphore::MAX_PERMITS).num_permits(),
            Semaphore::MAX_PERMITS
        );
        assert_eq!(semaphore.available_permits(), Semaphore::MAX_PERMITS);
    });
}

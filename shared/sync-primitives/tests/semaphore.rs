//! What `Semaphore` promises: what both semaphores do, and permits that can be added.

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
fn it_can_be_a_static() {
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
fn added_permits_let_as_many_waiters_in() {
    within(LIMIT, || {
        let semaphore = Semaphore::new(0);
        thread::scope(|scope| {
            let waiters = [(); 3].map(|()| scope.spawn(|| semaphore.acquire().forget()));
            until(|| semaphore.waiters() == 3);
            semaphore.add_permits(2);
            until(|| waiters.iter().filter(|waiter| waiter.is_finished()).count() == 2);
            // The third may have been woken too, to find that an overdue one was served: then it comes back to the line.
            until(|| semaphore.waiters() == 1);
            assert_eq!(semaphore.available_permits(), 0);
            semaphore.add_permits(1);
        });
        assert_eq!((semaphore.available_permits(), semaphore.waiters()), (0, 0));
    });
}

#[test]
fn more_permits_may_be_added_than_it_was_made_with() {
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
fn more_permits_than_the_counter_holds_panic_and_change_nothing() {
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
fn a_permit_that_comes_back_to_a_full_counter_does_not_panic() {
    within(LIMIT, || {
        let semaphore = Semaphore::new(Semaphore::MAX_PERMITS);
        let permit = semaphore.acquire();
        // Whether this is refused or not, the drop has to be quiet and the count has to make sense.
        let _ = caught(|| semaphore.add_permits(1));
        assert!(caught(|| drop(permit)).is_ok());
        assert_eq!(semaphore.available_permits(), Semaphore::MAX_PERMITS);
    });
}

#[test]
fn asking_for_more_than_there_can_ever_be_panics_and_changes_nothing() {
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
        }
        assert_eq!((semaphore.available_permits(), semaphore.waiters()), (2, 0));
        assert_eq!(Arc::strong_count(&semaphore), 1);
    });
}

#[test]
fn asking_for_the_largest_number_waits_like_any_other() {
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

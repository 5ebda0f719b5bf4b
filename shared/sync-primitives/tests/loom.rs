//! Models: loom runs the code that ships under every schedule of a few threads.
//!
//! Run them with:
//!
//! ```console
//! $ RUSTFLAGS="--cfg sync_primitives_loom" cargo test --release -p sync-primitives --test loom
//! ```
//!
//! The name of each model starts with what it checks: `lock`, `rlock`, `condition`, `semaphore`,
//! `queue`, `join`, `event` or `barrier`. You can use it as a filter.
//!
//! The data under a lock is a loom cell, which fails the model if two accesses are not ordered.
//! This is how a weakened Acquire or Release is found. A lost wakeup leads to a deadlock, which
//! loom reports. A thread that calls [`tick`] is the clock: it ends all timed waits, and loom lets
//! it run at any point of a schedule.
#![cfg(sync_primitives_loom)]

use loom::{cell::UnsafeCell, thread};
use std::{mem, sync::Arc, time::Duration};
use sync_primitives::{
    Barrier, BoundedSemaphore, Condition, Event, Lock, LockGuard, Queue, RLock, RLockGuard,
    Semaphore, TryPopError, tick,
};

/// Explores the schedules of `model` that preempt a running thread at most `preemptions` times.
///
/// Most concurrency bugs need at most two preemptions (Musuvathi and Qadeer, "Iterative context
/// bounding", 2007). `None` tries every schedule.
fn explore(preemptions: impl Into<Option<usize>>, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions.into();
    builder.check(model);
}

/// A plain counter. The model fails if two accesses to it are not ordered.
#[derive(Default)]
struct Counter(UnsafeCell<usize>);

impl Counter {
    fn add(&self, n: usize) {
        // SAFETY: loom checks that no other access overlaps with this one or is unordered with it.
        self.0.with_mut(|value| unsafe { *value += n });
    }

    fn get(&self) -> usize {
        // SAFETY: as in `add`.
        self.0.with(|value| unsafe { *value })
    }
}

fn spawn<T: Send + Sync + 'static, R: 'static>(
    shared: &Arc<T>,
    body: impl FnOnce(&T) -> R + 'static,
) -> thread::JoinHandle<R> {
    let shared = Arc::clone(shared);
    thread::spawn(move || body(&shared))
}

const SOON: Duration = Duration::from_secs(1);

#[test]
fn lock_excludes_other_threads_and_publishes_writes() {
    explore(None, || {
        let lock = Arc::new(Lock::new(Counter::default()));
        let other = spawn(&lock, |lock| lock.lock().add(1));
        lock.lock().add(1);
        other.join().unwrap();
        assert_eq!(lock.lock().get(), 2);
    });
}

#[test]
fn lock_wakes_every_waiter_eventually() {
    explore(2, || {
        let lock = Arc::new(Lock::new(Counter::default()));
        let others = [(); 2].map(|()| spawn(&lock, |lock| lock.lock().add(1)));
        lock.lock().add(1);
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(lock.lock().get(), 3);
    });
}

#[test]
fn lock_handoff_publishes_writes() {
    explore(2, || {
        let lock = Arc::new(Lock::new(Counter::default()));
        let others = [(); 2].map(|()| {
            spawn(&lock, |lock| {
                let guard = lock.lock();
                guard.add(1);
                LockGuard::unlock_fair(guard);
            })
        });
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(lock.lock().get(), 2);
    });
}

#[test]
fn lock_publishes_writes_to_an_overdue_waiter() {
    explore(2, || {
        let lock = Arc::new(Lock::new(Counter::default()));
        let clock = thread::spawn(tick);
        let other = spawn(&lock, |lock| lock.lock().add(1));
        lock.lock().add(1);
        lock.lock().add(1);
        other.join().unwrap();
        clock.join().unwrap();
        assert_eq!(lock.lock().get(), 3);
    });
}

/// Lets the other threads run until they wait. This costs no preemption, because this thread waits
/// too.
fn let_others_run() {
    thread::spawn(|| {}).join().unwrap();
}

/// A thread may be parked for the lock when `release` is called, and another thread tries to lock
/// it at any time. If the first thread is parked, the other one must not lock before it.
fn no_thread_gets_in_before_the_waiter(release: fn(LockGuard<'_, Counter>)) {
    let lock = Arc::new(Lock::new(Counter::default()));
    let guard = lock.lock();
    let waiter = spawn(&lock, |lock| lock.lock().add(1));
    let_others_run();
    let is_parked = lock.waiters() == 1;
    let other = spawn(&lock, move |lock| {
        let came_first = lock.try_lock().is_some_and(|guard| guard.get() == 0);
        assert!(!is_parked || !came_first);
    });
    release(guard);
    waiter.join().unwrap();
    other.join().unwrap();
}

#[test]
fn lock_unlocked_fairly_lets_no_thread_in_before_the_waiter() {
    explore(2, || {
        no_thread_gets_in_before_the_waiter(|guard| LockGuard::unlock_fair(guard))
    });
}

#[test]
fn lock_lets_no_thread_in_before_an_overdue_waiter() {
    explore(2, || {
        no_thread_gets_in_before_the_waiter(|guard| {
            tick();
            drop(guard);
        });
    });
}

#[test]
fn lock_try_fails_only_while_the_lock_is_held() {
    explore(2, || {
        let lock = Arc::new(Lock::new(()));
        let guard = lock.lock();
        // A thread that gets the lock keeps it.
        let others =
            [(); 2].map(|()| spawn(&lock, |lock| lock.try_lock_for(SOON).map(mem::forget)));
        drop(guard);
        tick();
        assert!(lock.try_lock().is_some() || lock.is_locked());
        for other in others {
            other.join().unwrap();
        }
    });
}

#[test]
fn lock_stays_usable_after_a_waiter_times_out() {
    explore(2, || {
        let lock = Arc::new(Lock::new(Counter::default()));
        let clock = thread::spawn(tick);
        let timed = spawn(&lock, |lock| {
            lock.try_lock_for(SOON).map(|guard| guard.add(1)).is_some()
        });
        let patient = spawn(&lock, |lock| lock.lock().add(1));
        lock.lock().add(1);
        let expected = 2 + usize::from(timed.join().unwrap());
        patient.join().unwrap();
        clock.join().unwrap();
        assert_eq!(lock.lock().get(), expected);
    });
}

#[test]
fn lock_timeout_during_an_unlock_keeps_exclusion() {
    explore(2, || {
        let lock = Arc::new(Lock::new(Counter::default()));
        let guard = lock.lock();
        let timed = spawn(&lock, |lock| drop(lock.try_lock_for(SOON)));
        let_others_run();
        let other = spawn(&lock, |lock| lock.lock().add(1));
        tick();
        drop(guard);
        lock.lock().add(1);
        timed.join().unwrap();
        other.join().unwrap();
        assert_eq!(lock.lock().get(), 2);
    });
}

#[test]
fn rlock_excludes_other_threads_at_every_depth() {
    explore(None, || {
        let lock = Arc::new(RLock::new(Counter::default()));
        let other = spawn(&lock, |lock| {
            let outer = lock.lock();
            lock.lock().add(1);
            assert_eq!(lock.depth(), 1);
            outer.add(1);
        });
        let outer = lock.lock();
        let inner = lock.lock();
        drop(outer);
        inner.add(1);
        drop(inner);
        other.join().unwrap();
        assert_eq!(lock.lock().get(), 3);
    });
}

#[test]
fn rlock_try_succeeds_for_the_owner_and_excludes_other_threads() {
    explore(None, || {
        let lock = Arc::new(RLock::new(Counter::default()));
        let other = spawn(&lock, |lock| {
            lock.try_lock().map(|guard| guard.add(1)).is_some()
        });
        let guard = lock.lock();
        assert!(lock.try_lock().is_some());
        guard.add(1);
        drop(guard);
        let expected = 1 + usize::from(other.join().unwrap());
        assert_eq!(lock.lock().get(), expected);
    });
}

/// A lock with the value that it protects, and a condition for changes of the value.
#[derive(Default)]
struct Gate<L> {
    lock: L,
    changed: Condition,
}

#[test]
fn condition_notification_after_unlocking_is_never_lost() {
    explore(None, || {
        let gate = Arc::new(Gate::<Lock<Counter>>::default());
        let waiter = spawn(&gate, |gate| {
            let mut guard = gate.lock.lock();
            gate.changed
                .wait_while(&mut guard, |counter| counter.get() == 0);
            assert_eq!(guard.get(), 1);
        });
        gate.lock.lock().add(1);
        gate.changed.notify_one();
        waiter.join().unwrap();
    });
}

#[test]
fn condition_notification_under_the_lock_is_never_lost() {
    explore(None, || {
        let gate = Arc::new(Gate::<Lock<Counter>>::default());
        let waiter = spawn(&gate, |gate| {
            let mut guard = gate.lock.lock();
            gate.changed
                .wait_while(&mut guard, |counter| counter.get() == 0);
        });
        let guard = gate.lock.lock();
        guard.add(1);
        gate.changed.notify_one();
        drop(guard);
        waiter.join().unwrap();
    });
}

/// Two threads wait until `change` has changed the counter. `change` must notify both of them.
fn two_waiters_are_woken_by(change: fn(&Gate<Lock<Counter>>)) {
    let gate = Arc::new(Gate::<Lock<Counter>>::default());
    let waiters = [(); 2].map(|()| {
        spawn(&gate, |gate| {
            let mut guard = gate.lock.lock();
            gate.changed
                .wait_while(&mut guard, |counter| counter.get() == 0);
        })
    });
    change(&gate);
    waiters
        .into_iter()
        .for_each(|waiter| waiter.join().unwrap());
}

#[test]
fn condition_notify_all_under_the_lock_wakes_two_waiters() {
    explore(2, || {
        two_waiters_are_woken_by(|gate| {
            let guard = gate.lock.lock();
            guard.add(1);
            gate.changed.notify_all();
        });
    });
}

#[test]
fn condition_notify_all_after_unlocking_wakes_two_waiters() {
    explore(2, || {
        two_waiters_are_woken_by(|gate| {
            gate.lock.lock().add(1);
            gate.changed.notify_all();
        });
    });
}

#[test]
fn condition_each_notify_one_wakes_one_waiter() {
    explore(2, || {
        let gate = Arc::new(Gate::<Lock<Counter>>::default());
        let waiters = [(); 2].map(|()| {
            spawn(&gate, |gate| {
                let mut guard = gate.lock.lock();
                gate.changed
                    .wait_while(&mut guard, |tickets| tickets.get() == 0);
                guard.add(usize::MAX); // takes one ticket: adds -1
            })
        });
        for _ in 0..2 {
            gate.lock.lock().add(1);
            gate.changed.notify_one();
        }
        waiters
            .into_iter()
            .for_each(|waiter| waiter.join().unwrap());
    });
}

#[test]
fn condition_notify_n_wakes_as_many_waiters_as_it_returns() {
    explore(2, || {
        let gate = Arc::new(Gate::<Lock<Counter>>::default());
        let clock = thread::spawn(tick);
        let waiters = [(); 2].map(|()| {
            spawn(&gate, |gate| {
                !gate
                    .changed
                    .wait_for(&mut gate.lock.lock(), SOON)
                    .timed_out()
            })
        });
        let notified = gate.changed.notify_n(2);
        let woken = waiters.map(|waiter| usize::from(waiter.join().unwrap()));
        assert_eq!(woken.iter().sum::<usize>(), notified);
        clock.join().unwrap();
    });
}

#[test]
fn condition_timed_wait_and_notification_agree_on_the_result() {
    explore(2, || {
        let gate = Arc::new(Gate::<Lock<Counter>>::default());
        let clock = thread::spawn(tick);
        let waiter = spawn(&gate, |gate| {
            let mut guard = gate.lock.lock();
            let result = gate.changed.wait_for(&mut guard, SOON);
            guard.add(1);
            !result.timed_out()
        });
        let guard = gate.lock.lock();
        let notified = gate.changed.notify_one();
        guard.add(1);
        drop(guard);
        assert_eq!(waiter.join().unwrap(), notified);
        clock.join().unwrap();
        assert_eq!(gate.changed.waiters(), 0);
    });
}

#[test]
fn condition_notification_wakes_one_of_two_timed_waiters() {
    explore(1, || {
        let gate = Arc::new(Gate::<Lock<Counter>>::default());
        let clock = thread::spawn(tick);
        let waiters = [(); 2].map(|()| {
            spawn(&gate, |gate| {
                let mut guard = gate.lock.lock();
                !gate.changed.wait_for(&mut guard, SOON).timed_out()
            })
        });
        let notified = gate.changed.notify_one();
        let woken = waiters.map(|waiter| usize::from(waiter.join().unwrap()));
        assert_eq!(woken.iter().sum::<usize>(), usize::from(notified));
        clock.join().unwrap();
    });
}

#[test]
fn condition_waiter_can_be_handed_the_lock() {
    explore(2, || {
        let gate = Arc::new(Gate::<Lock<Counter>>::default());
        let waiter = spawn(&gate, |gate| {
            let mut guard = gate.lock.lock();
            gate.changed
                .wait_while(&mut guard, |counter| counter.get() == 0);
            guard.add(1);
        });
        let other = spawn(&gate, |gate| gate.lock.lock().add(10));
        let guard = gate.lock.lock();
        guard.add(1);
        gate.changed.notify_one();
        LockGuard::unlock_fair(guard);
        waiter.join().unwrap();
        other.join().unwrap();
        assert_eq!(gate.lock.lock().get(), 12);
    });
}

#[test]
fn condition_notify_all_wakes_waiters_with_two_different_locks() {
    explore(2, || {
        let gates = Arc::new((
            Lock::new(Counter::default()),
            Lock::new(Counter::default()),
            Condition::new(),
        ));
        let first = spawn(&gates, |(lock, _, changed)| {
            changed.wait_while(&mut lock.lock(), |counter| counter.get() == 0);
        });
        let second = spawn(&gates, |(_, lock, changed)| {
            changed.wait_while(&mut lock.lock(), |counter| counter.get() == 0);
        });
        gates.0.lock().add(1);
        gates.1.lock().add(1);
        gates.2.notify_all();
        first.join().unwrap();
        second.join().unwrap();
    });
}

#[test]
fn condition_notification_is_not_lost_if_a_second_lock_comes_in_between() {
    explore(2, || {
        let gates = Arc::new((
            Lock::new(Counter::default()),
            Lock::new(Counter::default()),
            Condition::new(),
        ));
        let first = spawn(&gates, |(lock, _, changed)| {
            changed.wait_while(&mut lock.lock(), |counter| counter.get() == 0);
        });
        let second = spawn(&gates, |(_, lock, changed)| {
            let _ = changed.wait_for(&mut lock.lock(), SOON);
        });
        gates.0.lock().add(1);
        gates.2.notify_all();
        tick();
        first.join().unwrap();
        second.join().unwrap();
    });
}

#[test]
fn condition_wait_releases_and_reacquires_every_level_of_an_rlock() {
    explore(2, || {
        let gate = Arc::new(Gate::<RLock<SharedCounter>>::default());
        let waiter = spawn(&gate, |gate| {
            let _outer = gate.lock.lock();
            let mut inner = gate.lock.lock();
            gate.changed
                .wait_while(&mut inner, |counter| counter.get() == 0);
            assert_eq!(gate.lock.depth(), 2);
            inner.add(1);
        });
        {
            let guard = gate.lock.lock();
            assert_eq!(gate.lock.depth(), 1);
            guard.add(1);
            gate.changed.notify_one();
        }
        waiter.join().unwrap();
        assert_eq!(gate.lock.lock().get(), 2);
    });
}

/// A [`Counter`] that claims to be `Sync`. The model checks this claim for every access.
#[derive(Default)]
struct SharedCounter(Counter);

// SAFETY: loom fails the model on any two accesses that are not ordered.
unsafe impl Sync for SharedCounter {}

impl std::ops::Deref for SharedCounter {
    type Target = Counter;

    fn deref(&self) -> &Counter {
        &self.0
    }
}

#[test]
fn condition_wait_with_an_outermost_releases_and_acquires() {
    explore(2, || {
        let gate = Arc::new(Gate::<RLock<Counter>>::default());
        let waiter = spawn(&gate, |gate| {
            let mut guard = gate.lock.lock();
            let mut outermost = RLockGuard::outermost(&mut guard).unwrap();
            gate.changed
                .wait_while(&mut outermost, |counter| counter.get() == 0);
            guard.add(1);
        });
        gate.lock.lock().add(1);
        gate.changed.notify_all();
        waiter.join().unwrap();
        assert_eq!(gate.lock.lock().get(), 2);
    });
}

/// A semaphore, and a value that a thread accesses only while it holds a permit.
struct Guarded {
    semaphore: Semaphore,
    value: SharedCounter,
}

impl Guarded {
    fn new(permits: usize) -> Arc<Self> {
        Arc::new(Guarded {
            semaphore: Semaphore::new(permits),
            value: SharedCounter::default(),
        })
    }
}

#[test]
fn semaphore_of_one_permit_excludes_other_threads_and_publishes_writes() {
    explore(2, || {
        let shared = Guarded::new(1);
        let enter = |shared: &Guarded| {
            let _permit = shared.semaphore.acquire();
            shared.value.add(1);
        };
        let others = [(); 2].map(|()| spawn(&shared, enter));
        enter(&shared);
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(
            (shared.value.get(), shared.semaphore.available_permits()),
            (3, 1)
        );
    });
}

#[test]
fn semaphore_waiter_for_all_permits_excludes_waiters_for_one() {
    explore(2, || {
        let shared = Guarded::new(2);
        let others = [(); 2].map(|()| spawn(&shared, |shared| drop(shared.semaphore.acquire())));
        let both = spawn(&shared, |shared| {
            let _permits = shared.semaphore.acquire_many(2);
            shared.value.add(1);
        });
        others.into_iter().for_each(|other| other.join().unwrap());
        both.join().unwrap();
        assert_eq!(
            (shared.value.get(), shared.semaphore.available_permits()),
            (1, 2)
        );
    });
}

#[test]
fn semaphore_overdue_waiter_gets_permits_one_by_one_and_sees_the_writes() {
    explore(2, || {
        let shared = Guarded::new(0);
        let clock = thread::spawn(tick);
        let both = spawn(&shared, |shared| {
            let permits = shared.semaphore.acquire_many(2);
            shared.value.add(1);
            permits.forget();
        });
        let giver = spawn(&shared, |shared| shared.semaphore.add_permits(1));
        shared.value.add(1);
        shared.semaphore.add_permits(1);
        giver.join().unwrap();
        both.join().unwrap();
        clock.join().unwrap();
        assert_eq!(
            (shared.value.get(), shared.semaphore.available_permits()),
            (2, 0)
        );
    });
}

#[test]
fn semaphore_waiter_that_times_out_returns_its_part_and_wakes_the_next() {
    explore(2, || {
        let shared = Guarded::new(0);
        let clock = thread::spawn(tick);
        let impatient = spawn(&shared, |shared| {
            shared.semaphore.try_acquire_many_for(2, SOON).is_none()
        });
        let modest = spawn(&shared, |shared| shared.semaphore.acquire().forget());
        shared.semaphore.add_permits(1);
        assert!(impatient.join().unwrap());
        modest.join().unwrap();
        clock.join().unwrap();
        assert_eq!(shared.semaphore.available_permits(), 0);
    });
}

#[test]
fn semaphore_wakeup_that_comes_too_late_is_passed_on() {
    explore(2, || {
        // Two permits are added, so the waiter for two is woken. If a running thread has taken one
        // of them for good, the other one must go to the waiter for one.
        let shared = Guarded::new(0);
        let two = spawn(&shared, |shared| drop(shared.semaphore.acquire_many(2)));
        let one = spawn(&shared, |shared| shared.semaphore.acquire().forget());
        shared.semaphore.add_permits(2);
        let barged = shared
            .semaphore
            .try_acquire()
            .map(|permit| permit.forget())
            .is_some();
        one.join().unwrap();
        shared.semaphore.add_permits(1 + usize::from(barged));
        two.join().unwrap();
        assert_eq!(shared.semaphore.available_permits(), 2);
    });
}

#[test]
fn semaphore_bound_holds_while_permits_are_added_and_forgotten() {
    explore(2, || {
        let semaphore = Arc::new(BoundedSemaphore::new(1));
        let other = spawn(&semaphore, |semaphore| semaphore.acquire().forget());
        let added = semaphore.add_permits(1).is_ok();
        other.join().unwrap();
        assert_eq!(semaphore.available_permits(), usize::from(added));
        assert_eq!(semaphore.add_permits(1).is_ok(), !added);
    });
}

#[test]
fn queue_delivers_items_once_in_order_and_publishes_writes() {
    explore(2, || {
        let queue = Arc::new(Queue::bounded(1));
        let producer = spawn(&queue, |queue| {
            for n in 1..=2 {
                let counter = Counter::default();
                counter.add(n);
                queue.push(counter).unwrap();
            }
        });
        assert_eq!(queue.pop().unwrap().get(), 1);
        assert_eq!(queue.pop().unwrap().get(), 2);
        producer.join().unwrap();
    });
}

#[test]
fn queue_loses_nothing_between_two_producers_and_a_consumer() {
    explore(2, || {
        let queue = Arc::new(Queue::bounded(1));
        let producers = [1, 2].map(|n| spawn(&queue, move |queue| queue.push(n).unwrap()));
        let sum = queue.pop().unwrap() + queue.pop().unwrap();
        producers
            .into_iter()
            .for_each(|producer| producer.join().unwrap());
        assert_eq!(sum, 3);
    });
}

/// Makes an item whose value has been written without synchronization.
fn counted(n: usize) -> Counter {
    let counter = Counter::default();
    counter.add(n);
    counter
}

// In the models, a segment has two slots.
#[test]
fn queue_continues_in_the_next_segment() {
    explore(3, || {
        let queue = Arc::new(Queue::unbounded());
        let producer = spawn(&queue, |queue| {
            for n in 1..=3 {
                queue.push(counted(n)).unwrap();
            }
        });
        for n in 1..=3 {
            assert_eq!(queue.pop().unwrap().get(), n);
        }
        producer.join().unwrap();
    });
}

#[test]
fn queue_reuses_a_segment_only_after_its_last_reader_has_left() {
    explore(3, || {
        let queue = Arc::new(Queue::unbounded());
        queue.push(counted(1)).unwrap();
        queue.push(counted(2)).unwrap();
        let slow = spawn(&queue, |queue| queue.pop().unwrap().get());
        let mut sum = queue.pop().unwrap().get();
        for n in 3..=5 {
            queue.push(counted(n)).unwrap();
        }
        sum += slow.join().unwrap();
        sum += queue.try_iter().map(|item| item.get()).sum::<usize>();
        assert_eq!(sum, 15);
    });
}

// The third pop leaves the first segment, and the fifth push may use it again.
#[test]
fn queue_reuses_a_segment_only_after_its_items_have_been_taken() {
    explore(3, || {
        let queue = Arc::new(Queue::unbounded());
        (1..=3).for_each(|n| queue.push(counted(n)).unwrap());
        let popper = spawn(&queue, |queue| {
            let items = [(); 3].map(|()| queue.pop().unwrap());
            items.iter().map(Counter::get).sum::<usize>()
        });
        queue.push(counted(4)).unwrap();
        queue.push(counted(5)).unwrap();
        let mut sum = popper.join().unwrap();
        sum += queue.try_iter().map(|item| item.get()).sum::<usize>();
        assert_eq!(sum, 15);
    });
}

#[test]
fn queue_gives_three_pushers_at_the_end_of_a_segment_a_slot_each() {
    explore(2, || {
        let queue = Arc::new(Queue::unbounded());
        let others = [1, 2].map(|n| spawn(&queue, move |queue| queue.push(counted(n)).unwrap()));
        queue.push(counted(3)).unwrap();
        others.into_iter().for_each(|other| other.join().unwrap());
        let mut items: Vec<_> = queue.try_iter().map(|item| item.get()).collect();
        items.sort_unstable();
        assert_eq!(items, [1, 2, 3]);
    });
}

#[test]
fn queue_close_now_returns_exactly_the_items_that_were_not_popped() {
    explore(3, || {
        let queue = Arc::new(Queue::unbounded());
        (1..=3).for_each(|n| queue.push(counted(n)).unwrap());
        let popper = spawn(&queue, |queue| {
            let items = [(); 2].map(|()| queue.try_pop().ok());
            assert!(queue.len() <= 1);
            items
                .into_iter()
                .flatten()
                .map(|item| item.get())
                .collect::<Vec<_>>()
        });
        let left = queue.close_now();
        let mut all = popper.join().unwrap();
        all.extend(left.iter().map(Counter::get));
        assert_eq!(all, [1, 2, 3]);
        assert!(queue.task_done().is_ok() || left.len() == 3);
    });
}

// Each push wakes one thread, even if the thread that the push before woke has not run yet.
#[test]
fn queue_wakes_two_poppers_for_two_items() {
    explore(1, || {
        let queue = Arc::new(Queue::<Counter>::unbounded());
        let poppers = [(); 2].map(|()| spawn(&queue, |queue| queue.pop().unwrap().get()));
        queue.push(counted(1)).unwrap();
        queue.push(counted(2)).unwrap();
        let sum: usize = poppers
            .into_iter()
            .map(|popper| popper.join().unwrap())
            .sum();
        assert_eq!(sum, 3);
    });
}

#[test]
fn queue_wakes_two_pushers_when_two_slots_become_free() {
    explore(1, || {
        let queue = Arc::new(Queue::bounded(2));
        queue.push(1).unwrap();
        queue.push(2).unwrap();
        let pushers = [3, 4].map(|n| spawn(&queue, move |queue| queue.push(n).unwrap()));
        assert_eq!([queue.pop(), queue.pop()], [Ok(1), Ok(2)]);
        pushers
            .into_iter()
            .for_each(|pusher| pusher.join().unwrap());
        assert_eq!(queue.len(), 2);
    });
}

// A queue of two slots is a single segment that is used as a ring. A queue of three slots needs a
// chain of segments.
#[test]
fn queue_of_three_slots_reuses_them() {
    explore(2, || {
        let queue = Arc::new(Queue::bounded(3));
        (1..=3).for_each(|n| queue.push(counted(n)).unwrap());
        let producer = spawn(&queue, |queue| queue.push(counted(4)).unwrap());
        (1..=4).for_each(|n| assert_eq!(queue.pop().unwrap().get(), n));
        producer.join().unwrap();
    });
}

#[test]
fn queue_publishes_the_writes_of_a_waiting_pusher() {
    explore(3, || {
        let queue = Arc::new(Queue::bounded(1));
        queue.push(counted(1)).unwrap();
        let pusher = spawn(&queue, |queue| {
            queue.push(counted(2)).unwrap();
            assert!(queue.len() <= 1);
        });
        assert_eq!([(); 2].map(|()| queue.pop().unwrap().get()), [1, 2]);
        pusher.join().unwrap();
    });
}

#[test]
fn queue_publishes_writes_to_a_waiting_popper() {
    explore(3, || {
        let queue = Arc::new(Queue::bounded(1));
        let popper = spawn(&queue, |queue: &Queue<Counter>| queue.pop().unwrap().get());
        queue.push(counted(1)).unwrap();
        queue.push(counted(2)).unwrap();
        assert_eq!(popper.join().unwrap(), 1);
        assert_eq!(queue.pop().unwrap().get(), 2);
    });
}

#[test]
fn queue_accepts_no_more_items_than_its_capacity() {
    explore(None, || {
        let queue = Arc::new(Queue::bounded(1));
        let other = spawn(&queue, |queue| queue.try_push(1).is_ok());
        let pushed = queue.try_push(2).is_ok();
        assert!(pushed != other.join().unwrap());
        assert_eq!(queue.len(), 1);
    });
}

#[test]
fn queue_of_one_slot_can_serve_as_a_lock() {
    explore(None, || {
        let queue = Arc::new((Queue::bounded(1), SharedCounter::default()));
        let critical_section = |(queue, counter): &(Queue<()>, SharedCounter)| {
            queue.push(()).unwrap();
            counter.add(1);
            queue.pop().unwrap();
        };
        let other = spawn(&queue, critical_section);
        critical_section(&queue);
        other.join().unwrap();
        assert_eq!(queue.1.get(), 2);
    });
}

#[test]
fn queue_publishes_writes_before_a_pop_to_the_push_that_takes_the_slot() {
    explore(2, || {
        let queue = Arc::new((Queue::bounded(1), SharedCounter::default()));
        let critical_sections = |(queue, counter): &(Queue<()>, SharedCounter), rounds| {
            for _ in 0..rounds {
                if queue.try_push(()).is_ok() {
                    counter.add(1);
                    queue.pop().unwrap();
                }
            }
        };
        let other = spawn(&queue, move |queue| critical_sections(queue, 1));
        critical_sections(&queue, 2);
        other.join().unwrap();
    });
}

#[test]
fn queue_is_never_full_and_empty_at_the_same_time() {
    explore(None, || {
        let queue = Arc::new(Queue::bounded(2));
        queue.push(1).unwrap();
        let other = spawn(&queue, |queue| {
            queue.pop().unwrap();
            queue.try_pop().is_err()
        });
        queue.push(2).unwrap();
        let full = queue.try_push(3).is_err();
        let empty = other.join().unwrap();
        assert!(!(full && empty));
    });
}

#[test]
fn queue_length_is_that_of_a_single_moment() {
    explore(3, || {
        let queue = Arc::new(Queue::bounded(1));
        let producer = spawn(&queue, |queue| [1, 2].map(|n| queue.try_push(n).is_ok()));
        let consumer = spawn(&queue, |queue| queue.try_pop().is_ok());
        assert!(queue.len() <= 1);
        producer.join().unwrap();
        consumer.join().unwrap();
    });
}

#[test]
fn queue_length_is_that_of_a_single_moment_during_close_now() {
    explore(3, || {
        let queue = Arc::new(Queue::unbounded());
        let producer = spawn(&queue, |queue| queue.try_push(1).is_ok());
        let closer = spawn(&queue, |queue| queue.close_now().len());
        assert!(queue.len() <= 1);
        producer.join().unwrap();
        closer.join().unwrap();
    });
}

#[test]
fn queue_lengths_are_not_zero_for_two_threads_that_pushed_before() {
    explore(2, || {
        let queues = Arc::new([Queue::unbounded(), Queue::unbounded()]);
        let other = spawn(&queues, |[first, second]| {
            first.push(()).unwrap();
            second.len()
        });
        let [first, second] = &*queues;
        second.push(()).unwrap();
        let lengths = (first.len(), other.join().unwrap());
        assert_ne!(lengths, (0, 0));
    });
}

/// A push and a pop run at the same time as `close`. If they report that the queue is closed, they
/// must see what the closing thread wrote before.
fn a_thread_that_gets_closed_sees_the_writes_before(close: fn(&Queue<u8>)) {
    explore(2, move || {
        let work = Arc::new((Queue::bounded(1), SharedCounter::default()));
        let closer = spawn(&work, move |(queue, reason)| {
            reason.add(1);
            close(queue);
        });
        let consumer = spawn(&work, move |(queue, reason)| {
            if queue.try_pop() == Err(TryPopError::Closed) {
                assert_eq!(reason.get(), 1);
            }
        });
        let (queue, reason) = &*work;
        if queue.push(1).is_err() {
            assert_eq!(reason.get(), 1);
        }
        closer.join().unwrap();
        consumer.join().unwrap();
    });
}

#[test]
fn queue_close_publishes_writes_to_threads_that_get_closed() {
    a_thread_that_gets_closed_sees_the_writes_before(Queue::close);
}

#[test]
fn queue_close_now_publishes_writes_to_threads_that_get_closed() {
    a_thread_that_gets_closed_sees_the_writes_before(|queue| mem::drop(queue.close_now()));
}

/// Makes an empty queue whose next push uses the last slot of a segment.
fn at_a_last_slot(capacity: usize) -> Arc<Queue<Counter>> {
    let queue = Arc::new(Queue::bounded(capacity));
    queue.push(counted(0)).unwrap();
    queue.pop().unwrap();
    queue
}

#[test]
fn queue_publishes_writes_to_a_parked_popper() {
    explore(2, || {
        let queue = Arc::new(Queue::<Counter>::bounded(1));
        let popper = spawn(&queue, |queue| queue.pop().unwrap().get());
        queue.push(counted(1)).unwrap();
        queue.push(counted(2)).unwrap();
        assert_eq!(popper.join().unwrap(), 1);
        assert_eq!(queue.try_pop().unwrap().get(), 2);
        assert!(queue.try_pop().is_err());
    });
}

#[test]
fn queue_publishes_the_writes_of_a_parked_pusher() {
    explore(2, || {
        let queue = at_a_last_slot(1);
        queue.push(counted(1)).unwrap();
        let pusher = spawn(&queue, |queue| queue.push(counted(2)).unwrap());
        assert_eq!(queue.pop().unwrap().get(), 1);
        assert_eq!(queue.pop().unwrap().get(), 2);
        pusher.join().unwrap();
        assert_eq!(queue.len(), 0);
    });
}

#[test]
fn queue_push_that_has_to_wait_leaves_no_popper_parked() {
    explore(1, || {
        let queue = Arc::new(Queue::<Counter>::bounded(1));
        let poppers = [(); 2].map(|()| spawn(&queue, |queue| queue.pop().unwrap().get()));
        (1..=3).for_each(|n| queue.push(counted(n)).unwrap());
        let sum: usize = poppers
            .into_iter()
            .map(|popper| popper.join().unwrap())
            .sum();
        assert_eq!(sum + queue.pop().unwrap().get(), 6);
    });
}

#[test]
fn queue_push_that_times_out_is_done_once_or_not_at_all() {
    explore(2, || {
        let queue = Arc::new(Queue::bounded(2));
        queue.push(counted(1)).unwrap();
        queue.push(counted(2)).unwrap();
        let clock = thread::spawn(tick);
        let pusher = spawn(&queue, |queue| queue.try_push_for(counted(4), SOON).is_ok());
        let mut sum = queue.pop().unwrap().get();
        let pushed = pusher.join().unwrap();
        clock.join().unwrap();
        sum += queue.try_iter().map(|item| item.get()).sum::<usize>();
        assert_eq!(sum, if pushed { 7 } else { 3 });
    });
}

// In this model and in the next one, the main thread only waits. So the other threads can park
// before anything else happens, and this costs no preemption.
#[test]
fn queue_slot_goes_to_the_parked_pusher_or_to_a_faster_thread() {
    explore(1, || {
        let queue = at_a_last_slot(2);
        (1..=2).for_each(|n| queue.push(counted(n)).unwrap());
        let pusher = spawn(&queue, |queue| queue.try_push_for(counted(4), SOON).is_ok());
        let other = spawn(&queue, |queue| queue.try_push(counted(8)).is_ok());
        let popper = spawn(&queue, |queue| queue.pop().unwrap().get());
        assert_eq!(popper.join().unwrap(), 1);
        other.join().unwrap();
        tick();
        pusher.join().unwrap();
        assert_eq!(queue.len(), 2);
    });
}

#[test]
fn queue_accepts_no_item_of_a_parked_pusher_after_close() {
    explore(1, || {
        let queue = at_a_last_slot(1);
        queue.push(counted(1)).unwrap();
        let pusher = spawn(&queue, |queue| queue.push(counted(2)).is_ok());
        let popper = spawn(&queue, |queue| queue.pop().unwrap().get());
        let closer = spawn(&queue, |queue| {
            queue.close();
            queue.len()
        });
        let left_at_close = closer.join().unwrap();
        assert_eq!(popper.join().unwrap(), 1);
        let pushed = pusher.join().unwrap();
        let left = queue.try_iter().count();
        assert_eq!(left, usize::from(pushed));
        assert!(
            left <= left_at_close,
            "{left_at_close} items were left when the queue was closed, and now {left}"
        );
    });
}

#[test]
fn queue_slot_that_becomes_free_as_a_push_times_out_is_not_lost() {
    explore(2, || {
        let queue = Arc::new(Queue::bounded(1));
        queue.push(1).unwrap();
        let clock = thread::spawn(tick);
        let producer = spawn(&queue, |queue| queue.try_push_for(2, SOON).is_ok());
        assert_eq!(queue.pop(), Ok(1));
        let pushed = producer.join().unwrap();
        clock.join().unwrap();
        assert_eq!(queue.try_pop().is_ok(), pushed);
        assert_eq!(queue.try_push(3), Ok(()));
    });
}

#[test]
fn queue_item_that_arrives_as_a_pop_times_out_is_not_lost() {
    explore(2, || {
        let queue = Arc::new(Queue::unbounded());
        let clock = thread::spawn(tick);
        let consumer = spawn(&queue, |queue| queue.try_pop_for(SOON).ok());
        queue.push(7).unwrap();
        let popped = consumer.join().unwrap();
        clock.join().unwrap();
        assert_eq!(popped.or(queue.try_pop().ok()), Some(7));
        assert!(queue.is_empty());
    });
}

#[test]
fn queue_popper_is_woken_after_another_has_timed_out() {
    explore(2, || {
        let queue = Arc::new(Queue::unbounded());
        let timed = spawn(&queue, |queue| queue.try_pop_for(SOON).ok());
        let patient = spawn(&queue, |queue| queue.pop().unwrap());
        tick();
        assert_eq!(timed.join().unwrap(), None);
        queue.push(1).unwrap();
        assert_eq!(patient.join().unwrap(), 1);
    });
}

#[test]
fn queue_close_now_wakes_both_ends_and_returns_the_items() {
    explore(1, || {
        let queue = Arc::new(Queue::bounded(1));
        let producer = spawn(&queue, |queue| {
            let first = queue.push(1).map_or(0, |()| 1);
            let second = queue.push(2).map_or(0, |()| 2);
            first + second
        });
        let consumer = spawn(&queue, |queue| queue.iter().sum::<u32>());
        let left: u32 = queue.close_now().into_iter().sum();
        assert_eq!(producer.join().unwrap(), consumer.join().unwrap() + left);
    });
}

#[test]
fn join_waits_for_tasks_and_sees_their_writes() {
    explore(2, || {
        let work = Arc::new((
            Queue::<usize>::unbounded(),
            [SharedCounter::default(), SharedCounter::default()],
        ));
        let worker = spawn(&work, |(queue, results)| {
            for task in queue.tasks() {
                results[*task].add(1);
            }
        });
        let (queue, results) = &*work;
        queue.push(0).unwrap();
        queue.push(1).unwrap();
        queue.join();
        assert_eq!(results.each_ref().map(|result| result.get()), [1, 1]);
        queue.close();
        worker.join().unwrap();
    });
}

#[test]
fn join_waits_for_two_workers() {
    explore(1, || {
        let work = Arc::new((
            Queue::<usize>::unbounded(),
            [SharedCounter::default(), SharedCounter::default()],
        ));
        let (queue, results) = &*work;
        queue.push(0).unwrap();
        queue.push(1).unwrap();
        let workers = [(); 2].map(|()| {
            spawn(&work, |(queue, results)| {
                let task = queue.task().unwrap();
                results[*task].add(1);
            })
        });
        queue.join();
        assert_eq!(results.each_ref().map(|result| result.get()), [1, 1]);
        workers
            .into_iter()
            .for_each(|worker| worker.join().unwrap());
    });
}

#[test]
fn join_times_out_or_returns_when_all_items_are_done() {
    explore(1, || {
        let queue = Arc::new(Queue::unbounded());
        queue.push(()).unwrap();
        let clock = thread::spawn(tick);
        let worker = spawn(&queue, |queue| drop(queue.task().unwrap()));
        let patient = spawn(&queue, |queue| queue.join());
        let _ = queue.join_for(SOON);
        worker.join().unwrap();
        patient.join().unwrap();
        assert!(queue.join_for(Duration::ZERO));
        clock.join().unwrap();
    });
}

#[test]
fn event_set_releases_all_waiters_and_publishes_writes() {
    explore(2, || {
        let shared = Arc::new((Event::new(), SharedCounter::default()));
        let waiters = [(); 2].map(|()| {
            spawn(&shared, |(event, value)| {
                event.wait();
                assert_eq!(value.get(), 1);
            })
        });
        shared.1.add(1);
        shared.0.set();
        waiters
            .into_iter()
            .for_each(|waiter| waiter.join().unwrap());
    });
}

#[test]
fn event_set_followed_by_clear_still_releases_the_waiter() {
    explore(None, || {
        let shared = Arc::new((Event::new(), SharedCounter::default()));
        let waiter = spawn(&shared, |(event, value)| {
            event.wait();
            assert_eq!(value.get(), 1);
        });
        let (event, value) = &*shared;
        while event.waiters() == 0 {
            thread::yield_now();
        }
        value.add(1);
        event.set();
        event.clear();
        waiter.join().unwrap();
    });
}

#[test]
fn event_set_releases_no_thread_that_waits_after_the_clear() {
    explore(2, || {
        let event = Arc::new(Event::new());
        let clock = thread::spawn(tick);
        let early = spawn(&event, |event| {
            let _ = event.wait_for(SOON);
        });
        let late = spawn(&event, |event| {
            event.wait();
            event.clear();
            assert!(!event.wait_for(SOON));
        });
        event.set();
        early.join().unwrap();
        late.join().unwrap();
        clock.join().unwrap();
    });
}

#[test]
fn event_waiter_does_not_miss_a_set_that_was_cleared() {
    explore(2, || {
        let event = Arc::new(Event::new());
        let setter = spawn(&event, |event| {
            event.set();
            event.clear();
            // A thread that is parked now began to wait after the set, and no other set follows.
            let came_after = event.waiters();
            tick();
            came_after
        });
        let other = spawn(&event, |event| event.wait_for(SOON));
        let saw_it = [event.wait_for(SOON), other.join().unwrap()]
            .into_iter()
            .filter(|&saw_it| saw_it)
            .count();
        let came_after = setter.join().unwrap();
        assert!(
            saw_it + came_after <= 2,
            "{saw_it} saw the set, and {came_after} came after it"
        );
    });
}

#[test]
fn barrier_rounds_do_not_overlap() {
    explore(2, || {
        let shared = Arc::new((
            Barrier::new(2),
            [SharedCounter::default(), SharedCounter::default()],
        ));
        let run = |(barrier, values): &(Barrier, [SharedCounter; 2]), mine: usize| {
            for round in 1..=2 {
                values[mine].add(1);
                let first = barrier.wait().unwrap();
                assert_eq!(values[1 - mine].get(), round);
                let second = barrier.wait().unwrap();
                assert_eq!((first.index() < 2, second.index() < 2), (true, true));
            }
        };
        let other = spawn(&shared, move |shared| run(shared, 1));
        run(&shared, 0);
        other.join().unwrap();
    });
}

#[test]
fn barrier_action_runs_once_before_any_thread_returns() {
    explore(2, || {
        let count = Arc::new(SharedCounter::default());
        let counted = Arc::clone(&count);
        let barrier = Arc::new(Barrier::with_action(2, move || counted.add(1)));
        let meet = |barrier: &Barrier<_>, count: &SharedCounter| {
            let leader = barrier.wait().unwrap().is_leader();
            assert_eq!(count.get(), 1);
            leader
        };
        let other = {
            let count = Arc::clone(&count);
            spawn(&barrier, move |barrier| meet(barrier, &count))
        };
        assert_ne!(meet(&barrier, &count), other.join().unwrap());
    });
}

#[test]
fn barrier_breaks_for_all_threads_or_for_none() {
    explore(2, || {
        let barrier = Arc::new(Barrier::new(2));
        let clock = thread::spawn(tick);
        let timed = spawn(&barrier, |barrier| barrier.wait_for(SOON).is_ok());
        let patient = barrier.wait().is_ok();
        assert_eq!(timed.join().unwrap(), patient);
        assert_eq!(barrier.is_broken(), !patient);
        clock.join().unwrap();
    });
}

#[test]
fn barrier_timeout_breaks_a_round_only_before_the_last_party_arrives() {
    explore(2, || {
        let count = Arc::new(SharedCounter::default());
        let counted = Arc::clone(&count);
        let barrier = Arc::new(Barrier::with_action(2, move || counted.add(1)));
        let clock = thread::spawn(tick);
        let other = spawn(&barrier, |barrier| barrier.wait_for(SOON).is_ok());
        let passed = barrier.wait_for(SOON).is_ok();
        assert_eq!(other.join().unwrap(), passed);
        assert_eq!((count.get() == 1, barrier.is_broken()), (passed, !passed));
        clock.join().unwrap();
    });
}

#[test]
fn barrier_round_that_completed_is_unaffected_if_the_next_one_breaks() {
    explore(None, || {
        let barrier = Arc::new(Barrier::new(2));
        tick();
        let late = spawn(&barrier, |barrier| barrier.wait().is_ok());
        assert!(barrier.wait().is_ok());
        assert!(barrier.wait_for(SOON).is_err());
        assert!(late.join().unwrap());
        assert_eq!((barrier.is_broken(), barrier.waiting()), (true, 0));
    });
}

#[test]
fn barrier_abort_during_the_action_breaks_the_round_for_all_or_for_none() {
    explore(2, || {
        let count = Arc::new(SharedCounter::default());
        let counted = Arc::clone(&count);
        let barrier = Arc::new(Barrier::with_action(2, move || counted.add(1)));
        let other = spawn(&barrier, |barrier| barrier.wait().is_ok());
        let aborter = spawn(&barrier, |barrier| barrier.abort());
        let passed = barrier.wait().is_ok();
        assert_eq!(other.join().unwrap(), passed);
        aborter.join().unwrap();
        assert!(count.get() == 1 || !passed);
        assert_eq!((barrier.is_broken(), barrier.waiting()), (true, 0));
    });
}

#[test]
fn barrier_reset_while_threads_leave_a_broken_round_breaks_no_later_one() {
    explore(2, || {
        let barrier = Arc::new(Barrier::new(2));
        let broken = spawn(&barrier, |barrier| barrier.wait().is_err());
        while barrier.waiters() == 0 {
            thread::yield_now();
        }
        let resetter = spawn(&barrier, |barrier| barrier.reset());
        barrier.abort();
        resetter.join().unwrap();
        barrier.reset();
        assert!(broken.join().unwrap());
        assert_eq!((barrier.is_broken(), barrier.waiting()), (false, 0));
        let other = spawn(&barrier, |barrier| barrier.wait().is_ok());
        assert!(barrier.wait().is_ok() && other.join().unwrap());
    });
}

#[test]
fn barrier_second_abort_changes_nothing() {
    explore(2, || {
        let barrier = Arc::new(Barrier::new(2));
        let waiter = spawn(&barrier, |barrier| barrier.wait().is_err());
        barrier.abort();
        barrier.abort();
        assert!(barrier.is_broken());
        assert!(waiter.join().unwrap());
        barrier.reset();
        let other = spawn(&barrier, |barrier| barrier.wait().is_ok());
        assert!(barrier.wait().is_ok());
        assert!(other.join().unwrap());
    });
}

#[test]
fn barrier_abort_releases_every_waiter() {
    explore(2, || {
        let barrier = Arc::new(Barrier::new(3));
        let waiters = [(); 2].map(|()| spawn(&barrier, |barrier| barrier.wait().is_err()));
        barrier.abort();
        waiters
            .into_iter()
            .for_each(|waiter| assert!(waiter.join().unwrap()));
    });
}

#[test]
fn barrier_reset_breaks_one_round_and_allows_the_next() {
    explore(2, || {
        let shared = Arc::new((
            Barrier::new(2),
            [SharedCounter::default(), SharedCounter::default()],
        ));
        // Each thread arrives again until a round completes. A single reset breaks the wait of at
        // most one of them.
        let meet = |(barrier, arrivals): &(Barrier, [SharedCounter; 2]), mine: usize| {
            let finds_the_round_broken = || {
                arrivals[mine].add(1);
                barrier.wait().is_err()
            };
            while finds_the_round_broken() {}
            assert!(
                arrivals[0].get() + arrivals[1].get() <= 3,
                "the reset broke the waits of both threads"
            );
        };
        let other = spawn(&shared, move |shared| meet(shared, 1));
        let resetter = spawn(&shared, |(barrier, _)| barrier.reset());
        meet(&shared, 0);
        other.join().unwrap();
        resetter.join().unwrap();
        assert!(!shared.0.is_broken());
    });
}

#[test]
fn barrier_accepts_threads_that_arrive_before_the_last_has_left_a_reset_round() {
    explore(2, || {
        let barrier = Arc::new(Barrier::new(2));
        let broken = spawn(&barrier, |barrier| barrier.wait().is_err());
        while barrier.waiters() == 0 {
            thread::yield_now();
        }
        barrier.reset();
        let other = spawn(&barrier, |barrier| barrier.wait().is_ok());
        assert!(barrier.wait().is_ok());
        assert!(other.join().unwrap());
        assert!(broken.join().unwrap());
    });
}

#[test]
fn barrier_timeout_during_the_action_breaks_the_round_of_threads_that_came_later() {
    explore(1, || {
        let (started, resume) = (Arc::new(Event::new()), Arc::new(Event::new()));
        let barrier = {
            let (started, resume) = (Arc::clone(&started), Arc::clone(&resume));
            let action = move || {
                started.set();
                resume.wait();
            };
            Arc::new(Barrier::with_action(1, action))
        };
        let leader = spawn(&barrier, |barrier| barrier.wait().is_ok());
        started.wait();
        let others = [(); 2].map(|()| spawn(&barrier, |barrier| barrier.wait().is_err()));
        while barrier.waiters() < 2 {
            thread::yield_now();
        }
        tick();
        assert!(barrier.wait_for(SOON).is_err());
        // The action is still running.
        others
            .into_iter()
            .for_each(|other| assert!(other.join().unwrap()));
        resume.set();
        assert!(leader.join().unwrap());
    });
}

#[test]
fn condition_notification_under_the_lock_requeues_waiters_to_the_lock() {
    explore(2, || {
        let gate = Arc::new(Gate::<Lock<Counter>>::default());
        let waiters = [(); 2].map(|()| {
            spawn(&gate, |gate| {
                gate.changed
                    .wait_while(&mut gate.lock.lock(), |counter| counter.get() == 0);
            })
        });
        while gate.changed.waiters() < 2 {
            thread::yield_now();
        }
        let guard = gate.lock.lock();
        guard.add(1);
        gate.changed.notify_one();
        assert_eq!((gate.changed.waiters(), gate.lock.waiters()), (1, 1));
        gate.changed.notify_all();
        assert_eq!((gate.changed.waiters(), gate.lock.waiters()), (0, 2));
        drop(guard);
        waiters
            .into_iter()
            .for_each(|waiter| waiter.join().unwrap());
    });
}

#[test]
fn condition_notification_after_the_last_timeout_finds_no_waiter() {
    explore(2, || {
        let gate = Arc::new(Gate::<Lock<Counter>>::default());
        let clock = thread::spawn(tick);
        let waiter = spawn(&gate, |gate| {
            gate.changed
                .wait_for(&mut gate.lock.lock(), SOON)
                .timed_out()
        });
        assert!(waiter.join().unwrap());
        assert!(!gate.changed.notify_one());
        assert_eq!(gate.changed.notify_all(), 0);
        clock.join().unwrap();
    });
}

#[test]
fn semaphore_concurrent_tries_succeed_while_there_are_enough_permits() {
    explore(None, || {
        let semaphore = Arc::new(Semaphore::new(2));
        let other = spawn(&semaphore, |semaphore| semaphore.try_acquire().is_some());
        let _permit = semaphore
            .try_acquire()
            .expect("the other thread takes at most one");
        assert!(other.join().unwrap());
    });
}

#[test]
fn join_publishes_writes_to_every_thread_that_joins() {
    explore(2, || {
        let work = Arc::new((Queue::unbounded(), SharedCounter::default()));
        work.0.push(()).unwrap();
        let worker = spawn(&work, |(queue, result)| {
            let _task = queue.task().unwrap();
            result.add(1);
        });
        let join = |(queue, result): &(Queue<()>, SharedCounter)| {
            queue.join();
            assert_eq!(result.get(), 1);
        };
        let other = spawn(&work, join);
        join(&work);
        worker.join().unwrap();
        other.join().unwrap();
    });
}

#[test]
fn join_keeps_waiting_if_an_item_arrives_as_the_last_one_is_done() {
    explore(2, || {
        let queue = Arc::new(Queue::unbounded());
        queue.push(()).unwrap();
        let joiner = spawn(&queue, |queue| queue.join());
        let worker = spawn(&queue, |queue| queue.task_done().unwrap());
        // The item is pushed by a thread of its own, so that the worker can continue before the new
        // item is done without a preemption.
        let pusher = spawn(&queue, |queue| queue.push(()).unwrap());
        pusher.join().unwrap();
        queue.task_done().unwrap();
        worker.join().unwrap();
        joiner.join().unwrap();
    });
}

// The joiner that times out clears the mark that others have set, and one of these sets it again
// without parking.
#[test]
fn join_returns_in_every_thread_although_another_one_times_out() {
    explore(2, || {
        let queue = Arc::new(Queue::unbounded());
        queue.push(1).unwrap();
        queue.pop().unwrap();
        let timed = spawn(&queue, |queue| _ = queue.join_for(SOON));
        let joiners = [(); 2].map(|()| spawn(&queue, |queue: &Queue<i32>| queue.join()));
        tick();
        queue.task_done().unwrap();
        timed.join().unwrap();
        for joiner in joiners {
            joiner.join().unwrap();
        }
    });
}

#[test]
fn join_does_not_return_before_the_item_of_the_calling_thread_is_done() {
    explore(2, || {
        let queue = Arc::new(Queue::unbounded());
        queue.push(()).unwrap();
        let clock = thread::spawn(tick);
        let early = spawn(&queue, |queue| queue.join_for(SOON));
        let late = spawn(&queue, |queue| {
            queue.push(()).unwrap();
            assert!(!queue.join_for(SOON));
        });
        queue.task_done().unwrap();
        early.join().unwrap();
        late.join().unwrap();
        clock.join().unwrap();
    });
}

#[test]
fn join_counts_items_once_that_are_marked_done_without_being_popped() {
    explore(2, || {
        let queue = Arc::new(Queue::unbounded());
        let pusher = spawn(&queue, |queue| {
            queue.push(()).unwrap();
            queue.push(()).unwrap();
            queue.task_done().is_ok()
        });
        // These threads have not popped an item, so they see the pushes only through the counters.
        let other = spawn(&queue, |queue| queue.task_done().is_ok());
        let mut done = usize::from(queue.task_done().is_ok());
        done += usize::from(other.join().unwrap());
        done += usize::from(pusher.join().unwrap());
        while queue.task_done().is_ok() {
            done += 1;
        }
        assert_eq!(done, 2);
    });
}

#[test]
fn barrier_wait_with_a_timeout_of_an_hour_breaks_no_round() {
    explore(3, || {
        let action: fn() = || {};
        let barrier = Arc::new(Barrier::with_action(1, action));
        let other = spawn(&barrier, |barrier| {
            (barrier.wait().is_ok(), barrier.wait().is_ok())
        });
        assert!(barrier.wait_for(Duration::from_secs(3600)).is_ok());
        assert_eq!(other.join().unwrap(), (true, true));
    });
}

#[test]
fn event_waiter_is_woken_after_another_has_timed_out() {
    explore(2, || {
        let event = Arc::new(Event::new());
        let clock = thread::spawn(tick);
        let timed = spawn(&event, |event| event.wait_for(SOON));
        let patient = spawn(&event, |event| event.wait());
        event.set();
        patient.join().unwrap();
        timed.join().unwrap();
        clock.join().unwrap();
    });
}

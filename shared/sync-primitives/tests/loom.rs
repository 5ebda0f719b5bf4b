//! Models: every schedule of a few threads over the shipping state machines, tried by loom.
//!
//! Run by `RUSTFLAGS="--cfg sync_primitives_loom" cargo test --release -p sync-primitives --test loom`.
//!
//! Data under a lock is a loom cell, which fails the model when two accesses are not ordered: that is how a weakened
//! Acquire or Release shows. A lost wake-up shows as a deadlock, which loom reports. A thread that calls [`tick`] is
//! the clock: timed waits run out when it does, at any point of any schedule.
#![cfg(sync_primitives_loom)]

use loom::{cell::UnsafeCell, thread};
use std::{mem, sync::Arc, time::Duration};
use sync_primitives::{
    Barrier, BoundedSemaphore, Condition, Event, Lock, LockGuard, Queue, RLock, RLockGuard,
    Semaphore, TryPopError, let_waits_give_way, tick,
};

/// Explores `model` with up to `preemptions` switches away from a thread that could go on. Most concurrency bugs need
/// no more than two (Musuvathi and Qadeer, "Iterative context bounding", 2007); `None` tries every schedule.
fn explore(preemptions: impl Into<Option<usize>>, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions.into();
    builder.check(model);
}

/// A plain counter whose unordered use fails the model.
#[derive(Default)]
struct Counter(UnsafeCell<usize>);

impl Counter {
    fn add(&self, n: usize) {
        // SAFETY: loom checks that no other access overlaps or is unordered.
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
fn a_lock_excludes_and_passes_on_what_was_written() {
    explore(None, || {
        let lock = Arc::new(Lock::new(Counter::default()));
        let other = spawn(&lock, |lock| lock.lock().add(1));
        lock.lock().add(1);
        other.join().unwrap();
        assert_eq!(lock.lock().get(), 2);
    });
}

#[test]
fn a_lock_wakes_every_sleeper_in_the_end() {
    explore(2, || {
        let lock = Arc::new(Lock::new(Counter::default()));
        let others = [(); 2].map(|()| spawn(&lock, |lock| lock.lock().add(1)));
        lock.lock().add(1);
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(lock.lock().get(), 3);
    });
}

#[test]
fn a_lock_handed_over_passes_on_what_was_written() {
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
fn an_overdue_waiter_gets_the_lock_with_what_was_written() {
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

/// Lets other threads run until they wait, without a preemption: this one waits too.
fn let_others_run() {
    thread::spawn(|| {}).join().unwrap();
}

/// A thread sleeps for the lock when `release` is called; another tries at any time.
fn nobody_is_let_in_before_the_sleeper(release: fn(LockGuard<'_, Counter>)) {
    let lock = Arc::new(Lock::new(Counter::default()));
    let guard = lock.lock();
    let sleeper = spawn(&lock, |lock| lock.lock().add(1));
    let_others_run();
    let sleeps = lock.waiters() == 1;
    let other = spawn(&lock, move |lock| {
        let passed_over = lock.try_lock().is_some_and(|guard| guard.get() == 0);
        assert!(!sleeps || !passed_over);
    });
    release(guard);
    sleeper.join().unwrap();
    other.join().unwrap();
}

#[test]
fn a_fair_unlock_lets_nobody_in_before_the_sleeper() {
    explore(2, || {
        nobody_is_let_in_before_the_sleeper(|guard| LockGuard::unlock_fair(guard))
    });
}

#[test]
fn an_overdue_sleeper_is_not_passed_over() {
    explore(2, || {
        nobody_is_let_in_before_the_sleeper(|guard| {
            tick();
            drop(guard);
        });
    });
}

#[test]
fn a_try_fails_only_if_the_lock_is_held() {
    explore(2, || {
        let lock = Arc::new(Lock::new(()));
        let guard = lock.lock();
        // Who gets the lock keeps it.
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
fn giving_up_on_a_lock_leaves_it_usable() {
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
fn giving_up_while_it_is_decided_who_gets_a_lock_lets_no_two_in() {
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
fn an_rlock_excludes_others_at_every_depth() {
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
fn trying_an_rlock_succeeds_for_its_owner_only() {
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

/// A lock, what it protects, and the condition for it.
#[derive(Default)]
struct Gate<L> {
    lock: L,
    changed: Condition,
}

#[test]
fn a_notification_after_the_change_is_never_lost() {
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
fn a_notification_under_the_lock_is_never_lost() {
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

/// Two threads wait for what `change` does and tells all of.
fn two_are_woken_by(change: fn(&Gate<Lock<Counter>>)) {
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
fn notify_all_under_the_lock_wakes_two_waiters() {
    explore(2, || {
        two_are_woken_by(|gate| {
            let guard = gate.lock.lock();
            guard.add(1);
            gate.changed.notify_all();
        });
    });
}

#[test]
fn notify_all_after_the_change_wakes_two_waiters() {
    explore(2, || {
        two_are_woken_by(|gate| {
            gate.lock.lock().add(1);
            gate.changed.notify_all();
        });
    });
}

#[test]
fn each_notify_one_wakes_one_waiter() {
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
fn notify_n_takes_as_many_off_the_line_as_it_says() {
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
        let said = gate.changed.notify_n(2);
        let woken = waiters.map(|waiter| usize::from(waiter.join().unwrap()));
        assert_eq!(woken.iter().sum::<usize>(), said);
        clock.join().unwrap();
    });
}

#[test]
fn a_timed_wait_and_a_notification_agree() {
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
        let took_one = gate.changed.notify_one();
        guard.add(1);
        drop(guard);
        assert_eq!(waiter.join().unwrap(), took_one);
        clock.join().unwrap();
        assert_eq!(gate.changed.waiters(), 0);
    });
}

#[test]
fn of_two_timed_waiters_one_notification_wakes_one() {
    explore(1, || {
        let gate = Arc::new(Gate::<Lock<Counter>>::default());
        let clock = thread::spawn(tick);
        let waiters = [(); 2].map(|()| {
            spawn(&gate, |gate| {
                let mut guard = gate.lock.lock();
                !gate.changed.wait_for(&mut guard, SOON).timed_out()
            })
        });
        let took_one = gate.changed.notify_one();
        let woken = waiters.map(|waiter| usize::from(waiter.join().unwrap()));
        assert_eq!(woken.iter().sum::<usize>(), usize::from(took_one));
        clock.join().unwrap();
    });
}

#[test]
fn a_notified_waiter_may_be_handed_the_lock() {
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
fn two_locks_on_one_condition_are_both_woken() {
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
fn a_notification_that_meets_a_second_lock_is_not_lost() {
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
            changed.wait_for(&mut lock.lock(), SOON);
        });
        gates.0.lock().add(1);
        gates.2.notify_all();
        tick();
        first.join().unwrap();
        second.join().unwrap();
    });
}

#[test]
fn a_wait_gives_up_every_level_of_an_rlock_and_takes_every_level_back() {
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

/// A [`Counter`] that claims to be `Sync`; the model proves the claim for the accesses made.
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
fn waiting_on_an_outermost_is_a_release_and_an_acquire() {
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

/// A semaphore and something that only holders of a permit touch.
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
fn one_permit_excludes_and_passes_on_what_was_written() {
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
fn a_waiter_for_all_permits_excludes_waiters_for_one() {
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
fn an_overdue_waiter_is_served_in_part_and_sees_what_was_written() {
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
fn a_waiter_that_gives_up_returns_its_part_and_wakes_those_behind_it() {
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
fn a_wake_up_that_comes_too_late_is_passed_on() {
    explore(2, || {
        // Two permits come back. The waiter for two is woken, finds that a running thread took one of them for good,
        // and must leave the other to the waiter for one.
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
fn a_bound_holds_while_permits_are_added_and_forgotten() {
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
fn items_come_out_once_in_order_with_what_was_written() {
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
fn two_producers_and_a_consumer_lose_nothing() {
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

/// An item of a queue that carries written data.
fn counted(n: usize) -> Counter {
    let counter = Counter::default();
    counter.add(n);
    counter
}

// In models a segment has two slots.
#[test]
fn items_cross_from_segment_to_segment() {
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
fn a_segment_is_used_again_only_when_its_last_reader_is_done() {
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

#[test]
fn three_pushers_at_the_end_of_a_segment_each_get_a_slot() {
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
fn closing_now_takes_all_that_is_left_and_nothing_before_it() {
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

// One sleeper is woken at a time; it wakes the next.
#[test]
fn two_items_wake_two_poppers() {
    explore(1, || {
        let queue = Arc::new(Queue::unbounded());
        let poppers = [(); 2].map(|()| spawn(&queue, |queue| queue.pop().unwrap()));
        queue.push(1).unwrap();
        queue.push(2).unwrap();
        let sum: usize = poppers
            .into_iter()
            .map(|popper| popper.join().unwrap())
            .sum();
        assert_eq!(sum, 3);
    });
}

#[test]
fn room_for_two_wakes_two_pushers() {
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

/// Two places are a ring of one segment; three are a chain.
#[test]
fn three_places_are_used_again_and_again() {
    explore(2, || {
        let queue = Arc::new(Queue::bounded(3));
        (1..=3).for_each(|n| queue.push(counted(n)).unwrap());
        let producer = spawn(&queue, |queue| queue.push(counted(4)).unwrap());
        (1..=4).for_each(|n| assert_eq!(queue.pop().unwrap().get(), n));
        producer.join().unwrap();
    });
}

#[test]
fn an_item_that_is_pushed_for_who_gives_way_comes_with_what_was_written() {
    explore(3, || {
        let_waits_give_way();
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
fn an_item_that_is_popped_for_who_gives_way_comes_with_what_was_written() {
    explore(3, || {
        let_waits_give_way();
        let queue = Arc::new(Queue::bounded(1));
        let popper = spawn(&queue, |queue: &Queue<Counter>| queue.pop().unwrap().get());
        queue.push(counted(1)).unwrap();
        queue.push(counted(2)).unwrap();
        assert_eq!(popper.join().unwrap(), 1);
        assert_eq!(queue.pop().unwrap().get(), 2);
    });
}

#[test]
fn who_gives_way_and_who_sleeps_get_an_item_each() {
    explore(1, || {
        let_waits_give_way();
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
fn who_gives_way_and_then_gives_up_loses_no_item() {
    explore(2, || {
        let_waits_give_way();
        let queue = Arc::new(Queue::<Counter>::unbounded());
        let clock = thread::spawn(tick);
        let popper = spawn(&queue, |queue| {
            queue.try_pop_for(SOON).map_or(0, |item| item.get())
        });
        queue.push(counted(1)).unwrap();
        let popped = popper.join().unwrap();
        assert_eq!(popped + queue.try_pop().map_or(0, |item| item.get()), 1);
        clock.join().unwrap();
    });
}

#[test]
fn a_queue_takes_no_more_than_it_may_hold() {
    explore(None, || {
        let queue = Arc::new(Queue::bounded(1));
        let other = spawn(&queue, |queue| queue.try_push(1).is_ok());
        let pushed = queue.try_push(2).is_ok();
        assert!(pushed != other.join().unwrap());
        assert_eq!(queue.len(), 1);
    });
}

#[test]
fn a_queue_of_one_place_is_a_lock() {
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
fn room_comes_with_what_was_done_before_the_pop() {
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
fn full_and_empty_are_not_said_of_one_moment() {
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
fn a_length_is_that_of_one_moment() {
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
fn a_length_is_that_of_one_moment_also_of_a_queue_that_is_being_emptied() {
    explore(3, || {
        let queue = Arc::new(Queue::unbounded());
        let producer = spawn(&queue, |queue| queue.try_push(1).is_ok());
        let closer = spawn(&queue, |queue| queue.close_now().len());
        assert!(queue.len() <= 1);
        producer.join().unwrap();
        closer.join().unwrap();
    });
}

/// A push and a pop that meet with `close`.
fn who_is_told_closed_sees_what_was_done_before(close: fn(&Queue<u8>)) {
    explore(2, move || {
        let work = Arc::new((Queue::bounded(1), SharedCounter::default()));
        let closer = spawn(&work, move |(queue, why)| {
            why.add(1);
            close(queue);
        });
        let consumer = spawn(&work, move |(queue, why)| {
            if queue.try_pop() == Err(TryPopError::Closed) {
                assert_eq!(why.get(), 1);
            }
        });
        let (queue, why) = &*work;
        if queue.push(1).is_err() {
            assert_eq!(why.get(), 1);
        }
        closer.join().unwrap();
        consumer.join().unwrap();
    });
}

#[test]
fn who_is_told_that_a_queue_is_closed_sees_what_was_done_before() {
    who_is_told_closed_sees_what_was_done_before(Queue::close);
}

#[test]
fn who_is_told_that_a_queue_is_closed_and_emptied_sees_what_was_done_before() {
    who_is_told_closed_sees_what_was_done_before(|queue| mem::drop(queue.close_now()));
}

/// With the next push at the last slot of a segment, where nothing is done for who sleeps, and the one after it at a first.
fn at_a_last_slot(capacity: usize) -> Arc<Queue<Counter>> {
    let queue = Arc::new(Queue::bounded(capacity));
    queue.push(counted(0)).unwrap();
    queue.pop().unwrap();
    queue
}

#[test]
fn what_is_put_into_the_hand_of_a_sleeping_pop_comes_with_what_was_written() {
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
fn what_is_pushed_for_a_sleeper_comes_with_what_was_written() {
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
fn who_would_wait_helps_those_who_sleep_at_the_other_side() {
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
fn a_push_that_gives_up_while_it_is_done_for_it_is_done_once_or_not_at_all() {
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

// In this one and the next the main thread only waits, so that who sleeps can do so first at no expense of preemptions.
#[test]
fn a_push_is_done_for_a_sleeper_only_if_nobody_was_quicker() {
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
fn what_is_pushed_for_a_sleeper_was_pushed_before_the_close() {
    explore(1, || {
        let queue = at_a_last_slot(1);
        queue.push(counted(1)).unwrap();
        let pusher = spawn(&queue, |queue| queue.push(counted(2)).is_ok());
        let popper = spawn(&queue, |queue| queue.pop().unwrap().get());
        let closer = spawn(&queue, |queue| {
            queue.close();
            queue.len()
        });
        let most = closer.join().unwrap();
        assert_eq!(popper.join().unwrap(), 1);
        let pushed = pusher.join().unwrap();
        let left = queue.try_iter().count();
        assert_eq!(left, usize::from(pushed));
        assert!(
            left <= most,
            "there were {most} items left when it was closed, and now {left}"
        );
    });
}

#[test]
fn room_that_comes_as_a_push_gives_up_is_not_lost() {
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
fn an_item_that_comes_as_a_pop_gives_up_is_not_lost() {
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
fn who_pops_is_not_forgotten_when_another_gives_up() {
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
fn closing_wakes_both_ends_and_hands_items_back() {
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
fn join_waits_for_tasks_and_sees_their_work() {
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
fn join_gives_up_in_time_or_returns_when_all_is_done() {
    explore(1, || {
        let queue = Arc::new(Queue::unbounded());
        queue.push(()).unwrap();
        let clock = thread::spawn(tick);
        let worker = spawn(&queue, |queue| drop(queue.task().unwrap()));
        let patient = spawn(&queue, |queue| queue.join());
        queue.join_for(SOON);
        worker.join().unwrap();
        patient.join().unwrap();
        assert!(queue.join_for(Duration::ZERO));
        clock.join().unwrap();
    });
}

#[test]
fn a_set_event_lets_all_through_who_see_what_was_written() {
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
fn a_set_with_a_clear_behind_it_still_lets_the_waiter_through() {
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
fn a_set_lets_nobody_through_who_came_after_the_clear() {
    explore(2, || {
        let event = Arc::new(Event::new());
        let clock = thread::spawn(tick);
        let sleeper = spawn(&event, |event| {
            event.wait_for(SOON);
        });
        let late = spawn(&event, |event| {
            event.wait();
            event.clear();
            assert!(!event.wait_for(SOON));
        });
        event.set();
        sleeper.join().unwrap();
        late.join().unwrap();
        clock.join().unwrap();
    });
}

#[test]
fn nobody_sleeps_through_a_set_although_it_was_cleared() {
    explore(2, || {
        let event = Arc::new(Event::new());
        let setter = spawn(&event, |event| {
            event.set();
            event.clear();
            // Who sleeps now came after the set, and will see no other.
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
fn rounds_of_a_barrier_do_not_overlap() {
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
fn the_action_runs_once_before_anybody_goes_on() {
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
fn a_barrier_breaks_for_all_or_for_none() {
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
fn a_timeout_breaks_a_round_only_before_the_last_party_has_arrived() {
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
fn a_round_that_has_passed_stays_passed_whatever_becomes_of_the_next() {
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
fn an_abort_while_the_action_runs_breaks_the_round_for_all_or_for_none() {
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
fn a_reset_while_the_broken_leave_sends_nobody_away_twice() {
    explore(2, || {
        let barrier = Arc::new(Barrier::new(2));
        let sent_away = spawn(&barrier, |barrier| barrier.wait().is_err());
        while barrier.waiters() == 0 {
            thread::yield_now();
        }
        let resetter = spawn(&barrier, |barrier| barrier.reset());
        barrier.abort();
        resetter.join().unwrap();
        barrier.reset();
        assert!(sent_away.join().unwrap());
        assert_eq!((barrier.is_broken(), barrier.waiting()), (false, 0));
        let other = spawn(&barrier, |barrier| barrier.wait().is_ok());
        assert!(barrier.wait().is_ok() && other.join().unwrap());
    });
}

#[test]
fn a_second_abort_changes_nothing() {
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
fn an_abort_lets_nobody_hang() {
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
fn a_reset_sends_the_waiting_away_and_lets_the_next_meet() {
    explore(2, || {
        let shared = Arc::new((
            Barrier::new(2),
            [SharedCounter::default(), SharedCounter::default()],
        ));
        // Each comes again until a round has passed; a reset in between sends away at most one of them.
        let meet = |(barrier, comings): &(Barrier, [SharedCounter; 2]), mine: usize| {
            let comes_in_vain = || {
                comings[mine].add(1);
                barrier.wait().is_err()
            };
            while comes_in_vain() {}
            assert!(
                comings[0].get() + comings[1].get() <= 3,
                "both were sent away"
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
fn who_came_too_early_after_a_reset_goes_on_when_the_last_has_left() {
    explore(2, || {
        let barrier = Arc::new(Barrier::new(2));
        let sent_away = spawn(&barrier, |barrier| barrier.wait().is_err());
        while barrier.waiters() == 0 {
            thread::yield_now();
        }
        barrier.reset();
        let other = spawn(&barrier, |barrier| barrier.wait().is_ok());
        assert!(barrier.wait().is_ok());
        assert!(other.join().unwrap());
        assert!(sent_away.join().unwrap());
    });
}

#[test]
fn who_comes_while_the_action_runs_is_turned_away_as_soon_as_one_of_them_gives_up() {
    explore(1, || {
        let (began, go_on) = (Arc::new(Event::new()), Arc::new(Event::new()));
        let barrier = {
            let (began, go_on) = (Arc::clone(&began), Arc::clone(&go_on));
            let action = move || {
                began.set();
                go_on.wait();
            };
            Arc::new(Barrier::with_action(1, action))
        };
        let leader = spawn(&barrier, |barrier| barrier.wait().is_ok());
        began.wait();
        let others = [(); 2].map(|()| spawn(&barrier, |barrier| barrier.wait().is_err()));
        while barrier.waiters() < 2 {
            thread::yield_now();
        }
        tick();
        assert!(barrier.wait_for(SOON).is_err());
        // The action still runs.
        others
            .into_iter()
            .for_each(|other| assert!(other.join().unwrap()));
        go_on.set();
        assert!(leader.join().unwrap());
    });
}

#[test]
fn a_notification_under_the_lock_moves_sleepers_to_its_line() {
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
fn a_notification_after_the_last_has_given_up_finds_nobody() {
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
fn trying_at_the_same_time_fails_nobody_while_there_are_enough() {
    explore(None, || {
        let semaphore = Arc::new(Semaphore::new(2));
        let other = spawn(&semaphore, |semaphore| semaphore.try_acquire().is_some());
        let _permit = semaphore
            .try_acquire()
            .expect("the other takes one at most");
        assert!(other.join().unwrap());
    });
}

#[test]
fn everybody_who_joins_sees_the_work() {
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
fn who_joins_stays_in_line_when_an_item_comes_as_the_last_is_done() {
    explore(2, || {
        let queue = Arc::new(Queue::unbounded());
        queue.push(()).unwrap();
        let joiner = spawn(&queue, |queue| queue.join());
        let worker = spawn(&queue, |queue| queue.task_done().unwrap());
        // A thread of its own: when it has ended, the worker may go on before the new item is done, without a preemption.
        let pusher = spawn(&queue, |queue| queue.push(()).unwrap());
        pusher.join().unwrap();
        queue.task_done().unwrap();
        worker.join().unwrap();
        joiner.join().unwrap();
    });
}

#[test]
fn nobody_joins_while_his_own_item_is_unfinished() {
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
fn an_early_bird_with_an_hour_to_wait_breaks_nothing() {
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
fn who_sleeps_for_an_event_is_not_forgotten_when_another_gives_up() {
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

//! Tests which writes each primitive makes visible to which thread, on plain data that nothing else
//! protects.
//!
//! These tests are meant for ThreadSanitizer, under which `.ci/tsan` runs them. It reports a
//! missing Release or Acquire even if the processor orders memory by itself, as x86-64 mostly does.
//! Without it, the tests would rarely fail.
//!
//! They only use what ThreadSanitizer understands. The standard library is not compiled for it, so
//! it does not see the ordering that a channel, a contended `std::sync::Mutex` or the end of a
//! scope provides. This is why the threads are joined one by one. The data that a lock or a
//! condition protects is plain data in `tests/stress.rs` too, which follows the same rules.

use std::{
    cell::UnsafeCell,
    env, panic,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use sync_primitives::{
    Barrier, BoundedSemaphore, Event, LifoQueue, Lock, PriorityQueue, Queue, Semaphore,
};

const ROUNDS: usize = 200;
/// A test that takes longer counts as hung. This is far more than a test needs under the sanitizer
/// on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);
/// A waiter that has waited for this long is overdue. The contract says one millisecond.
const UNTIL_OVERDUE: Duration = Duration::from_millis(2);

/// A number without any synchronization of its own. The primitive under test must order all
/// accesses.
#[derive(Default)]
struct Plain(UnsafeCell<usize>);

// SAFETY: this does not hold by itself. The tests check that all accesses are ordered.
unsafe impl Sync for Plain {}

impl Plain {
    fn read(&self) -> usize {
        // SAFETY: the primitive under test guarantees that no thread writes now, and that the last
        // write is visible.
        unsafe { *self.0.get() }
    }

    fn write(&self, number: usize) {
        // SAFETY: the primitive under test guarantees that no other thread reads or writes now.
        unsafe { *self.0.get() = number }
    }

    fn add_one(&self) {
        self.write(self.read() + 1);
    }
}

fn plain<const N: usize>() -> [Plain; N] {
    [(); N].map(|()| Plain::default())
}

/// Whether the threads of a test must skip the lock. `.ci/tsan` sets the variable to check that
/// ThreadSanitizer finds such a race.
fn is_race_planted(race: &str) -> bool {
    env::var("PLANTED_RACE").is_ok_and(|planted| planted == race)
}

#[test]
fn lock_protects_plain_data_of_spawned_threads() {
    within_limit(|| {
        let counted = Arc::new((Lock::new(()), Plain::default()));
        let skips_lock = is_race_planted("spawn");
        let threads = [(); 2].map(|()| {
            let counted = Arc::clone(&counted);
            thread::spawn(move || count(&counted.0, &counted.1, skips_lock))
        });
        threads.into_iter().for_each(|thread| join(thread.join()));
        assert!(skips_lock || counted.1.read() == 2 * ROUNDS);
    });
}

#[test]
fn lock_protects_plain_data_of_scoped_threads() {
    within_limit(|| {
        let (lock, number) = (Lock::new(()), Plain::default());
        let skips_lock = is_race_planted("scope");
        thread::scope(|scope| {
            let threads = [(); 2].map(|()| scope.spawn(|| count(&lock, &number, skips_lock)));
            threads.into_iter().for_each(|thread| join(thread.join()));
        });
        assert!(skips_lock || number.read() == 2 * ROUNDS);
    });
}

fn count(lock: &Lock<()>, number: &Plain, skips_lock: bool) {
    for _ in 0..ROUNDS {
        let _guard = (!skips_lock).then(|| lock.lock());
        number.add_one();
    }
}

#[test]
fn semaphore_permit_publishes_writes_to_its_next_holder() {
    within_limit(|| {
        let (semaphore, number) = (Arc::new(Semaphore::new(1)), Plain::default());
        crew(4, |me| {
            for round in 0..ROUNDS {
                let change = || {
                    number.add_one();
                    sometimes_wait(round + me, UNTIL_OVERDUE);
                };
                // The last thread never parks, so that it gets the permit while others are parked.
                let way = if me == 3 { me } else { (round + me) % 3 };
                match way {
                    0 => {
                        let _permit = Arc::clone(&semaphore).acquire_owned();
                        change();
                    }
                    1 => {
                        let _permit = semaphore
                            .try_acquire_for(Duration::MAX)
                            .expect("a timeout that large never expires");
                        change();
                    }
                    2 => {
                        let permit = semaphore.acquire();
                        change();
                        permit.forget();
                        semaphore.add_permits(1);
                    }
                    _ => {
                        let mut permit = None;
                        until(|| {
                            permit = semaphore.try_acquire();
                            permit.is_some()
                        });
                        change();
                    }
                }
            }
        });
        assert_eq!(number.read(), 4 * ROUNDS);
    });
}

#[test]
fn acquiring_several_permits_shows_the_writes_of_all_previous_holders() {
    within_limit(|| {
        for round in 0..ROUNDS {
            let semaphore = BoundedSemaphore::new(3);
            let (written, holding) = (plain::<3>(), Barrier::new(4));
            crew(4, |me| {
                if me < 3 {
                    let _permit = semaphore.acquire();
                    holding.wait().expect("no thread breaks the barrier");
                    // Some threads return it before the last thread waits, and some when that
                    // thread is overdue.
                    sometimes_wait(round + me, UNTIL_OVERDUE);
                    written[me].write(round);
                } else {
                    holding.wait().expect("no thread breaks the barrier");
                    let _all = semaphore.acquire_many(3);
                    assert!(written.iter().all(|number| number.read() == round));
                }
            });
        }
    });
}

#[test]
fn permit_returned_by_a_waiter_that_timed_out_still_publishes_the_writes_of_its_holder() {
    within_limit(|| {
        for round in 0..ROUNDS / 4 {
            let (semaphore, written) = (Semaphore::new(2), Plain::default());
            // On a busy machine, the waiter may time out before the other threads have started.
            // Relaxed: this must not order the accesses for the semaphore.
            let gave_up = AtomicBool::new(false);
            let wait_for_waiters =
                |threads| until(|| semaphore.waiters() == threads || gave_up.load(Relaxed));
            crew(3, |me| match me {
                0 => {
                    let mut one = semaphore.acquire_many(2);
                    wait_for_waiters(2);
                    spin_for(UNTIL_OVERDUE);
                    let other = one.split(1).expect("one of two");
                    written.write(round);
                    drop(other);
                    // The waiter for two has the other permit until it times out. This one is never
                    // returned.
                    one.forget();
                }
                1 => {
                    until(|| semaphore.available_permits() == 0);
                    assert!(
                        semaphore
                            .try_acquire_many_for(2, 5 * UNTIL_OVERDUE)
                            .is_none()
                    );
                    gave_up.store(true, Relaxed);
                }
                _ => {
                    wait_for_waiters(1);
                    let _permit = semaphore.acquire();
                    assert_eq!(written.read(), round);
                }
            });
        }
    });
}

#[test]
fn added_permit_publishes_the_writes_before_it_was_added() {
    within_limit(|| {
        let (semaphore, written) = (Semaphore::new(0), plain::<ROUNDS>());
        crew(2, |me| {
            for (round, number) in written.iter().enumerate() {
                if me == 0 {
                    number.write(round);
                    semaphore.add_permits(1);
                    sometimes_wait(round, UNTIL_OVERDUE);
                } else {
                    semaphore.acquire().forget();
                    assert_eq!(number.read(), round);
                }
            }
        });
    });
}

#[test]
fn event_publishes_the_writes_of_every_thread_that_set_it() {
    within_limit(|| {
        for round in 0..ROUNDS {
            let (first, second) = (Event::new(), Event::new());
            let written = plain::<2>();
            crew(4, |me| match me {
                0 => {
                    sometimes_wait(round, UNTIL_OVERDUE);
                    written[0].write(round);
                    first.set();
                }
                1 => {
                    // The event is already set. This call adds this thread's writes to those that a
                    // later wait makes visible.
                    first.wait();
                    written[1].write(round);
                    first.set();
                    second.set();
                }
                2 => {
                    until(|| first.is_set());
                    assert_eq!(written[0].read(), round);
                }
                _ => {
                    assert!(second.wait_for(Duration::MAX));
                    assert_eq!((written[0].read(), written[1].read()), (round, round));
                }
            });
        }
    });
}

#[test]
fn event_that_was_set_twice_publishes_the_writes_before_both_sets() {
    within_limit(|| {
        for round in 0..ROUNDS {
            let (event, written) = (Event::new(), plain::<2>());
            // Relaxed: this must not order the accesses for the event.
            let sets = AtomicUsize::new(0);
            crew(3, |me| {
                if let Some(mine) = written.get(me) {
                    mine.write(round);
                    event.set();
                    sets.fetch_add(1, Relaxed);
                } else {
                    until(|| sets.load(Relaxed) == 2);
                    event.wait();
                    assert!(written.iter().all(|number| number.read() == round));
                }
            });
        }
    });
}

#[test]
fn barrier_publishes_the_writes_of_all_parties_and_of_the_action() {
    within_limit(|| {
        let (written, sum) = (plain::<3>(), Plain::default());
        let barrier = Barrier::with_action(3, || sum.write(written.iter().map(Plain::read).sum()));
        crew(3, |me| {
            for round in 1..=ROUNDS {
                written[me].write(round);
                sometimes_wait(round + me, UNTIL_OVERDUE);
                barrier
                    .wait_for(Duration::MAX)
                    .expect("no thread breaks the barrier");
                assert_eq!(sum.read(), 3 * round);
                assert!(written.iter().all(|number| number.read() == round));
                // No thread writes again before every thread has read.
                barrier.wait().expect("no thread breaks the barrier");
            }
        });
    });
}

/// Makes a module with the tests that every kind of queue must pass.
macro_rules! queue_tests {
    ($module:ident, $Queue:ident) => {
        mod $module {
            use super::*;

            #[test]
            fn pop_shows_the_writes_before_the_push() {
                within_limit(|| {
                    let (queue, written) = ($Queue::bounded(4), plain::<ROUNDS>());
                    crew(3, |me| match me {
                        0 => {
                            for (round, number) in written.iter().enumerate() {
                                number.write(round);
                                queue.push(round).expect("the queue is open");
                                sometimes_wait(round, UNTIL_OVERDUE);
                            }
                            queue.close();
                        }
                        1 => queue
                            .iter()
                            .for_each(|round| assert_eq!(written[round].read(), round)),
                        _ => queue
                            .tasks()
                            .for_each(|round| assert_eq!(written[*round].read(), *round)),
                    });
                });
            }

            #[test]
            fn join_shows_the_writes_of_all_workers() {
                within_limit(|| {
                    for round in 0..ROUNDS / 8 {
                        let (queue, squares) = ($Queue::unbounded(), plain::<16>());
                        (0..squares.len())
                            .for_each(|item| queue.push(item).expect("the queue is open"));
                        queue.close();
                        crew(4, |me| match me {
                            0 => {
                                queue.join();
                                let all: Vec<_> = squares.iter().map(Plain::read).collect();
                                assert!((0..all.len()).all(|item| all[item] == item * item));
                            }
                            1 => queue.iter().for_each(|item| {
                                sometimes_wait(item + round, UNTIL_OVERDUE);
                                squares[item].write(item * item);
                                queue.task_done().expect("the item was not done");
                            }),
                            2 => {
                                until(|| queue.join_for(Duration::ZERO));
                                assert!(
                                    (0..squares.len())
                                        .all(|item| squares[item].read() == item * item)
                                );
                            }
                            _ => queue.tasks().for_each(|item| {
                                sometimes_wait(*item + round, UNTIL_OVERDUE);
                                squares[*item].write(*item * *item);
                            }),
                        });
                    }
                });
            }

            #[test]
            fn close_now_shows_the_writes_before_the_pushes() {
                within_limit(|| {
                    for round in 0..ROUNDS {
                        let (queue, written) = ($Queue::bounded(2), plain::<8>());
                        crew(2, |me| {
                            if me == 0 {
                                sometimes_wait(round, UNTIL_OVERDUE);
                                queue.close_now().into_iter().for_each(|item: usize| {
                                    assert_eq!(written[item].read(), round)
                                });
                                return;
                            }
                            let push = |item: usize| {
                                written[item].write(round);
                                queue.push(item)
                            };
                            let pushed = (0..written.len())
                                .take_while(|&item| push(item).is_ok())
                                .count();
                            assert!(pushed <= 2);
                        });
                    }
                });
            }
        }
    };
}
queue_tests!(queue, Queue);
queue_tests!(lifo_queue, LifoQueue);
queue_tests!(priority_queue, PriorityQueue);

/// Runs `work` on `members` threads and joins each of them.
fn crew(members: usize, work: impl Fn(usize) + Sync) {
    thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = (0..members)
            .map(|member| scope.spawn(move || work(member)))
            .collect();
        threads.into_iter().for_each(|thread| join(thread.join()));
    });
}

/// Runs `body` on a thread of its own, and fails if it has not ended after `LIMIT`.
fn within_limit(body: fn()) {
    let (thread, start) = (thread::spawn(body), Instant::now());
    while !thread.is_finished() {
        assert!(
            start.elapsed() < LIMIT,
            "the test hangs: it has not ended after {LIMIT:?}"
        );
        thread::park_timeout(Duration::from_millis(1));
    }
    join(thread.join());
}

fn join(outcome: thread::Result<()>) {
    outcome.unwrap_or_else(|failure| panic::resume_unwind(failure));
}

fn until(mut condition: impl FnMut() -> bool) {
    while !condition() {
        thread::yield_now();
    }
}

/// Spins for `time` in one of sixteen rounds, so that the other threads sometimes park and
/// sometimes do not.
fn sometimes_wait(round: usize, time: Duration) {
    if round.is_multiple_of(16) {
        spin_for(time);
    }
}

fn spin_for(time: Duration) {
    let start = Instant::now();
    until(|| start.elapsed() >= time);
}

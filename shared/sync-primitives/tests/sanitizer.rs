//! What each primitive makes visible to whom, shown on plain data that nothing else protects.
//!
//! These tests pass everywhere; they are worth their time under ThreadSanitizer, which `.ci/tsan` puts under them. It sees
//! a missing Release or Acquire even where the processor orders memory by itself, as x86-64 mostly does.
//!
//! They keep to what ThreadSanitizer understands: the standard library is not compiled for it, so a channel, a contended
//! `std::sync::Mutex` or the end of a scope order nothing in its eyes. Threads are joined one by one. What a lock or a
//! condition protects is plain data in `tests/stress.rs` already, which keeps to the same rules.

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
/// Far above what a test needs under the sanitizer on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);
/// Long enough in line to be served next: the contract says a millisecond.
const RIPE: Duration = Duration::from_millis(2);

/// A number that only the primitive under test keeps threads from reading and writing at the same time.
#[derive(Default)]
struct Plain(UnsafeCell<usize>);

// SAFETY: not true by itself; that the accesses below are ordered is what the tests are about.
unsafe impl Sync for Plain {}

impl Plain {
    fn read(&self) -> usize {
        // SAFETY: the primitive under test promises that nobody writes now, and that the last write is visible.
        unsafe { *self.0.get() }
    }

    fn write(&self, number: usize) {
        // SAFETY: the primitive under test promises that nobody else reads or writes now.
        unsafe { *self.0.get() = number }
    }

    fn add_one(&self) {
        self.write(self.read() + 1);
    }
}

fn plain<const N: usize>() -> [Plain; N] {
    [(); N].map(|()| Plain::default())
}

/// Whether the threads of a test shall forget to lock. `.ci/tsan` asks for it, to see that such a race is found.
fn is_planted(race: &str) -> bool {
    env::var("PLANTED_RACE").is_ok_and(|planted| planted == race)
}

#[test]
fn spawned_threads_that_lock_count_right() {
    within_limit(|| {
        let counted = Arc::new((Lock::new(()), Plain::default()));
        let forgets = is_planted("spawn");
        let threads = [(); 2].map(|()| {
            let counted = Arc::clone(&counted);
            thread::spawn(move || count(&counted.0, &counted.1, forgets))
        });
        threads.into_iter().for_each(|thread| join(thread.join()));
        assert!(forgets || counted.1.read() == 2 * ROUNDS);
    });
}

#[test]
fn scoped_threads_that_lock_count_right() {
    within_limit(|| {
        let (lock, number) = (Lock::new(()), Plain::default());
        let forgets = is_planted("scope");
        thread::scope(|scope| {
            let threads = [(); 2].map(|()| scope.spawn(|| count(&lock, &number, forgets)));
            threads.into_iter().for_each(|thread| join(thread.join()));
        });
        assert!(forgets || number.read() == 2 * ROUNDS);
    });
}

fn count(lock: &Lock<()>, number: &Plain, forgets: bool) {
    for _ in 0..ROUNDS {
        let _guard = (!forgets).then(|| lock.lock());
        number.add_one();
    }
}

#[test]
fn a_permit_orders_those_who_have_it_one_after_the_other() {
    within_limit(|| {
        let (semaphore, number) = (Arc::new(Semaphore::new(1)), Plain::default());
        crew(4, |me| {
            for round in 0..ROUNDS {
                let change = || {
                    number.add_one();
                    now_and_then(round + me, RIPE);
                };
                // The last thread never sleeps, so that it gets in while others do.
                let way = if me == 3 { me } else { (round + me) % 3 };
                match way {
                    0 => {
                        let _permit = Arc::clone(&semaphore).acquire_owned();
                        change();
                    }
                    1 => {
                        let _permit = semaphore
                            .try_acquire_for(Duration::MAX)
                            .expect("in endless time");
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
fn who_gets_several_permits_sees_what_all_did_who_gave_them_back() {
    within_limit(|| {
        for round in 0..ROUNDS {
            let semaphore = BoundedSemaphore::new(3);
            let (written, holding) = (plain::<3>(), Barrier::new(4));
            crew(4, |me| {
                if me < 3 {
                    let _permit = semaphore.acquire();
                    holding.wait().expect("nobody breaks it");
                    // Some give it back before the last one waits, and some when it is to be served next.
                    now_and_then(round + me, RIPE);
                    written[me].write(round);
                } else {
                    holding.wait().expect("nobody breaks it");
                    let _all = semaphore.acquire_many(3);
                    assert!(written.iter().all(|number| number.read() == round));
                }
            });
        }
    });
}

#[test]
fn who_gets_a_permit_that_another_had_in_part_sees_what_was_done_before_it_was_given_back() {
    within_limit(|| {
        for round in 0..ROUNDS / 4 {
            let (semaphore, written) = (Semaphore::new(2), Plain::default());
            // Relaxed as well: on a busy machine it may give up before the others have come.
            let gave_up = AtomicBool::new(false);
            let in_line =
                |threads| until(|| semaphore.waiters() == threads || gave_up.load(Relaxed));
            crew(3, |me| match me {
                0 => {
                    let mut one = semaphore.acquire_many(2);
                    in_line(2);
                    spend(RIPE);
                    let other = one.split(1).expect("one of two");
                    written.write(round);
                    drop(other);
                    // The one that wants two has one of them until it gives up; this one is never given back.
                    one.forget();
                }
                1 => {
                    until(|| semaphore.available_permits() == 0);
                    assert!(semaphore.try_acquire_many_for(2, 5 * RIPE).is_none());
                    gave_up.store(true, Relaxed);
                }
                _ => {
                    in_line(1);
                    let _permit = semaphore.acquire();
                    assert_eq!(written.read(), round);
                }
            });
        }
    });
}

#[test]
fn a_permit_that_is_added_announces_what_was_done_before() {
    within_limit(|| {
        let (semaphore, written) = (Semaphore::new(0), plain::<ROUNDS>());
        crew(2, |me| {
            for (round, number) in written.iter().enumerate() {
                if me == 0 {
                    number.write(round);
                    semaphore.add_permits(1);
                    now_and_then(round, RIPE);
                } else {
                    semaphore.acquire().forget();
                    assert_eq!(number.read(), round);
                }
            }
        });
    });
}

#[test]
fn an_event_announces_what_all_did_who_set_it() {
    within_limit(|| {
        for round in 0..ROUNDS {
            let (first, second) = (Event::new(), Event::new());
            let written = plain::<2>();
            crew(4, |me| match me {
                0 => {
                    now_and_then(round, RIPE);
                    written[0].write(round);
                    first.set();
                }
                1 => {
                    // It is set already: so this adds to what a later wait makes visible.
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
fn an_event_that_was_set_twice_announces_both() {
    within_limit(|| {
        for round in 0..ROUNDS {
            let (event, written) = (Event::new(), plain::<2>());
            // Relaxed: it announces nothing.
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
fn a_barrier_shows_all_parties_what_all_did_and_what_its_action_did() {
    within_limit(|| {
        let (written, sum) = (plain::<3>(), Plain::default());
        let barrier = Barrier::with_action(3, || sum.write(written.iter().map(Plain::read).sum()));
        crew(3, |me| {
            for round in 1..=ROUNDS {
                written[me].write(round);
                now_and_then(round + me, RIPE);
                barrier.wait_for(Duration::MAX).expect("nobody breaks it");
                assert_eq!(sum.read(), 3 * round);
                assert!(written.iter().all(|number| number.read() == round));
                // Nobody writes again before all have read.
                barrier.wait().expect("nobody breaks it");
            }
        });
    });
}

/// The same promises of each queue.
macro_rules! queue_tests {
    ($module:ident, $Queue:ident) => {
        mod $module {
            use super::*;

            #[test]
            fn who_pops_sees_what_was_done_before_the_push() {
                within_limit(|| {
                    let (queue, written) = ($Queue::bounded(4), plain::<ROUNDS>());
                    crew(3, |me| match me {
                        0 => {
                            for (round, number) in written.iter().enumerate() {
                                number.write(round);
                                queue.push(round).expect("it is open");
                                now_and_then(round, RIPE);
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
            fn who_joins_sees_what_was_done_for_all_items() {
                within_limit(|| {
                    for round in 0..ROUNDS / 8 {
                        let (queue, squares) = ($Queue::unbounded(), plain::<16>());
                        (0..squares.len()).for_each(|item| queue.push(item).expect("it is open"));
                        queue.close();
                        crew(4, |me| match me {
                            0 => {
                                queue.join();
                                let all: Vec<_> = squares.iter().map(Plain::read).collect();
                                assert!((0..all.len()).all(|item| all[item] == item * item));
                            }
                            1 => queue.iter().for_each(|item| {
                                now_and_then(item + round, RIPE);
                                squares[item].write(item * item);
                                queue.task_done().expect("it was unfinished");
                            }),
                            2 => {
                                until(|| queue.join_for(Duration::ZERO));
                                assert!(
                                    (0..squares.len())
                                        .all(|item| squares[item].read() == item * item)
                                );
                            }
                            _ => queue.tasks().for_each(|item| {
                                now_and_then(*item + round, RIPE);
                                squares[*item].write(*item * *item);
                            }),
                        });
                    }
                });
            }

            #[test]
            fn who_closes_it_now_sees_what_was_done_before_the_pushes() {
                within_limit(|| {
                    for round in 0..ROUNDS {
                        let (queue, written) = ($Queue::bounded(2), plain::<8>());
                        crew(2, |me| {
                            if me == 0 {
                                now_and_then(round, RIPE);
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

/// Runs `work` on so many threads and joins each of them.
fn crew(members: usize, work: impl Fn(usize) + Sync) {
    thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = (0..members)
            .map(|member| scope.spawn(move || work(member)))
            .collect();
        threads.into_iter().for_each(|thread| join(thread.join()));
    });
}

/// Fails if `body` has not ended in time.
fn within_limit(body: fn()) {
    let (thread, start) = (thread::spawn(body), Instant::now());
    while !thread.is_finished() {
        assert!(
            start.elapsed() < LIMIT,
            "hangs: it has not ended after {LIMIT:?}"
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

/// Lets time pass in one round of sixteen, so that a primitive is seen with and without threads that sleep for it.
fn now_and_then(round: usize, time: Duration) {
    if round.is_multiple_of(16) {
        spend(time);
    }
}

fn spend(time: Duration) {
    let start = Instant::now();
    until(|| start.elapsed() >= time);
}

//! Tests that all three queues must pass. The file that includes this module defines `Subject` as
//! the queue and `NAME` as the name of its type.

use std::cell::Cell;
use std::mem;
use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use sync_primitives::{Closed, PushError, TaskDoneError, TryPopError, TryPushError};

use super::common::{
    LIMIT, LONG, Ledger, Rng, SHORT, Tracked, caught, let_pass, until, within, work_for,
};
use super::{NAME, Subject};

/// Makes a queue that contains `items`.
fn filled<T: Ord>(items: impl IntoIterator<Item = T>) -> Subject<T> {
    let queue = Subject::unbounded();
    for item in items {
        assert!(queue.try_push(item).is_ok());
    }
    queue
}

/// Pops all items, and returns them sorted.
fn drain_sorted<T: Ord>(queue: &Subject<T>) -> Vec<T> {
    let mut items: Vec<T> = queue.try_iter().collect();
    items.sort();
    items
}

#[test]
fn pop_returns_the_pushed_item() {
    within(LIMIT, || {
        let queue = Subject::unbounded();
        assert!(queue.is_empty());
        assert_eq!(queue.push("tea"), Ok(()));
        assert_eq!((queue.len(), queue.is_empty()), (1, false));
        assert_eq!(queue.pop(), Ok("tea"));
        assert_eq!((queue.len(), queue.is_empty()), (0, true));
    });
}

#[test]
fn every_item_is_delivered_exactly_once() {
    within(LIMIT, || {
        let mut rng = Rng::seeded();
        for capacity in [Some(1), Some(3), None] {
            for _ in 0..3 {
                Crowd::run(capacity, Ending::Drain, &mut rng);
            }
        }
    });
}

#[test]
fn every_accepted_item_is_delivered_exactly_once_despite_close() {
    within(LIMIT, || {
        let mut rng = Rng::seeded();
        for capacity in [Some(1), Some(3), None] {
            for _ in 0..10 {
                Crowd::run(capacity, Ending::Close, &mut rng);
            }
        }
    });
}

#[test]
fn every_accepted_item_is_delivered_or_returned_exactly_once_despite_close_now() {
    within(LIMIT, || {
        let mut rng = Rng::seeded();
        for capacity in [Some(1), Some(3), None] {
            for _ in 0..10 {
                Crowd::run(capacity, Ending::CloseNow, &mut rng);
            }
        }
    });
}

/// How a [`Crowd`] ends.
#[derive(Clone, Copy, PartialEq)]
enum Ending {
    /// The queue is closed after the last push.
    Drain,
    /// The queue is closed at a random time, perhaps before the last push.
    Close,
    /// Like `Close`, but `close_now` returns the remaining items.
    CloseNow,
}

/// Producers and consumers that push and pop in every possible way, and a count of what happened to
/// each item.
struct Crowd {
    queue: Subject<Tracked>,
    ledger: Ledger,
    delivered: Vec<AtomicUsize>,
    rejected: Vec<AtomicUsize>,
}

impl Crowd {
    const PRODUCERS: usize = 3;
    const CONSUMERS: usize = 3;
    const ITEMS_EACH: usize = 100;
    const ITEMS: usize = Self::PRODUCERS * Self::ITEMS_EACH;

    fn run(capacity: Option<usize>, ending: Ending, rng: &mut Rng) {
        let zeros = || (0..Self::ITEMS).map(|_| AtomicUsize::new(0)).collect();
        let crowd = Crowd {
            queue: capacity.map_or_else(Subject::unbounded, Subject::bounded),
            ledger: Ledger::for_ids(Self::ITEMS),
            delivered: zeros(),
            rejected: zeros(),
        };
        let remaining = crowd.traffic(ending, rng);
        crowd.check(ending, remaining);
    }

    fn traffic(&self, ending: Ending, rng: &mut Rng) -> Vec<Tracked> {
        thread::scope(|scope| {
            for _ in 0..Self::CONSUMERS {
                let rng = rng.fork();
                scope.spawn(move || self.consume(rng));
            }
            let producers: Vec<_> = (0..Self::PRODUCERS)
                .map(|producer| {
                    let rng = rng.fork();
                    scope.spawn(move || self.produce(producer * Self::ITEMS_EACH, rng))
                })
                .collect();
            if ending == Ending::Drain {
                producers
                    .into_iter()
                    .for_each(|producer| producer.join().expect("a producer"));
            } else {
                work_for(rng.time_below(Duration::from_millis(3)));
            }
            if ending == Ending::CloseNow {
                return self.queue.close_now();
            }
            self.queue.close();
            Vec::new()
        })
    }

    fn produce(&self, first: usize, mut rng: Rng) {
        for id in first..first + Self::ITEMS_EACH {
            if let Err(item) = self.push_somehow(self.ledger.value(id), &mut rng) {
                assert_eq!(item.id, id, "the push returned another item");
                self.rejected[id].fetch_add(1, Relaxed);
            }
        }
    }

    fn push_somehow(&self, mut item: Tracked, rng: &mut Rng) -> Result<(), Tracked> {
        loop {
            let patience = rng.time_below(Duration::from_micros(50));
            let outcome = match rng.below(5) {
                0 => self.queue.try_push(item),
                1 => self.queue.try_push_for(item, patience),
                2 => self.queue.try_push_until(item, Instant::now() + patience),
                _ => return self.queue.push(item).map_err(|PushError(item)| item),
            };
            match outcome {
                Ok(()) => return Ok(()),
                Err(TryPushError::Full(back)) => item = back,
                Err(closed) => return Err(closed.into_inner()),
            }
        }
    }

    fn consume(&self, mut rng: Rng) {
        loop {
            match self.pop_somehow(&mut rng) {
                Ok(id) => drop(self.delivered[id].fetch_add(1, Relaxed)),
                Err(TryPopError::Empty) => thread::yield_now(),
                Err(error) => {
                    assert_eq!(error, TryPopError::Closed);
                    return;
                }
            }
        }
    }

    fn pop_somehow(&self, rng: &mut Rng) -> Result<usize, TryPopError> {
        let patience = rng.time_below(Duration::from_micros(50));
        let item = match rng.below(8) {
            0 => self.queue.try_pop()?,
            1 => self.queue.try_pop_for(patience)?,
            2 => self.queue.try_pop_until(Instant::now() + patience)?,
            3 => {
                return self
                    .queue
                    .task()
                    .map(|task| task.id)
                    .map_err(|Closed| TryPopError::Closed);
            }
            4 => return self.queue.try_task_for(patience).map(|task| task.id),
            5 => return self.queue.try_task().map(|task| task.id),
            _ => self.queue.pop().map_err(|Closed| TryPopError::Closed)?,
        };
        self.queue
            .task_done()
            .expect("the popped item is not done yet");
        Ok(item.id)
    }

    fn check(self, ending: Ending, remaining: Vec<Tracked>) {
        for item in &remaining {
            self.delivered[item.id].fetch_add(1, Relaxed);
        }
        for (id, (delivered, rejected)) in self.delivered.iter().zip(&self.rejected).enumerate() {
            let (delivered, rejected) = (delivered.load(Relaxed), rejected.load(Relaxed));
            assert_eq!(
                delivered + rejected,
                1,
                "item {id} was delivered {delivered} times and rejected {rejected} times"
            );
            assert!(
                ending != Ending::Drain || delivered == 1,
                "item {id} was rejected before the queue was closed"
            );
        }
        assert!(
            self.queue.join_for(Duration::ZERO),
            "an item was not marked done"
        );
        assert!(self.queue.task_done().is_err());
        assert_eq!((self.queue.len(), self.queue.waiters()), (0, 0));
        drop((remaining, self.queue));
        self.ledger.assert_each_dropped_once();
    }
}

#[test]
fn try_pop_reports_empty_and_try_push_reports_full_with_the_item() {
    within(LIMIT, || {
        let queue = Subject::bounded(1);
        assert_eq!(queue.try_pop(), Err(TryPopError::Empty));
        assert_eq!(queue.try_push(1), Ok(()));
        assert_eq!(queue.try_push(2), Err(TryPushError::Full(2)));
        assert_eq!(queue.len(), 1);
        assert_eq!(queue.try_pop(), Ok(1));
        assert_eq!(queue.try_push(3), Ok(()));
    });
}

#[test]
fn timed_pop_times_out_after_the_timeout_and_not_before() {
    within(LIMIT, || {
        let queue = Subject::<u8>::unbounded();
        let start = Instant::now();
        assert_eq!(queue.try_pop_for(SHORT), Err(TryPopError::Empty));
        assert!(start.elapsed() >= SHORT);
        let deadline = Instant::now() + SHORT;
        assert_eq!(queue.try_pop_until(deadline), Err(TryPopError::Empty));
        assert!(Instant::now() >= deadline);
        assert!(matches!(queue.try_task_for(SHORT), Err(TryPopError::Empty)));
        assert!(Instant::now() >= deadline + SHORT);
        let deadline = Instant::now() + SHORT;
        assert!(matches!(
            queue.try_task_until(deadline),
            Err(TryPopError::Empty)
        ));
        assert!(Instant::now() >= deadline);
        assert_eq!(
            queue.waiters(),
            0,
            "a thread that timed out is still in the wait queue"
        );
    });
}

#[test]
fn timed_push_times_out_after_the_timeout_and_returns_the_item() {
    within(LIMIT, || {
        let queue = Subject::bounded(1);
        assert_eq!(queue.push(1), Ok(()));
        let start = Instant::now();
        assert_eq!(queue.try_push_for(2, SHORT), Err(TryPushError::Full(2)));
        assert!(start.elapsed() >= SHORT);
        let deadline = Instant::now() + SHORT;
        assert_eq!(
            queue.try_push_until(3, deadline),
            Err(TryPushError::Full(3))
        );
        assert!(Instant::now() >= deadline);
        assert_eq!(
            queue.waiters(),
            0,
            "a thread that timed out is still in the wait queue"
        );
        assert_eq!(drain_sorted(&queue), [1]);
    });
}

#[test]
fn timed_pop_succeeds_if_an_item_arrives_in_time() {
    type Attempt = fn(&Subject<u8>) -> Result<u8, TryPopError>;
    const ATTEMPTS: [Attempt; 4] = [
        |queue| queue.try_pop_for(LONG),
        |queue| queue.try_pop_until(Instant::now() + LONG),
        |queue| queue.try_task_for(LONG).map(|task| *task),
        |queue| {
            queue
                .try_task_until(Instant::now() + LONG)
                .map(|task| *task)
        },
    ];
    within(LIMIT, || {
        for attempt in ATTEMPTS {
            let queue = Subject::unbounded();
            thread::scope(|scope| {
                let popper = scope.spawn(|| attempt(&queue));
                until(|| queue.waiters() == 1);
                assert_eq!(queue.push(7), Ok(()));
                assert_eq!(popper.join().expect("the popper"), Ok(7));
            });
        }
    });
}

#[test]
fn timed_push_succeeds_if_a_slot_becomes_free_in_time() {
    type Attempt = fn(&Subject<u8>) -> Result<(), TryPushError<u8>>;
    const ATTEMPTS: [Attempt; 2] = [
        |queue| queue.try_push_for(2, LONG),
        |queue| queue.try_push_until(2, Instant::now() + LONG),
    ];
    within(LIMIT, || {
        for attempt in ATTEMPTS {
            let queue = Subject::bounded(1);
            assert_eq!(queue.push(1), Ok(()));
            thread::scope(|scope| {
                let pusher = scope.spawn(|| attempt(&queue));
                until(|| queue.waiters() == 1);
                assert_eq!(queue.pop(), Ok(1));
                assert_eq!(pusher.join().expect("the pusher"), Ok(()));
            });
            assert_eq!(drain_sorted(&queue), [2]);
        }
    });
}

#[test]
fn worker_that_panics_with_a_task_marks_it_done_and_drops_it() {
    within(LIMIT, || {
        let ledger = Ledger::for_ids(2);
        let queue = filled([ledger.value(0), ledger.value(1)]);
        thread::scope(|scope| {
            let joiner = scope.spawn(|| queue.join());
            until(|| queue.waiters() == 1);
            for _ in 0..2 {
                let dying = scope.spawn(|| {
                    let task = queue.task().expect("an item");
                    panic!("while working on {}", task.id);
                });
                assert!(dying.join().is_err());
            }
            joiner.join().expect("the joiner");
        });
        ledger.assert_each_dropped_once();
        assert!(
            queue.task_done().is_err(),
            "a task was not marked done exactly once"
        );
    });
}

#[test]
fn dropping_a_queue_drops_its_items() {
    within(LIMIT, || {
        let ledger = Ledger::for_ids(5);
        let queue = filled((0..5).map(|id| ledger.value(id)));
        let popped = queue.pop().expect("an item");
        let tasks = (
            queue.task().expect("an item"),
            queue.task().expect("an item"),
        );
        assert_eq!(ledger.drops(), [0; 5]);
        drop(tasks);
        assert_eq!(ledger.drops().iter().sum::<usize>(), 2);
        drop(queue);
        assert_eq!(ledger.drops()[popped.id], 0);
        assert_eq!(ledger.drops().iter().sum::<usize>(), 4);
        drop(popped);
        ledger.assert_each_dropped_once();
    });
}

#[test]
fn items_need_not_be_sync() {
    within(LIMIT, || {
        let queue = Subject::bounded(1);
        thread::scope(|scope| {
            scope.spawn(|| (0..5).for_each(|value| assert!(queue.push(Cell::new(value)).is_ok())));
            let sum: i32 = (0..5).map(|_| queue.pop().expect("an item").get()).sum();
            assert_eq!(sum, 10);
        });
    });
}

#[test]
fn debug_never_blocks() {
    within(LIMIT, || {
        let queue = Subject::bounded(1);
        assert!(format!("{queue:?}").starts_with(NAME));
        assert_eq!(queue.push(1), Ok(()));
        thread::scope(|scope| {
            scope.spawn(|| assert_eq!(queue.push(2), Ok(())));
            until(|| queue.waiters() == 1);
            assert!(format!("{queue:#?}").starts_with(NAME));
            assert_eq!((queue.len(), queue.waiters()), (1, 1));
            assert_eq!(queue.pop(), Ok(1));
        });
    });
}

#[test]
fn len_is_full_and_capacity_are_right() {
    within(LIMIT, || {
        let unbounded = filled(0..100);
        assert_eq!(
            (unbounded.len(), unbounded.is_full(), unbounded.capacity()),
            (100, false, None)
        );
        let bounded = Subject::bounded(2);
        assert_eq!(
            (bounded.len(), bounded.is_full(), bounded.capacity()),
            (0, false, Some(2))
        );
        assert_eq!(bounded.push(1), Ok(()));
        assert_eq!((bounded.len(), bounded.is_full()), (1, false));
        assert_eq!(bounded.push(2), Ok(()));
        assert_eq!(
            (bounded.len(), bounded.is_full(), bounded.is_empty()),
            (2, true, false)
        );
        assert!(bounded.pop().is_ok());
        assert_eq!(
            (bounded.len(), bounded.is_full(), bounded.capacity()),
            (1, false, Some(2))
        );
    });
}

#[test]
fn a_capacity_of_zero_panics() {
    assert!(caught(|| Subject::<u8>::bounded(0)).is_err());
}

#[test]
fn a_huge_capacity_allocates_no_memory_up_front() {
    within(LIMIT, || {
        let queue = Subject::bounded(usize::MAX);
        assert_eq!(
            (queue.push([7_u64; 16]), queue.capacity()),
            (Ok(()), Some(usize::MAX))
        );
        assert_eq!(queue.pop(), Ok([7; 16]));
    });
}

#[test]
fn push_into_a_full_queue_waits_until_an_item_is_popped() {
    within(LIMIT, || {
        let queue = Subject::bounded(2);
        assert_eq!((queue.push(1), queue.push(2)), (Ok(()), Ok(())));
        thread::scope(|scope| {
            let pusher = scope.spawn(|| queue.push(3));
            until(|| queue.waiters() == 1);
            assert_eq!(queue.len(), 2);
            assert!(queue.pop().is_ok());
            assert_eq!(pusher.join().expect("the pusher"), Ok(()));
        });
        assert_eq!(queue.len(), 2);
    });
}

#[test]
fn every_pop_wakes_one_waiting_pusher() {
    within(LIMIT, || {
        let queue = Subject::bounded(1);
        assert_eq!(queue.push(0), Ok(()));
        thread::scope(|scope| {
            let queue = &queue;
            for item in 1..=3 {
                scope.spawn(move || queue.push(item));
            }
            until(|| queue.waiters() == 3);
            for left in [2, 1, 0] {
                assert!(queue.pop().is_ok());
                until(|| queue.waiters() == left && queue.len() == 1);
            }
        });
    });
}

#[test]
fn every_push_wakes_one_waiting_popper() {
    within(LIMIT, || {
        let queue = Subject::unbounded();
        thread::scope(|scope| {
            let poppers = [(); 3].map(|()| scope.spawn(|| queue.pop().expect("an item")));
            until(|| queue.waiters() == 3);
            for (item, left) in [(10, 2), (20, 1), (30, 0)] {
                assert_eq!(queue.push(item), Ok(()));
                until(|| queue.waiters() == left && queue.is_empty());
            }
            assert_eq!(
                poppers
                    .map(|popper| popper.join().expect("a popper"))
                    .iter()
                    .sum::<i32>(),
                60
            );
        });
    });
}

#[test]
fn consecutive_pushes_wake_as_many_waiting_poppers() {
    // A push must wake a popper even if the queue is not empty, because the popper that the
    // previous push has woken may not have taken its item yet.
    within(LIMIT, || {
        for _ in 0..50 {
            let queue = Subject::unbounded();
            thread::scope(|scope| {
                (0..3).for_each(|_| drop(scope.spawn(|| queue.pop().expect("an item"))));
                until(|| queue.waiters() == 3);
                assert_eq!(
                    (queue.push(1), queue.push(2), queue.push(3)),
                    (Ok(()), Ok(()), Ok(()))
                );
            });
        }
    });
}

#[test]
fn two_pushes_take_both_parked_poppers_off_the_wait_queue() {
    // If the second push relied on the first popper to wake the second one, the second popper would
    // sleep as long as the first one does not get the processor.
    within(LIMIT, || {
        for _ in 0..50 {
            let queue = Subject::unbounded();
            thread::scope(|scope| {
                (0..2).for_each(|_| drop(scope.spawn(|| queue.pop().expect("an item"))));
                until(|| queue.waiters() == 2);
                assert_eq!((queue.push(1), queue.push(2)), (Ok(()), Ok(())));
                assert_eq!(queue.waiters(), 0);
            });
        }
    });
}

#[test]
fn two_pops_take_both_parked_pushers_off_the_wait_queue() {
    within(LIMIT, || {
        for _ in 0..50 {
            let queue = Subject::bounded(2);
            assert_eq!((queue.push(1), queue.push(2)), (Ok(()), Ok(())));
            thread::scope(|scope| {
                (0..2).for_each(|_| drop(scope.spawn(|| assert_eq!(queue.push(0), Ok(())))));
                until(|| queue.waiters() == 2);
                assert!(queue.pop().is_ok() && queue.pop().is_ok());
                assert_eq!(queue.waiters(), 0);
            });
        }
    });
}

#[test]
fn consecutive_pops_wake_as_many_waiting_pushers() {
    within(LIMIT, || {
        for _ in 0..50 {
            let queue = Subject::bounded(3);
            assert_eq!(
                (queue.push(1), queue.push(2), queue.push(3)),
                (Ok(()), Ok(()), Ok(()))
            );
            thread::scope(|scope| {
                (0..3).for_each(|_| drop(scope.spawn(|| assert_eq!(queue.push(0), Ok(())))));
                until(|| queue.waiters() == 3);
                assert!(queue.pop().is_ok() && queue.pop().is_ok() && queue.pop().is_ok());
            });
            assert!(queue.is_full());
        }
    });
}

#[test]
fn a_closed_queue_rejects_pushes_and_returns_the_items() {
    within(LIMIT, || {
        let queue = Subject::bounded(1);
        assert_eq!(queue.push(1), Ok(()));
        queue.close();
        assert_eq!(queue.push(2), Err(PushError(2)));
        assert_eq!(
            queue.try_push(3),
            Err(TryPushError::Closed(3)),
            "closed is reported in preference to full"
        );
        assert_eq!(queue.try_push_for(4, LONG), Err(TryPushError::Closed(4)));
        assert_eq!(
            queue.try_push_until(5, Instant::now() + LONG),
            Err(TryPushError::Closed(5))
        );
        assert_eq!(drain_sorted(&queue), [1]);
        assert_eq!(
            queue.try_push(6),
            Err(TryPushError::Closed(6)),
            "a closed queue with a free slot also rejects pushes"
        );
    });
}

#[test]
fn a_closed_queue_is_drained_before_it_reports_closed() {
    within(LIMIT, || {
        let queue = filled(1..=6);
        queue.close();
        queue.close();
        let mut items = vec![queue.pop().expect("the first")];
        items.push(queue.try_pop().expect("the second"));
        items.push(queue.try_pop_for(Duration::ZERO).expect("the third"));
        items.push(queue.try_pop_until(Instant::now()).expect("the fourth"));
        items.push(*queue.task().expect("the fifth"));
        items.push(*queue.try_task().expect("the sixth"));
        items.sort_unstable();
        assert_eq!(items, [1, 2, 3, 4, 5, 6]);
        assert_eq!(queue.pop(), Err(Closed));
        assert_eq!(queue.try_pop(), Err(TryPopError::Closed));
        assert_eq!(queue.try_pop_for(LONG), Err(TryPopError::Closed));
        assert_eq!(
            queue.try_pop_until(Instant::now() + LONG),
            Err(TryPopError::Closed)
        );
        assert!(matches!(queue.task(), Err(Closed)));
        assert!(matches!(queue.try_task(), Err(TryPopError::Closed)));
        assert!(matches!(queue.try_task_for(LONG), Err(TryPopError::Closed)));
        assert!(matches!(
            queue.try_task_until(Instant::now() + LONG),
            Err(TryPopError::Closed)
        ));
    });
}

#[test]
fn join_does_not_wait_for_items_that_close_now_returned() {
    within(LIMIT, || {
        let queue = filled(1..=3);
        thread::scope(|scope| {
            let joiners = [(); 2].map(|()| scope.spawn(|| queue.join()));
            until(|| queue.waiters() == 2);
            assert_eq!(queue.close_now().len(), 3);
            joiners
                .into_iter()
                .for_each(|joiner| joiner.join().expect("a joiner"));
        });
        assert_eq!(
            (queue.waiters(), queue.task_done()),
            (0, Err(TaskDoneError))
        );
    });
}

#[test]
fn join_that_times_out_changes_no_count() {
    within(LIMIT, || {
        let queue = filled(1..=2);
        queue.task_done().unwrap();
        assert!(!queue.join_for(SHORT));
        queue.task_done().unwrap();
        assert!(queue.join_for(Duration::ZERO));
        assert_eq!(queue.task_done(), Err(TaskDoneError));
    });
}

#[test]
fn debug_of_errors_and_tasks_names_the_variant() {
    let queue = Subject::bounded(1);
    queue.push(7).unwrap();
    assert_eq!(format!("{:?}", queue.try_push(8)), "Err(Full(..))");
    assert_eq!(format!("{:?}", queue.task()), "Ok(Task(7))");
    queue.close();
    assert_eq!(
        format!("{:?} {:?}", queue.push(8), queue.try_push(8)),
        "Err(PushError(..)) Err(Closed(..))"
    );
}

#[test]
fn debug_shows_the_length_and_whether_the_queue_is_closed() {
    let queue = Subject::bounded(5);
    let shown =
        |len, closed| format!("{NAME} {{ capacity: Some(5), len: {len}, closed: {closed} }}");
    assert_eq!(format!("{queue:?}"), shown(0, false));
    (0..3).for_each(|item| queue.push(item).unwrap());
    queue.pop().unwrap();
    assert_eq!(format!("{queue:?}"), shown(2, false));
    queue.close();
    assert_eq!(format!("{queue:?}"), shown(2, true));
}

#[test]
fn closing_twice_keeps_the_queue_closed() {
    for close_again in [Subject::close, |queue: &Subject<u8>| {
        drop(queue.close_now())
    }] {
        let queue = filled(1..=2);
        queue.close();
        close_again(&queue);
        assert_eq!(queue.push(3), Err(PushError(3)));
        drop(queue.close_now());
        assert_eq!(
            (queue.push(4), queue.pop()),
            (Err(PushError(4)), Err(Closed))
        );
    }
}

#[test]
fn close_wakes_every_waiting_popper() {
    within(LIMIT, || {
        let queue = Subject::<u8>::unbounded();
        thread::scope(|scope| {
            let plain = [(); 2].map(|()| scope.spawn(|| queue.pop()));
            let timed = scope.spawn(|| queue.try_pop_for(Duration::MAX));
            let task = scope.spawn(|| queue.task().is_err());
            until(|| queue.waiters() == 4);
            queue.close();
            assert_eq!(
                plain.map(|popper| popper.join().expect("a popper")),
                [Err(Closed); 2]
            );
            assert_eq!(timed.join().expect("a popper"), Err(TryPopError::Closed));
            assert!(task.join().expect("a popper"));
        });
        assert_eq!(queue.waiters(), 0);
    });
}

#[test]
fn close_wakes_every_waiting_pusher_and_returns_the_items() {
    within(LIMIT, || {
        let queue = Subject::bounded(1);
        assert_eq!(queue.push(0), Ok(()));
        thread::scope(|scope| {
            let queue = &queue;
            let plain = [1, 2].map(|item| scope.spawn(move || queue.push(item)));
            let timed = scope.spawn(move || queue.try_push_for(3, Duration::MAX));
            until(|| queue.waiters() == 3);
            queue.close();
            let outcomes = plain.map(|pusher| pusher.join().expect("a pusher"));
            assert_eq!(outcomes, [Err(PushError(1)), Err(PushError(2))]);
            assert_eq!(
                timed.join().expect("a pusher"),
                Err(TryPushError::Closed(3))
            );
        });
        assert_eq!((drain_sorted(&queue), queue.waiters()), (vec![0], 0));
    });
}

#[test]
fn close_does_not_end_a_join_while_items_are_left() {
    within(LIMIT, || {
        let queue = filled([1]);
        thread::scope(|scope| {
            let joiner = scope.spawn(|| queue.join());
            until(|| queue.waiters() == 1);
            queue.close();
            let_pass(SHORT);
            assert!(!joiner.is_finished());
            drop(queue.task());
            joiner.join().expect("the joiner");
        });
    });
}

#[test]
fn close_now_returns_the_remaining_items_and_marks_them_done() {
    within(LIMIT, || {
        let queue = filled(1..=4);
        let popped = queue.pop().expect("an item");
        let mut all = queue.close_now();
        assert_eq!((all.len(), queue.len()), (3, 0));
        all.push(popped);
        all.sort_unstable();
        assert_eq!(all, [1, 2, 3, 4]);
        assert_eq!(
            (queue.pop(), queue.push(5)),
            (Err(Closed), Err(PushError(5)))
        );
        assert!(
            !queue.join_for(Duration::ZERO),
            "the popped item is not done yet"
        );
        assert!(queue.task_done().is_ok());
        assert!(queue.join_for(Duration::ZERO));
        assert!(queue.task_done().is_err());
        assert_eq!(queue.close_now(), []);
    });
}

#[test]
fn close_now_after_close_returns_the_remaining_items() {
    within(LIMIT, || {
        let queue = filled([1]);
        queue.close();
        assert_eq!(queue.close_now(), [1]);
        assert!(queue.join_for(Duration::ZERO));
    });
}

#[test]
fn close_now_wakes_every_waiting_thread() {
    within(LIMIT, || {
        let full = Subject::bounded(1);
        assert_eq!(full.push(1), Ok(()));
        let empty = Subject::<u8>::unbounded();
        thread::scope(|scope| {
            let pusher = scope.spawn(|| full.push(2));
            let joiner = scope.spawn(|| full.join());
            let popper = scope.spawn(|| empty.pop());
            until(|| full.waiters() == 2 && empty.waiters() == 1);
            assert_eq!(full.close_now(), [1]);
            assert_eq!(empty.close_now(), []);
            assert_eq!(pusher.join().expect("the pusher"), Err(PushError(2)));
            assert_eq!(popper.join().expect("the popper"), Err(Closed));
            joiner.join().expect("the joiner");
        });
    });
}

#[test]
fn iter_and_a_for_loop_pop_until_the_queue_is_closed_and_drained() {
    within(LIMIT, || {
        let queue = Subject::unbounded();
        thread::scope(|scope| {
            let by_iter = scope.spawn(|| queue.iter().sum::<i32>());
            let by_loop = scope.spawn(|| {
                let mut sum = 0;
                for item in &queue {
                    sum += item;
                }
                sum
            });
            for item in 1..=10 {
                assert_eq!(queue.push(item), Ok(()));
            }
            until(|| queue.waiters() == 2 && queue.is_empty());
            assert_eq!((queue.push(100), queue.push(200)), (Ok(()), Ok(())));
            queue.close();
            assert_eq!(
                by_iter.join().expect("the iterator") + by_loop.join().expect("the loop"),
                355
            );
        });
        assert_eq!(queue.iter().next(), None);
    });
}

#[test]
fn try_iter_ends_when_the_queue_is_empty_and_leaves_it_open() {
    within(LIMIT, || {
        let queue = filled([1, 2]);
        assert_eq!(queue.try_iter().count(), 2);
        assert_eq!(queue.try_iter().next(), None);
        assert_eq!(queue.push(3), Ok(()));
        assert_eq!(drain_sorted(&queue), [3]);
    });
}

#[test]
fn dropping_an_iterator_leaves_the_remaining_items_in_the_queue() {
    within(LIMIT, || {
        let queue = filled(1..=3);
        let mut items: Vec<i32> = queue
            .iter()
            .take(1)
            .chain(queue.try_iter().take(1))
            .collect();
        assert_eq!(queue.len(), 1);
        items.extend(queue.try_iter());
        items.sort_unstable();
        assert_eq!(items, [1, 2, 3]);
    });
}

#[test]
fn popping_does_not_mark_an_item_done() {
    within(LIMIT, || {
        let queue = filled(1..=3);
        assert!(queue.pop().is_ok() && queue.try_pop().is_ok());
        assert_eq!(queue.try_iter().count(), 1);
        assert!(!queue.join_for(Duration::ZERO));
        for _ in 0..3 {
            assert!(queue.task_done().is_ok());
        }
        assert!(queue.join_for(Duration::ZERO));
    });
}

#[test]
fn task_done_fails_if_more_items_are_done_than_were_pushed() {
    within(LIMIT, || {
        let queue = Subject::unbounded();
        assert!(queue.task_done().is_err(), "no item was pushed");
        assert_eq!((queue.push(1), queue.pop()), (Ok(()), Ok(1)));
        assert!(queue.task_done().is_ok());
        assert!(queue.task_done().is_err());
        // The calls that failed have changed nothing, so the next item is unfinished until it is
        // marked done.
        assert_eq!((queue.push(2), queue.pop()), (Ok(()), Ok(2)));
        assert!(!queue.join_for(Duration::ZERO));
        assert!(queue.task_done().is_ok());
        assert!(queue.join_for(Duration::ZERO));
    });
}

#[test]
fn join_does_not_wait_for_a_rejected_push() {
    within(LIMIT, || {
        let queue = Subject::bounded(1);
        assert_eq!(
            (queue.push(1), queue.try_push(2)),
            (Ok(()), Err(TryPushError::Full(2)))
        );
        assert_eq!(
            queue.try_push_for(3, Duration::from_millis(1)),
            Err(TryPushError::Full(3))
        );
        queue.close();
        assert_eq!(queue.push(4), Err(PushError(4)));
        drop(queue.task());
        assert!(queue.join_for(Duration::ZERO));
    });
}

#[test]
fn join_waits_until_every_item_is_marked_done() {
    within(LIMIT, || {
        let queue = Subject::unbounded();
        queue.join();
        assert_eq!((queue.push(1), queue.push(2)), (Ok(()), Ok(())));
        thread::scope(|scope| {
            let joiners = [(); 2].map(|()| scope.spawn(|| queue.join()));
            let timed = scope.spawn(|| queue.join_for(LONG));
            let until_deadline = scope.spawn(|| queue.join_until(Instant::now() + LONG));
            until(|| queue.waiters() == 4);
            assert_eq!(queue.try_iter().count(), 2);
            assert!(queue.task_done().is_ok());
            assert_eq!(queue.push(3), Ok(()));
            assert!(queue.task_done().is_ok());
            let_pass(SHORT);
            assert_eq!(
                queue.waiters(),
                4,
                "join must also wait for the item that was pushed in the meantime"
            );
            drop(queue.task());
            joiners
                .into_iter()
                .for_each(|joiner| joiner.join().expect("a joiner"));
            assert!(timed.join().expect("a joiner") && until_deadline.join().expect("a joiner"));
        });
    });
}

#[test]
fn timed_join_times_out_after_the_timeout_and_not_before() {
    within(LIMIT, || {
        let queue = filled([1]);
        let start = Instant::now();
        assert!(!queue.join_for(SHORT));
        assert!(start.elapsed() >= SHORT);
        let deadline = Instant::now() + SHORT;
        assert!(!queue.join_until(deadline));
        assert!(Instant::now() >= deadline);
        assert_eq!((queue.waiters(), queue.len()), (0, 1));
    });
}

#[test]
fn join_that_times_out_leaves_other_joiners_waiting() {
    within(LIMIT, || {
        let queue = filled([1]);
        thread::scope(|scope| {
            (0..2).for_each(|_| drop(scope.spawn(|| queue.join())));
            let hasty = scope.spawn(|| queue.join_for(SHORT));
            assert!(!hasty.join().expect("the hasty joiner"));
            until(|| queue.waiters() == 2);
            drop(queue.task());
        });
    });
}

#[test]
fn a_task_dereferences_to_the_item_and_marks_it_done_on_drop() {
    within(LIMIT, || {
        let queue = filled([vec![1], vec![2], vec![3], vec![4]]);
        let mut tasks = vec![
            queue.task().expect("the first"),
            queue.try_task().expect("the second"),
            queue.try_task_for(LONG).expect("the third"),
            queue.try_task_until(Instant::now()).expect("the fourth"),
        ];
        assert!(matches!(queue.try_task(), Err(TryPopError::Empty)));
        tasks.iter_mut().for_each(|task| task.push(0));
        assert!(tasks.iter().all(|task| task.len() == 2));
        while let Some(task) = tasks.pop() {
            assert!(!queue.join_for(Duration::ZERO));
            drop(task);
        }
        assert!(queue.join_for(Duration::ZERO));
        assert!(
            queue.task_done().is_err(),
            "a task was not marked done exactly once"
        );
    });
}

#[test]
fn tasks_pop_and_mark_done_until_the_queue_is_closed_and_drained() {
    within(LIMIT, || {
        let queue = Subject::unbounded();
        thread::scope(|scope| {
            let worker = || queue.tasks().map(|task| *task).sum::<i32>();
            let workers = [scope.spawn(worker), scope.spawn(worker)];
            for item in 1..=10 {
                assert_eq!(queue.push(item), Ok(()));
            }
            queue.join();
            until(|| queue.waiters() == 2);
            assert_eq!(queue.push(100), Ok(()));
            queue.close();
            assert_eq!(
                workers
                    .map(|worker| worker.join().expect("a worker"))
                    .iter()
                    .sum::<i32>(),
                155
            );
        });
        assert!(queue.join_for(Duration::ZERO));
    });
}

#[test]
fn a_task_can_be_finished_by_another_thread() {
    within(LIMIT, || {
        let queue = filled([Cell::new(1)]);
        let task = queue.task().expect("an item");
        thread::scope(|scope| {
            scope.spawn(move || {
                task.set(2);
                drop(task);
            });
            queue.join();
        });
    });
}

#[test]
fn a_forgotten_task_stays_unfinished_until_task_done_is_called() {
    within(LIMIT, || {
        let queue = filled([1]);
        mem::forget(queue.task().expect("an item"));
        assert!(!queue.join_for(SHORT));
        assert!(queue.task_done().is_ok());
        assert!(queue.join_for(Duration::ZERO));
    });
}

#[test]
fn dropping_a_task_after_a_surplus_task_done_does_not_panic() {
    within(LIMIT, || {
        let queue = filled([1]);
        let task = queue.task().expect("an item");
        assert!(queue.task_done().is_ok());
        assert!(caught(|| drop(task)).is_ok());
        assert!(queue.join_for(Duration::ZERO));
    });
}

#[test]
fn close_now_counts_no_item_twice_after_an_early_task_done() {
    within(LIMIT, || {
        let queue = filled([1, 2]);
        assert!(queue.task_done().is_ok());
        assert_eq!(queue.close_now().len(), 2);
        assert!(queue.join_for(Duration::ZERO));
        assert!(queue.task_done().is_err());
    });
}

#[test]
fn a_zero_timeout_and_a_past_deadline_mean_a_single_attempt() {
    within(LIMIT, || {
        let queue = Subject::bounded(1);
        let past = Instant::now();
        let_pass(Duration::from_millis(1));
        assert_eq!(queue.try_pop_for(Duration::ZERO), Err(TryPopError::Empty));
        assert_eq!(queue.try_pop_until(past), Err(TryPopError::Empty));
        assert_eq!(queue.try_push_for(1, Duration::ZERO), Ok(()));
        assert_eq!(queue.try_push_until(2, past), Err(TryPushError::Full(2)));
        assert_eq!(
            queue.try_push_for(3, Duration::ZERO),
            Err(TryPushError::Full(3))
        );
        assert_eq!(
            (queue.join_for(Duration::ZERO), queue.join_until(past)),
            (false, false)
        );
        assert_eq!(queue.try_pop_until(past), Ok(1));
        assert!(queue.task_done().is_ok());
        assert_eq!(
            (queue.join_for(Duration::ZERO), queue.join_until(past)),
            (true, true)
        );
        assert_eq!(queue.try_push_until(4, past), Ok(()));
        assert_eq!(queue.try_pop_for(Duration::ZERO), Ok(4));
    });
}

#[test]
fn a_timeout_too_large_to_add_to_now_means_no_timeout() {
    within(LIMIT, || {
        let (empty, full) = (Subject::unbounded(), Subject::bounded(1));
        assert_eq!(full.try_push_for(1, Duration::MAX), Ok(()));
        thread::scope(|scope| {
            let popper = scope.spawn(|| empty.try_pop_for(Duration::MAX));
            let pusher = scope.spawn(|| full.try_push_for(2, Duration::MAX));
            let joiner = scope.spawn(|| full.join_for(Duration::MAX));
            until(|| empty.waiters() == 1 && full.waiters() == 2);
            let_pass(SHORT);
            assert_eq!(
                (empty.waiters(), full.waiters()),
                (1, 2),
                "a wait without a timeout has ended"
            );
            assert_eq!(empty.push(9), Ok(()));
            assert_eq!(popper.join().expect("the popper"), Ok(9));
            drop(full.task());
            assert_eq!(pusher.join().expect("the pusher"), Ok(()));
            drop(full.task());
            assert!(joiner.join().expect("the joiner"));
        });
    });
}

#[test]
fn a_popper_that_times_out_takes_no_item_from_the_next_one() {
    within(LIMIT, || {
        let mut rng = Rng::seeded();
        let queue = Subject::unbounded();
        for _ in 0..500 {
            let patience = rng.time_below(Duration::from_micros(200));
            let before = rng.time_below(Duration::from_micros(200));
            thread::scope(|scope| {
                let hasty = scope.spawn(|| queue.try_pop_for(patience));
                let patient = scope.spawn(|| queue.pop());
                work_for(before);
                assert_eq!(queue.push(1), Ok(()));
                if hasty.join().expect("the hasty popper").is_ok() {
                    assert_eq!(queue.push(2), Ok(()));
                }
                assert!(patient.join().expect("the patient popper").is_ok());
            });
            assert_eq!((queue.len(), queue.waiters()), (0, 0));
        }
    });
}

#[test]
fn a_pusher_that_times_out_takes_no_slot_from_the_next_one() {
    within(LIMIT, || {
        let mut rng = Rng::seeded();
        let queue = Subject::bounded(1);
        for _ in 0..500 {
            let patience = rng.time_below(Duration::from_micros(200));
            let before = rng.time_below(Duration::from_micros(200));
            assert_eq!(queue.push(0), Ok(()));
            thread::scope(|scope| {
                let hasty = scope.spawn(|| queue.try_push_for(1, patience));
                let patient = scope.spawn(|| queue.push(2));
                work_for(before);
                assert!(queue.pop().is_ok());
                if hasty.join().expect("the hasty pusher").is_ok() {
                    assert!(queue.pop().is_ok());
                }
                assert_eq!(patient.join().expect("the patient pusher"), Ok(()));
            });
            assert_eq!((queue.try_iter().count(), queue.waiters()), (1, 0));
        }
    });
}

/// An item that may panic in its drop. Its drop is counted in any case.
struct Explosive {
    inner: Tracked,
    explodes: bool,
}

impl Drop for Explosive {
    fn drop(&mut self) {
        assert!(!self.explodes, "item {} panics in its drop", self.inner.id);
    }
}

impl PartialEq for Explosive {
    fn eq(&self, other: &Explosive) -> bool {
        self.inner == other.inner
    }
}

impl Eq for Explosive {}

impl PartialOrd for Explosive {
    fn partial_cmp(&self, other: &Explosive) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Explosive {
    fn cmp(&self, other: &Explosive) -> std::cmp::Ordering {
        self.inner.cmp(&other.inner)
    }
}

/// Makes a queue of `n` items, of which the one with the id `exploding` panics in its drop, and a
/// count of their drops.
fn with_explosive(n: usize, exploding: usize) -> (Subject<Explosive>, Ledger) {
    let ledger = Ledger::for_ids(n);
    let item = |id| Explosive {
        inner: ledger.value(id),
        explodes: id == exploding,
    };
    (filled((0..n).map(item)), ledger)
}

#[test]
fn an_item_that_panics_in_drop_does_not_prevent_the_drop_of_the_others() {
    within(LIMIT, || {
        for exploding in 0..5 {
            let (queue, ledger) = with_explosive(5, exploding);
            assert!(caught(|| drop(queue)).is_err());
            ledger.assert_each_dropped_once();
        }
    });
}

#[test]
fn a_task_whose_item_panics_in_drop_is_marked_done() {
    within(LIMIT, || {
        let (queue, ledger) = with_explosive(1, 0);
        let task = queue.task().expect("an item");
        assert!(caught(|| drop(task)).is_err());
        ledger.assert_each_dropped_once();
        assert!(queue.join_for(Duration::ZERO));
        assert!(
            queue.task_done().is_err(),
            "the task was not marked done exactly once"
        );
    });
}

#[test]
fn an_item_can_use_the_queue_in_its_drop_and_is_done_only_afterwards() {
    #[derive(Default)]
    struct Last(Weak<Subject<Box<Last>>>);
    impl Drop for Last {
        fn drop(&mut self) {
            if let Some(queue) = self.0.upgrade() {
                assert!(
                    !queue.join_for(Duration::ZERO),
                    "the item is not done before its drop has ended"
                );
                assert!(queue.is_empty() && queue.try_push(Box::default()).is_ok());
            }
        }
    }
    impl PartialEq for Last {
        fn eq(&self, _: &Last) -> bool {
            true
        }
    }
    impl Eq for Last {}
    impl PartialOrd for Last {
        fn partial_cmp(&self, other: &Last) -> Option<std::cmp::Ordering> {
            Some(self.cmp(other))
        }
    }
    impl Ord for Last {
        fn cmp(&self, _: &Last) -> std::cmp::Ordering {
            std::cmp::Ordering::Equal
        }
    }
    within(LIMIT, || {
        let queue = Arc::new(Subject::unbounded());
        assert!(queue.push(Box::new(Last(Arc::downgrade(&queue)))).is_ok());
        drop(queue.task());
        assert_eq!(queue.len(), 1);
    });
}

#[test]
fn zero_sized_items_are_counted_and_dropped_like_any_other() {
    static DROPS: AtomicUsize = AtomicUsize::new(0);
    #[derive(PartialEq, Eq, PartialOrd, Ord)]
    struct Token;
    impl Drop for Token {
        fn drop(&mut self) {
            DROPS.fetch_add(1, Relaxed);
        }
    }
    within(LIMIT, || {
        let queue = Subject::bounded(100);
        for _ in 0..100 {
            assert!(queue.push(Token).is_ok());
        }
        assert!(queue.is_full());
        assert_eq!(queue.try_iter().take(30).count(), 30);
        assert_eq!((queue.len(), DROPS.load(Relaxed)), (70, 30));
        assert_eq!(queue.close_now().len(), 70);
        assert_eq!(DROPS.load(Relaxed), 100);
    });
}

#[test]
fn large_items_are_delivered_unchanged() {
    const WORDS: usize = 2_048;
    within(LIMIT, || {
        let queue = Subject::bounded(4);
        thread::scope(|scope| {
            scope.spawn(|| {
                for number in 0..50_u64 {
                    assert!(queue.push([number; WORDS]).is_ok());
                }
                queue.close();
            });
            let mut seen = [0; 50];
            for item in &queue {
                assert!(item.iter().all(|word| *word == item[0]));
                seen[item[0] as usize] += 1;
            }
            assert_eq!(seen, [1; 50]);
        });
    });
}

/// Panics without the message that a panic usually prints.
fn panic_quietly() -> ! {
    panic::resume_unwind(Box::new("a panic of the test"))
}

#[test]
fn a_guard_closes_the_queue_when_it_is_dropped() {
    within(LIMIT, || {
        let queue = filled([1]);
        let guard = queue.close_on_drop();
        assert_eq!(guard.push(2), Ok(()));
        assert_eq!(
            format!("{guard:?}"),
            format!("CloseOnDrop({queue:?})"),
            "the guard shows its queue"
        );
        drop(guard);
        assert_eq!(queue.push(3), Err(PushError(3)));
        assert_eq!(drain_sorted(&queue), [1, 2]);
    });
}

#[test]
fn the_last_clone_of_a_guard_closes_the_queue() {
    within(LIMIT, || {
        let queue = Subject::unbounded();
        let first = queue.close_on_drop();
        let second = first.clone();
        let third = second.clone();
        drop(second);
        drop(first);
        assert_eq!(queue.push(1), Ok(()));
        drop(third);
        assert_eq!(queue.push(2), Err(PushError(2)));
    });
}

#[test]
fn producers_that_share_a_guard_close_the_queue_when_the_last_one_has_ended() {
    within(LIMIT, || {
        let queue = Subject::bounded(1);
        thread::scope(|scope| {
            let producers = queue.close_on_drop();
            for number in 0..3 {
                let producer = producers.clone();
                scope.spawn(move || assert_eq!(producer.push(number), Ok(())));
            }
            drop(producers);
            let mut items: Vec<u8> = queue.iter().collect();
            items.sort();
            assert_eq!(items, [0, 1, 2]);
        });
    });
}

#[test]
fn a_producer_that_panics_does_not_leave_its_workers_waiting() {
    // The workers waited for items forever, and `thread::scope` waited for the workers.
    within(LIMIT, || {
        let queue = Subject::bounded(8);
        let done = AtomicUsize::new(0);
        let outcome = caught(|| {
            thread::scope(|scope| {
                let producer = queue.close_on_drop();
                for _ in 0..2 {
                    scope.spawn(|| {
                        for _task in queue.tasks() {
                            done.fetch_add(1, Relaxed);
                        }
                    });
                }
                for line in ["1", "2", "three"] {
                    let number: u32 = line.parse().unwrap_or_else(|_| panic_quietly());
                    assert_eq!(producer.push(number), Ok(()));
                }
            });
        });
        assert_eq!(outcome, Err("a panic of the test".to_owned()));
        assert_eq!(done.into_inner(), 2);
        assert!(queue.join_for(Duration::ZERO));
    });
}

#[test]
fn a_last_worker_that_panics_does_not_leave_the_producer_waiting_for_room() {
    within(LIMIT, || {
        let queue = Subject::bounded(1);
        let rejected = thread::scope(|scope| {
            let workers = queue.close_on_drop();
            let threads: Vec<_> = (0..2)
                .map(|_| {
                    let worker = workers.clone();
                    scope.spawn(move || {
                        if let Some(_task) = worker.tasks().next() {
                            panic_quietly();
                        }
                    })
                })
                .collect();
            drop(workers);
            let rejected = (0..100).find_map(|number| queue.push(number).err());
            // The producer does not join the queue, but the workers.
            for thread in threads {
                assert!(thread.join().is_err());
            }
            rejected
        });
        // Each worker took one item. One more may have been pushed before the queue was closed.
        let PushError(rejected) = rejected.expect("the queue is closed");
        assert!(rejected == 2 || rejected == 3);
        assert_eq!(queue.close_now(), (2..rejected).collect::<Vec<_>>());
        assert!(queue.join_for(Duration::ZERO));
    });
}

#[test]
fn a_last_worker_that_panics_does_not_leave_join_waiting() {
    within(LIMIT, || {
        let queue = Subject::bounded(8);
        let outcome = caught(|| {
            thread::scope(|scope| {
                let workers = queue.close_now_on_drop();
                for _ in 0..2 {
                    let worker = workers.clone();
                    scope.spawn(move || {
                        if let Some(_task) = worker.tasks().next() {
                            panic_quietly();
                        }
                    });
                }
                drop(workers);
                for number in 0..4 {
                    // The queue may be closed already.
                    let _ = queue.push(number);
                }
                queue.join();
            });
        });
        assert!(outcome.is_err());
        assert_eq!(queue.len(), 0);
        assert_eq!(queue.push(5), Err(PushError(5)));
    });
}

#[test]
fn extend_pushes_the_items_of_an_iterator() {
    let mut queue = filled([1]);
    queue.extend([2, 3]);
    assert_eq!(drain_sorted(&queue), [1, 2, 3]);
}

#[test]
fn extending_a_full_queue_panics_and_keeps_what_was_pushed() {
    let ledger = Ledger::for_ids(4);
    let mut queue = Subject::bounded(2);
    let extended = caught(|| queue.extend((0..4).map(|id| ledger.value(id))));
    assert_eq!(extended, Err("extending a full queue".to_owned()));
    // The iterator makes the items one by one, so the last one was never made.
    assert_eq!(ledger.drops(), [0, 0, 1, 0]);
    let items = drain_sorted(&queue);
    assert_eq!(items.iter().map(|item| item.id).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn extending_a_closed_queue_panics_and_keeps_its_items() {
    let mut queue = filled([1]);
    queue.close();
    let extended = caught(|| queue.extend([2]));
    assert_eq!(extended, Err("extending a closed queue".to_owned()));
    assert_eq!(drain_sorted(&queue), [1]);
}

#[test]
fn collecting_makes_an_open_unbounded_queue() {
    let queue: Subject<u8> = (0..100).collect();
    assert_eq!(queue.capacity(), None);
    assert_eq!(queue.push(100), Ok(()));
    assert_eq!(drain_sorted(&queue), (0..=100).collect::<Vec<_>>());
}

#[test]
fn into_iter_returns_the_items_in_the_order_of_the_pops_and_does_not_wait() {
    within(LIMIT, || {
        let numbers = [3, 1, 2];
        let popped: Vec<u8> = filled(numbers).try_iter().collect();
        let mut items = filled(numbers).into_iter();
        assert_eq!(items.len(), 3);
        assert_eq!(items.next(), Some(popped[0]));
        assert_eq!(items.size_hint(), (2, Some(2)));
        assert_eq!(items.by_ref().collect::<Vec<_>>(), popped[1..]);
        assert_eq!((items.next(), items.len()), (None, 0));
    });
}

#[test]
fn dropping_into_iter_drops_the_remaining_items() {
    let ledger = Ledger::for_ids(3);
    let mut items = filled((0..3).map(|id| ledger.value(id))).into_iter();
    drop(items.next());
    assert_eq!(ledger.drops().iter().sum::<usize>(), 1);
    drop(items);
    ledger.assert_each_dropped_once();
}

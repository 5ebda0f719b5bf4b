//! `PriorityQueue`: the tests of all queues, the order smallest first, and an `Ord` that panics or
//! is not a total order.

mod common;
#[path = "common/queue_family.rs"]
mod family;

use std::cell::Cell;
use std::cmp::{Ordering, Reverse};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use common::{LIMIT, LONG, Ledger, Rng, Tracked, caught, until, within};
use sync_primitives::PriorityQueue as Subject;
use sync_primitives::{Closed, PriorityQueue, PushError, TryPopError, TryPushError};

const NAME: &str = "PriorityQueue";

#[test]
fn pop_returns_the_smallest_item_first() {
    within(LIMIT, || {
        let queue = PriorityQueue::unbounded();
        for item in [3, 1, 2] {
            assert_eq!(queue.push(item), Ok(()));
        }
        assert_eq!(queue.pop(), Ok(1));
        assert_eq!(queue.push(0), Ok(()));
        assert_eq!(queue.try_iter().collect::<Vec<_>>(), [0, 2, 3]);
    });
}

#[test]
fn reverse_makes_pop_return_the_largest_item_first() {
    within(LIMIT, || {
        let queue = PriorityQueue::unbounded();
        for item in [3, 1, 2] {
            assert_eq!(queue.push(Reverse(item)), Ok(()));
        }
        assert_eq!(
            queue
                .try_iter()
                .map(|Reverse(item)| item)
                .collect::<Vec<_>>(),
            [3, 2, 1]
        );
    });
}

#[test]
fn equal_items_are_all_delivered() {
    within(LIMIT, || {
        let queue = PriorityQueue::unbounded();
        for item in [2, 1, 2, 1, 2] {
            assert_eq!(queue.push(item), Ok(()));
        }
        assert_eq!(queue.try_iter().collect::<Vec<_>>(), [1, 1, 2, 2, 2]);
    });
}

#[test]
fn random_pushes_and_pops_agree_with_a_sorted_list() {
    within(LIMIT, || {
        let mut rng = Rng::seeded();
        let queue = PriorityQueue::unbounded();
        let mut sorted: Vec<usize> = Vec::new();
        for _ in 0..3_000 {
            if rng.below(5) < 3 {
                let item = rng.below(50);
                assert_eq!(queue.push(item), Ok(()));
                sorted.insert(sorted.partition_point(|other| *other < item), item);
            } else if sorted.is_empty() {
                assert_eq!(queue.try_pop(), Err(TryPopError::Empty));
            } else {
                assert_eq!(queue.try_pop(), Ok(sorted.remove(0)));
            }
            assert_eq!(queue.len(), sorted.len());
        }
        assert_eq!(queue.try_iter().collect::<Vec<_>>(), sorted);
    });
}

#[test]
fn every_way_to_pop_keeps_the_order() {
    within(LIMIT, || {
        let queue = PriorityQueue::unbounded();
        for item in [4, 2, 8, 6, 1, 5, 3, 7] {
            assert_eq!(queue.push(item), Ok(()));
        }
        queue.close();
        let mut items = vec![
            queue.pop().expect("an item"),
            queue.try_pop().expect("an item"),
        ];
        items.push(*queue.task().expect("an item"));
        items.extend(queue.tasks().take(1).map(|task| *task));
        items.extend(queue.iter().take(1));
        items.extend(queue.try_iter().take(1));
        items.extend(queue.close_now());
        assert_eq!(items, [1, 2, 3, 4, 5, 6, 7, 8]);
    });
}

#[test]
fn the_item_of_a_pusher_that_waited_is_popped_in_order() {
    within(LIMIT, || {
        let queue = PriorityQueue::bounded(3);
        for item in [10, 20, 30] {
            assert_eq!(queue.push(item), Ok(()));
        }
        thread::scope(|scope| {
            let pusher = scope.spawn(|| queue.push(25));
            until(|| queue.waiters() == 1);
            assert_eq!(queue.pop(), Ok(10));
            assert_eq!(pusher.join().expect("the pusher"), Ok(()));
        });
        assert_eq!(queue.try_iter().collect::<Vec<_>>(), [20, 25, 30]);
    });
}

/// Determines which of the following comparisons panics.
#[derive(Clone, Default)]
struct Fuse(Arc<AtomicIsize>);

impl Fuse {
    /// Makes the comparison with this number panic, counted from 1.
    fn set(&self, comparisons: usize) {
        self.0.store(comparisons as isize, Relaxed);
    }

    fn clear(&self) {
        self.0.store(0, Relaxed);
    }

    fn count_down(&self) {
        if self.0.fetch_sub(1, Relaxed) == 1 {
            panic!("a planned panic in a comparison");
        }
    }
}

/// An item whose comparisons count down a fuse.
struct Fused {
    item: Tracked,
    fuse: Fuse,
}

impl PartialEq for Fused {
    fn eq(&self, other: &Fused) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Fused {}

impl PartialOrd for Fused {
    fn partial_cmp(&self, other: &Fused) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Fused {
    fn cmp(&self, other: &Fused) -> Ordering {
        self.fuse.count_down();
        self.item.cmp(&other.item)
    }
}

/// A queue of fused items, and a count of how often each of them has been popped.
struct Fixture {
    queue: PriorityQueue<Fused>,
    fuse: Fuse,
    ledger: Ledger,
    seen: Vec<usize>,
}

impl Fixture {
    /// Pushes the items with the ids in `order`. The other ids below `ids` are free.
    fn with(order: &[usize], ids: usize) -> Fixture {
        let fixture = Fixture {
            queue: PriorityQueue::unbounded(),
            fuse: Fuse::default(),
            ledger: Ledger::for_ids(ids),
            seen: vec![0; ids],
        };
        for id in order {
            assert!(fixture.queue.push(fixture.item(*id)).is_ok());
        }
        fixture
    }

    fn item(&self, id: usize) -> Fused {
        Fused {
            item: self.ledger.value(id),
            fuse: self.fuse.clone(),
        }
    }

    /// Runs `f` while the comparison with this number panics. Returns the message of the panic, if
    /// any.
    fn run_with_fuse<R>(
        &self,
        comparisons: usize,
        f: impl FnOnce(&Self) -> R,
    ) -> Result<R, String> {
        self.fuse.set(comparisons);
        let outcome = caught(|| f(self));
        self.fuse.clear();
        outcome
    }

    /// Pops all items one by one, and checks that `len` returned their number.
    fn drain(&mut self) {
        let expected = self.queue.len();
        let mut popped = 0;
        while let Ok(fused) = self.queue.try_pop() {
            self.seen[fused.item.id] += 1;
            popped += 1;
        }
        assert_eq!((popped, self.queue.len()), (expected, 0));
    }

    /// Marks the popped items as done, and checks that `join` waits for exactly these items.
    fn mark_done(&self) {
        for _ in 0..self.seen.iter().sum() {
            assert!(self.queue.task_done().is_ok());
        }
        assert!(
            self.queue.join_for(Duration::ZERO),
            "join must return after all popped items were marked done"
        );
        assert!(self.queue.task_done().is_err());
    }

    /// Checks that the queue still sorts, counts and closes, drops it, and checks that every item
    /// has been dropped once.
    fn check_and_drop(self) {
        let next = self.seen.len() - 3;
        for id in [next + 2, next, next + 1] {
            assert!(self.queue.push(self.item(id)).is_ok());
        }
        let order: Vec<_> = self
            .queue
            .tasks()
            .take(3)
            .map(|task| task.item.id)
            .collect();
        assert_eq!(order, [next, next + 1, next + 2]);
        assert!(self.queue.join_for(Duration::ZERO));
        self.queue.close();
        assert!(matches!(self.queue.pop(), Err(Closed)));
        drop(self.queue);
        self.ledger.assert_each_dropped_once();
    }
}

/// Returns the numbers below `n` in a random order.
fn shuffled(n: usize, rng: &mut Rng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    for last in (1..n).rev() {
        order.swap(last, rng.below(last + 1));
    }
    order
}

/// Calls `scenario` with 1, 2, 3 and so on, as the number of the comparison that panics, until it
/// returns `false` because it made fewer comparisons. Returns how often a comparison panicked.
fn with_panic_at_every_comparison(mut scenario: impl FnMut(usize) -> bool) -> usize {
    (1..100)
        .take_while(|comparisons| scenario(*comparisons))
        .count()
}

#[test]
fn a_comparison_that_panics_in_push_loses_no_item_of_the_queue() {
    type Push = fn(&PriorityQueue<Fused>, Fused) -> bool;
    const PUSHES: [Push; 3] = [
        |queue, item| queue.push(item).is_ok(),
        |queue, item| queue.try_push(item).is_ok(),
        |queue, item| queue.try_push_for(item, LONG).is_ok(),
    ];
    within(LIMIT, || {
        let mut rng = Rng::seeded();
        let mut panics = 0;
        for (round, n) in (0..60).map(|round| (round, round % 10)) {
            // The new item is a random one of the numbers, so that it moves up by any number of
            // levels.
            let order = shuffled(n + 1, &mut rng);
            let (new, before) = (order[n], &order[..n]);
            panics += with_panic_at_every_comparison(|comparisons| {
                let mut fixture = Fixture::with(before, n + 4);
                let outcome = fixture.run_with_fuse(comparisons, |fixture| {
                    PUSHES[round % 3](&fixture.queue, fixture.item(new))
                });
                fixture.drain();
                for id in before {
                    assert_eq!(
                        fixture.seen[*id], 1,
                        "item {id} after a panic at comparison {comparisons}"
                    );
                }
                match outcome {
                    Ok(accepted) => assert!(accepted && fixture.seen[new] == 1),
                    Err(_) => assert!(fixture.seen[new] <= 1),
                }
                fixture.mark_done();
                fixture.check_and_drop();
                outcome.is_err()
            });
        }
        assert!(panics > 0, "no push made a comparison");
    });
}

#[test]
fn a_comparison_that_panics_in_pop_loses_no_item() {
    type Pop = fn(&PriorityQueue<Fused>) -> Option<usize>;
    const POPS: [Pop; 4] = [
        |queue| queue.pop().ok().map(|fused| fused.item.id),
        |queue| queue.try_pop().ok().map(|fused| fused.item.id),
        |queue| {
            queue
                .try_pop_until(Instant::now())
                .ok()
                .map(|fused| fused.item.id)
        },
        |queue| queue.try_iter().next().map(|fused| fused.item.id),
    ];
    within(LIMIT, || {
        let mut rng = Rng::seeded();
        let mut panics = 0;
        for (round, n) in (0..80).map(|round| (round, 1 + round % 12)) {
            let order = shuffled(n, &mut rng);
            panics += with_panic_at_every_comparison(|comparisons| {
                let mut fixture = Fixture::with(&order, n + 3);
                let outcome =
                    fixture.run_with_fuse(comparisons, |fixture| POPS[round % 4](&fixture.queue));
                if let Ok(popped) = &outcome {
                    assert_eq!(*popped, Some(0), "the smallest");
                    fixture.seen[0] += 1;
                }
                fixture.drain();
                assert_eq!(
                    fixture.seen[..n],
                    vec![1; n],
                    "after a panic at comparison {comparisons}"
                );
                fixture.mark_done();
                fixture.check_and_drop();
                outcome.is_err()
            });
        }
        assert!(panics > 0, "no pop made a comparison");
    });
}

#[test]
fn a_comparison_that_panics_in_task_loses_no_item() {
    within(LIMIT, || {
        let mut rng = Rng::seeded();
        let mut panics = 0;
        for n in 1..=12 {
            let order = shuffled(n, &mut rng);
            panics += with_panic_at_every_comparison(|comparisons| {
                let mut fixture = Fixture::with(&order, n + 3);
                let outcome = fixture.run_with_fuse(comparisons, |fixture| {
                    fixture.queue.task().map(|task| task.item.id)
                });
                if outcome.is_ok() {
                    assert_eq!(outcome, Ok(Ok(0)), "the smallest");
                }
                fixture.drain();
                fixture.mark_done();
                fixture.seen[0] += usize::from(outcome.is_ok());
                assert_eq!(
                    fixture.seen[..n],
                    vec![1; n],
                    "after a panic at comparison {comparisons}"
                );
                fixture.check_and_drop();
                outcome.is_err()
            });
        }
        assert!(panics > 0, "no call of task made a comparison");
    });
}

#[test]
fn a_comparison_that_panics_in_close_now_loses_no_item() {
    within(LIMIT, || {
        let mut rng = Rng::seeded();
        for n in 0..8 {
            let order = shuffled(n, &mut rng);
            with_panic_at_every_comparison(|comparisons| {
                let fixture = Fixture::with(&order, n);
                let outcome =
                    fixture.run_with_fuse(comparisons, |fixture| fixture.queue.close_now());
                let panicked = outcome.is_err();
                let mut left = outcome.unwrap_or_default();
                left.extend(fixture.queue.try_iter());
                let mut ids: Vec<_> = left.iter().map(|fused| fused.item.id).collect();
                ids.sort_unstable();
                assert_eq!(ids, (0..n).collect::<Vec<_>>());
                drop((left, fixture.queue));
                fixture.ledger.assert_each_dropped_once();
                panicked
            });
        }
    });
}

#[test]
fn close_now_changes_nothing_if_a_comparison_panics() {
    within(LIMIT, || {
        let mut rng = Rng::seeded();
        let mut panics = 0;
        for n in [2, 3, 4, 5, 8, 13, 30] {
            let order = shuffled(n, &mut rng);
            panics += with_panic_at_every_comparison(|comparisons| {
                let fixture = Fixture::with(&order, n);
                let outcome =
                    fixture.run_with_fuse(comparisons, |fixture| fixture.queue.close_now());
                let panicked = outcome.is_err();
                assert_eq!(fixture.queue.len(), if panicked { n } else { 0 });
                assert_eq!(fixture.queue.is_empty(), !panicked);
                let mut items = outcome.unwrap_or_default();
                items.extend(fixture.queue.try_iter());
                let ids: Vec<_> = items.iter().map(|fused| fused.item.id).collect();
                assert_eq!(ids, (0..n).collect::<Vec<_>>());
                drop((items, fixture.queue));
                fixture.ledger.assert_each_dropped_once();
                panicked
            });
        }
        assert!(panics > 0, "close_now made no comparison");
    });
}

/// A floating-point number with an `Ord` that is not a total order: NaN is equal to every number.
#[derive(Clone, Copy, Debug)]
struct Float(f64);

impl PartialEq for Float {
    fn eq(&self, other: &Float) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Float {}

impl PartialOrd for Float {
    fn partial_cmp(&self, other: &Float) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Float {
    fn cmp(&self, other: &Float) -> Ordering {
        self.0.partial_cmp(&other.0).unwrap_or(Ordering::Equal)
    }
}

/// An item for which every comparison returns the same, whatever it is compared with.
#[derive(Clone, Copy, Debug)]
struct Constant<const ORDERING: i8>(usize);

impl<const ORDERING: i8> PartialEq for Constant<ORDERING> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<const ORDERING: i8> Eq for Constant<ORDERING> {}

impl<const ORDERING: i8> PartialOrd for Constant<ORDERING> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<const ORDERING: i8> Ord for Constant<ORDERING> {
    fn cmp(&self, _: &Self) -> Ordering {
        ORDERING.cmp(&0)
    }
}

/// Fills two queues with `items` and checks that `close_now` on one returns what `pop` on the other
/// does, in the same order. `id` tells the items apart.
fn assert_close_now_returns_what_pop_does<T: Ord + Copy>(items: &[T], id: fn(T) -> u64) {
    let (popped, closed) = (PriorityQueue::unbounded(), PriorityQueue::unbounded());
    for item in items {
        assert!(popped.push(*item).is_ok());
        assert!(closed.push(*item).is_ok());
    }
    let popped: Vec<u64> = popped.try_iter().map(id).collect();
    let closed: Vec<u64> = closed.close_now().into_iter().map(id).collect();
    assert_eq!(closed, popped);
    let mut found = closed;
    let mut expected: Vec<u64> = items.iter().copied().map(id).collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected, "an item was lost or returned twice");
}

// The sorts of the standard library panic if they notice that an `Ord` is not a total order, and
// `close_now` used one of them.
#[test]
fn close_now_accepts_an_ord_that_is_not_a_total_order() {
    within(LIMIT, || {
        let mut rng = Rng::seeded();
        for n in (0..40).chain([100, 1_000, 5_000]) {
            // A NaN carries the number as its payload, so that each item can be told apart.
            let floats: Vec<Float> = (0..n)
                .map(|i| match rng.below(3) {
                    0 => Float(f64::from_bits(f64::NAN.to_bits() | (i + 1))),
                    _ => Float(rng.below(1_000_000) as f64),
                })
                .collect();
            assert_close_now_returns_what_pop_does(&floats, |Float(float)| float.to_bits());
        }
    });
}

#[test]
fn close_now_accepts_an_ord_that_returns_the_same_for_all_items() {
    within(LIMIT, || {
        for n in (0..40).chain([1_000]) {
            let less: Vec<_> = (0..n).map(Constant::<-1>).collect();
            assert_close_now_returns_what_pop_does(&less, |Constant(id)| id as u64);
            let equal: Vec<_> = (0..n).map(Constant::<0>).collect();
            assert_close_now_returns_what_pop_does(&equal, |Constant(id)| id as u64);
            let greater: Vec<_> = (0..n).map(Constant::<1>).collect();
            assert_close_now_returns_what_pop_does(&greater, |Constant(id)| id as u64);
        }
    });
}

#[test]
fn close_now_returns_equal_items_in_the_order_of_pop() {
    within(LIMIT, || {
        let mut rng = Rng::seeded();
        for n in 0..60 {
            let items: Vec<ByKey> = (0..n)
                .map(|id| ByKey {
                    key: rng.below(5),
                    id,
                })
                .collect();
            assert_close_now_returns_what_pop_does(&items, |item| item.id as u64);
        }
    });
}

/// An item that is ordered by its key alone.
#[derive(Clone, Copy, Debug)]
struct ByKey {
    key: usize,
    id: usize,
}

impl PartialEq for ByKey {
    fn eq(&self, other: &ByKey) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for ByKey {}

impl PartialOrd for ByKey {
    fn partial_cmp(&self, other: &ByKey) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ByKey {
    fn cmp(&self, other: &ByKey) -> Ordering {
        self.key.cmp(&other.key)
    }
}

thread_local! {
    /// Whether comparisons of [`ThreadSensitive`] items on this thread panic.
    static COMPARISONS_PANIC: Cell<bool> = const { Cell::new(false) };
}

/// An item whose comparisons panic on some threads.
#[derive(Debug, PartialEq, Eq)]
struct ThreadSensitive(Tracked);

impl PartialOrd for ThreadSensitive {
    fn partial_cmp(&self, other: &ThreadSensitive) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ThreadSensitive {
    fn cmp(&self, other: &ThreadSensitive) -> Ordering {
        assert!(!COMPARISONS_PANIC.get(), "a planned panic in a comparison");
        self.0.cmp(&other.0)
    }
}

/// Runs `f` while all comparisons on this thread panic.
fn with_panicking_comparisons<R>(f: impl FnOnce() -> R) -> Result<R, String> {
    COMPARISONS_PANIC.set(true);
    let outcome = caught(f);
    COMPARISONS_PANIC.set(false);
    outcome
}

#[test]
fn a_push_whose_comparison_panics_wakes_the_next_pusher() {
    within(LIMIT, || {
        let ledger = Ledger::for_ids(5);
        let item = |id| ThreadSensitive(ledger.value(id));
        let queue = PriorityQueue::bounded(3);
        for id in [2, 3, 4] {
            assert!(queue.push(item(id)).is_ok());
        }
        thread::scope(|scope| {
            let (queue, item) = (&queue, &item);
            scope.spawn(move || with_panicking_comparisons(|| queue.push(item(0)).is_ok()));
            until(|| queue.waiters() == 1);
            scope.spawn(move || assert!(queue.push(item(1)).is_ok()));
            until(|| queue.waiters() == 2);
            assert!(queue.pop().is_ok());
            // Either the push that panicked has pushed its item, or the second push has succeeded.
            until(|| queue.is_full());
            if queue.waiters() == 1 {
                assert!(queue.pop().is_ok());
            }
            until(|| queue.waiters() == 0);
        });
        drop(queue);
        ledger.assert_each_dropped_once();
    });
}

#[test]
fn a_push_whose_comparison_panics_wakes_a_popper_if_its_item_is_in_the_queue() {
    within(LIMIT, || {
        for _ in 0..200 {
            let ledger = Ledger::for_ids(2);
            let item = |id| ThreadSensitive(ledger.value(id));
            let queue = PriorityQueue::unbounded();
            thread::scope(|scope| {
                let poppers = [(); 2].map(|()| scope.spawn(|| queue.pop()));
                until(|| queue.waiters() == 2);
                assert!(queue.push(item(1)).is_ok());
                let outcome = with_panicking_comparisons(|| queue.push(item(0)).is_ok());
                if ledger.drops()[0] == 1 {
                    assert!(outcome.is_err());
                    queue.close();
                }
                let popped = poppers.map(|popper| popper.join().expect("a popper"));
                assert_eq!(
                    popped.iter().filter(|item| item.is_err()).count(),
                    ledger.drops()[0]
                );
            });
            drop(queue);
            ledger.assert_each_dropped_once();
        }
    });
}

#[test]
fn a_pop_whose_comparison_panics_passes_its_wakeup_on() {
    // There are four poppers and three items. If the first popper panics, the other three must be
    // woken.
    within(LIMIT, || {
        for _ in 0..100 {
            let ledger = Ledger::for_ids(3);
            let queue = PriorityQueue::unbounded();
            thread::scope(|scope| {
                let queue = &queue;
                let first =
                    scope.spawn(move || with_panicking_comparisons(|| queue.pop()).is_err());
                until(|| queue.waiters() == 1);
                let others = [(); 3].map(|()| scope.spawn(|| queue.pop().is_ok()));
                until(|| queue.waiters() == 4);
                for id in 0..3 {
                    assert!(queue.push(ThreadSensitive(ledger.value(id))).is_ok());
                }
                let panicked = first.join().expect("a caught panic");
                until(|| queue.waiters() == usize::from(!panicked));
                queue.close();
                let served = others
                    .map(|other| other.join().expect("a popper"))
                    .iter()
                    .filter(|ok| **ok)
                    .count();
                assert_eq!(served, if panicked { 3 } else { 2 });
            });
            drop(queue);
            ledger.assert_each_dropped_once();
        }
    });
}

#[test]
fn a_close_now_whose_comparison_panics_leaves_no_pusher_waiting() {
    within(LIMIT, || {
        let ledger = Ledger::for_ids(5);
        let item = |id| ThreadSensitive(ledger.value(id));
        let queue = PriorityQueue::bounded(3);
        for id in 0..3 {
            assert!(queue.push(item(id)).is_ok());
        }
        thread::scope(|scope| {
            let pusher = scope.spawn(|| queue.push(item(3)).is_ok());
            until(|| queue.waiters() == 1);
            let remaining = with_panicking_comparisons(|| queue.close_now());
            let left_open = matches!(queue.try_push(item(4)), Err(TryPushError::Full(_)));
            if remaining.is_err() && left_open {
                assert!(queue.pop().is_ok());
            }
            until(|| pusher.is_finished());
            assert_eq!(pusher.join().expect("the pusher"), left_open);
        });
        drop(queue);
        ledger.assert_each_dropped_once();
    });
}

#[test]
fn comparisons_that_panic_at_random_lose_no_item_and_hang_no_thread() {
    const PRODUCERS: usize = 3;
    const ITEMS_EACH: usize = 200;
    const ITEMS: usize = PRODUCERS * ITEMS_EACH;
    within(LIMIT, || {
        let mut rng = Rng::seeded();
        for capacity in [2, 5, 40] {
            let (ledger, fuse) = (Ledger::for_ids(ITEMS), Fuse::default());
            let queue = PriorityQueue::bounded(capacity);
            let delivered: Vec<AtomicUsize> = (0..ITEMS).map(|_| AtomicUsize::new(0)).collect();
            let accepted: Vec<AtomicBool> = (0..ITEMS).map(|_| AtomicBool::new(false)).collect();
            let order = shuffled(ITEMS, &mut rng);
            thread::scope(|scope| {
                let (queue, ledger, fuse, accepted) = (&queue, &ledger, &fuse, &accepted);
                let producers: Vec<_> = order
                    .chunks(ITEMS_EACH)
                    .map(|ids| {
                        let mut rng = rng.fork();
                        scope.spawn(move || {
                            for id in ids {
                                if rng.one_in(4) {
                                    fuse.set(1 + rng.below(8));
                                }
                                let item = Fused {
                                    item: ledger.value(*id),
                                    fuse: fuse.clone(),
                                };
                                let outcome =
                                    caught(|| queue.push(item).map_err(|PushError(_)| "closed"));
                                accepted[*id].store(outcome == Ok(Ok(())), Relaxed);
                            }
                        })
                    })
                    .collect();
                for _ in 0..2 {
                    scope.spawn(|| {
                        loop {
                            match caught(|| queue.pop()) {
                                Ok(Ok(fused)) => {
                                    delivered[fused.item.id].fetch_add(1, Relaxed);
                                    queue.task_done().expect("the popped item is not done yet");
                                }
                                Ok(Err(Closed)) => return,
                                Err(_) => {}
                            }
                        }
                    });
                }
                producers
                    .into_iter()
                    .for_each(|producer| producer.join().expect("a producer"));
                fuse.clear();
                queue.close();
            });
            for (id, (delivered, accepted)) in delivered.iter().zip(&accepted).enumerate() {
                let (delivered, accepted) = (delivered.load(Relaxed), accepted.load(Relaxed));
                assert!(delivered <= 1, "item {id} was popped {delivered} times");
                assert!(delivered == 1 || !accepted, "item {id} was lost");
            }
            assert!(
                queue.join_for(Duration::ZERO),
                "join must return after all popped items were marked done"
            );
            assert!(queue.task_done().is_err());
            drop(queue);
            ledger.assert_each_dropped_once();
        }
    });
}

#[test]
fn debug_does_not_wait_for_a_slow_comparison() {
    static COMPARING: AtomicBool = AtomicBool::new(false);
    static GO_ON: AtomicBool = AtomicBool::new(false);
    #[derive(Debug, PartialEq, Eq)]
    struct Slow(u8);
    impl PartialOrd for Slow {
        fn partial_cmp(&self, other: &Slow) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }
    impl Ord for Slow {
        fn cmp(&self, other: &Slow) -> Ordering {
            COMPARING.store(true, Relaxed);
            until(|| GO_ON.load(Relaxed));
            self.0.cmp(&other.0)
        }
    }
    within(LIMIT, || {
        let queue = PriorityQueue::unbounded();
        assert!(queue.push(Slow(1)).is_ok());
        thread::scope(|scope| {
            let pusher = scope.spawn(|| queue.push(Slow(2)).is_ok());
            until(|| COMPARING.load(Relaxed));
            let text = format!("{queue:?}");
            assert!(
                !pusher.is_finished(),
                "formatting waited for the comparison"
            );
            GO_ON.store(true, Relaxed);
            assert!(text.starts_with(NAME));
            assert!(pusher.join().expect("the pusher"));
        });
    });
}

//! `Queue`: the tests of all queues, and the order first in, first out.

mod common;
#[path = "common/queue_family.rs"]
mod family;

use std::thread;

use common::{LIMIT, until, within};
use sync_primitives::Queue;
use sync_primitives::Queue as Subject;

const NAME: &str = "Queue";

#[test]
fn pop_returns_the_first_pushed_item_first() {
    within(LIMIT, || {
        let queue = Queue::unbounded();
        for item in [3, 1, 2] {
            assert_eq!(queue.push(item), Ok(()));
        }
        assert_eq!(queue.pop(), Ok(3));
        assert_eq!(queue.push(0), Ok(()));
        assert_eq!(queue.try_iter().collect::<Vec<_>>(), [1, 2, 0]);
    });
}

#[test]
fn a_bounded_queue_keeps_the_order_when_it_reuses_its_slots() {
    within(LIMIT, || {
        let queue = Queue::bounded(3);
        assert_eq!((queue.push(0), queue.push(1)), (Ok(()), Ok(())));
        for item in 2..50 {
            assert_eq!(queue.push(item), Ok(()));
            assert_eq!(queue.pop(), Ok(item - 2));
        }
    });
}

#[test]
fn every_way_to_pop_keeps_the_order() {
    within(LIMIT, || {
        let queue = Queue::unbounded();
        for item in 1..=8 {
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
fn the_items_of_each_producer_keep_their_order() {
    const ITEMS: usize = 1_000;
    within(LIMIT, || {
        let queue = Queue::bounded(2);
        thread::scope(|scope| {
            let queue = &queue;
            for producer in 0..3 {
                scope.spawn(move || {
                    (0..ITEMS).for_each(|item| assert_eq!(queue.push((producer, item)), Ok(())))
                });
            }
            let mut next = [0; 3];
            for (producer, item) in queue.iter().take(3 * ITEMS) {
                assert_eq!(
                    item, next[producer],
                    "the items of producer {producer} are not in order"
                );
                next[producer] += 1;
            }
            assert_eq!(next, [ITEMS; 3]);
        });
    });
}

#[test]
fn the_item_of_a_pusher_that_waited_is_popped_last() {
    within(LIMIT, || {
        let queue = Queue::bounded(2);
        assert_eq!((queue.push(1), queue.push(2)), (Ok(()), Ok(())));
        thread::scope(|scope| {
            scope.spawn(|| assert_eq!(queue.push(3), Ok(())));
            until(|| queue.waiters() == 1);
            assert_eq!(queue.pop(), Ok(1));
        });
        assert_eq!((queue.pop(), queue.pop()), (Ok(2), Ok(3)));
    });
}

//! `LifoQueue`: the tests of all queues, and the order last in, first out.

mod common;
#[path = "common/queue_family.rs"]
mod family;

use std::thread;

use common::{LIMIT, until, within};
use sync_primitives::LifoQueue;
use sync_primitives::LifoQueue as Subject;

const NAME: &str = "LifoQueue";

#[test]
fn pop_returns_the_last_pushed_item_first() {
    within(LIMIT, || {
        let queue = LifoQueue::unbounded();
        for item in [3, 1, 2] {
            assert_eq!(queue.push(item), Ok(()));
        }
        assert_eq!(queue.pop(), Ok(2));
        assert_eq!(queue.push(0), Ok(()));
        assert_eq!(queue.try_iter().collect::<Vec<_>>(), [0, 1, 3]);
    });
}

#[test]
fn every_way_to_pop_keeps_the_order() {
    within(LIMIT, || {
        let queue = LifoQueue::unbounded();
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
        assert_eq!(items, [8, 7, 6, 5, 4, 3, 2, 1]);
    });
}

#[test]
fn the_item_of_a_pusher_that_waited_is_popped_next() {
    within(LIMIT, || {
        let queue = LifoQueue::bounded(2);
        assert_eq!((queue.push(1), queue.push(2)), (Ok(()), Ok(())));
        thread::scope(|scope| {
            let pusher = scope.spawn(|| queue.push(3));
            until(|| queue.waiters() == 1);
            assert_eq!(queue.pop(), Ok(2));
            assert_eq!(pusher.join().expect("the pusher"), Ok(()));
        });
        assert_eq!((queue.pop(), queue.pop()), (Ok(3), Ok(1)));
    });
}

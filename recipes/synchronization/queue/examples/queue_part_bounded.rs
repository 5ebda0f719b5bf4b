//! One producer and two consumers share a bounded queue. The producer waits while it is full, and
//! the consumers end when it is closed and empty.
//!
//! ```text
//! cargo run -p queue --example queue_part_bounded
//! ```

use std::thread;
use sync_primitives::Queue;

const CAPACITY: usize = 10;

fn main() {
    let queue = Queue::bounded(CAPACITY);
    let sum = thread::scope(|scope| {
        scope.spawn(|| produce(&queue));
        let first = scope.spawn(|| consume(&queue));
        let second = scope.spawn(|| consume(&queue));
        first.join().unwrap() + second.join().unwrap()
    });
    println!("the sum is {sum}");
}

fn produce(queue: &Queue<u32>) {
    let _close = queue.close_on_drop(); // Closes the queue at the end, even after a panic.
    for number in 1..=100 {
        queue.push(number).expect("the queue is open");
    }
}

fn consume(queue: &Queue<u32>) -> u32 {
    let mut sum = 0;
    for number in queue {
        sum += number;
    }
    sum
}

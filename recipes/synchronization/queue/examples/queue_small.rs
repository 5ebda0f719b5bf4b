//! Two workers count down from 3 to 1. A worker that pops a number above 1 pushes the next
//! smaller one.

use std::thread;
use sync_primitives::Queue;

fn main() {
    let queue = Queue::unbounded();
    queue.push(3).unwrap();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| work(&queue));
        }
        queue.join(); // Waits until no item is left and none is being worked on.
        queue.close(); // Ends both workers.
    });
    println!("done");
}

fn work(queue: &Queue<u32>) {
    for number in queue.tasks() {
        println!("{}", *number);
        if *number > 1 {
            queue.push(*number - 1).unwrap();
        }
    }
}

// error: E0277
//! Shares a queue of `Rc` between two threads. An `Rc` counts its owners without synchronization,
//! so after one thread has popped it, two threads could change the count at the same time: a data
//! race. Push an `Arc`, or the value itself.

use std::rc::Rc;
use std::thread;
use sync_primitives::Queue;

fn main() {
    let names = Queue::unbounded();
    names.push(Rc::new("hex bolt")).expect("the queue is open");
    thread::scope(|scope| {
        scope.spawn(|| println!("{:?}", names.pop())); // refused
    });
}

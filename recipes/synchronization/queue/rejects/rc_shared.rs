// error: E0277
//! Shares a queue of `Rc` between two threads. An item that one thread pushes and another pops has moved over, while
//! clones of the `Rc` stay behind and count owners at the same time as it does. Queue an `Arc`, or the value itself.

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

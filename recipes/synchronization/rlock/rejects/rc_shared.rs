// error: E0277
//! Shares an `RLock` with an `Rc` inside between two threads. A thread could clone the `Rc` and use
//! the clone after it has released the lock. Both threads would then change the same reference
//! count without a lock, which is a data race. Put an `Arc` into the lock. A `Cell` or a `RefCell`
//! is fine.

use std::rc::Rc;
use std::thread;
use sync_primitives::RLock;

fn main() {
    let name = RLock::new(Rc::new("hex bolt"));
    thread::scope(|scope| {
        scope.spawn(|| println!("{}", *name.lock())); // refused
    });
    println!("{}", *name.lock());
}

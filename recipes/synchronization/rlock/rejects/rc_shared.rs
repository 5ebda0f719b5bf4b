// error: E0277
//! Shares an `RLock` with an `Rc` inside between two threads. A clone carried out of the lock counts owners with no
//! lock held, and a plain counter loses counts. Put an `Arc` into the lock; a `Cell` or a `RefCell` is fine as it is.

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

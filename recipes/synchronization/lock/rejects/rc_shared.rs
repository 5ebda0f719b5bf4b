// error: E0277
//! Shares a lock with an `Rc` inside between two threads. The lock lets one thread at a time reach the `Rc`, but a
//! clone carried out of it counts owners with no lock held, and a plain counter loses counts. Put an `Arc` into the
//! lock.

use std::rc::Rc;
use std::thread;
use sync_primitives::Lock;

fn main() {
    let name = Lock::new(Rc::new("hex bolt"));
    thread::scope(|scope| {
        scope.spawn(|| println!("{}", name.lock())); // refused
    });
    println!("{}", name.lock());
}

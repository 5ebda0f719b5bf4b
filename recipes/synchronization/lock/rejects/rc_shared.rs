// error: E0277
//! Shares a lock with an `Rc` inside between two threads. A thread could clone the `Rc` and use the
//! clone after it has released the lock. Both threads would then change the same reference count
//! without a lock, which is a data race. Put an `Arc` into the lock.

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

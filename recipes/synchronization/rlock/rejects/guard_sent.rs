// error: E0277
//! Sends the guard of an `RLock` to another thread. The lock belongs to the thread that took it, level by level:
//! another one that drops the guard would give back a level it does not have. Send a reference to the lock, and lock
//! over there.

use std::thread;
use sync_primitives::RLock;

fn main() {
    let counter = RLock::new(1);
    let guard = counter.lock();
    thread::scope(|scope| {
        scope.spawn(move || println!("{}", *guard)); // refused
    });
}

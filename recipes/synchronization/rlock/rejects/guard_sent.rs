// error: E0277
//! Sends the guard of an `RLock` to another thread. The levels of the lock belong to the thread
//! that took them, so another thread cannot give one back by dropping the guard. Send a reference
//! to the lock instead, and lock in the other thread.

use std::thread;
use sync_primitives::RLock;

fn main() {
    let counter = RLock::new(1);
    let guard = counter.lock();
    thread::scope(|scope| {
        scope.spawn(move || println!("{}", *guard)); // refused
    });
}

// error: E0277
//! Sends the guard of a lock to another thread. The thread that locks must be the one that unlocks:
//! a guard that could change threads could also be held across an `.await`, by a task that nobody
//! runs. Send a reference to the lock instead, and lock in the other thread.

use std::thread;
use sync_primitives::Lock;

fn main() {
    let counter = Lock::new(1);
    let mut guard = counter.lock();
    thread::scope(|scope| {
        scope.spawn(move || *guard += 1); // refused
    });
}

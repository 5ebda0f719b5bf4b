// error: E0277
//! Sends the guard of a lock to another thread. The thread that locks is the one that unlocks: a guard that could
//! travel could slip across an `.await` and be held by a task that nobody runs. Send a reference to the lock, and lock
//! over there.

use std::thread;
use sync_primitives::Lock;

fn main() {
    let counter = Lock::new(1);
    let mut guard = counter.lock();
    thread::scope(|scope| {
        scope.spawn(move || *guard += 1); // refused
    });
}

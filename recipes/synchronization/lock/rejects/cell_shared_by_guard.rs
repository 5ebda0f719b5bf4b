// error: E0277
//! Lends the value of a guard to another thread while the owner goes on using it. Both threads
//! would reach the `Cell` while the lock is held once, so both could set it at the same time. A
//! guard is therefore `Sync` only if its value is. Let each thread take the lock itself.

use std::{cell::Cell, thread};
use sync_primitives::Lock;

fn main() {
    let counter = Lock::new(Cell::new(1));
    let guard = counter.lock();
    thread::scope(|scope| {
        scope.spawn(|| guard.set(2)); // refused
        guard.set(3);
    });
}

// error: E0277
//! Lends one guard's value to another thread while the owner goes on using it. Both would reach the `Cell` under the
//! same locking, so both could set it at once: a guard is `Sync` only if its value is. Let each thread lock for itself.

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

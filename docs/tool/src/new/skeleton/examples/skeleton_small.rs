//! Two threads add to one total, one thread at a time.

use std::thread;
use sync_primitives::Lock;

fn main() {
    let total = Lock::new(0);
    thread::scope(|scope| {
        scope.spawn(|| *total.lock() += 20); // Waits if the other thread is adding.
        scope.spawn(|| *total.lock() += 22);
    });
    println!("total: {}", total.into_inner());
}

// error: E0499
//! Adds to one number from two threads without a lock. In Python this runs, and an addition may be
//! lost. Put the number into a `Lock`, so that each thread borrows the lock instead.

use std::thread;

fn main() {
    let mut total = 0;
    thread::scope(|scope| {
        scope.spawn(|| total += 20);
        scope.spawn(|| total += 22); // refused
    });
    println!("{total}");
}

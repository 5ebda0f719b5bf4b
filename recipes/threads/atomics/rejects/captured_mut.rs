// error: E0499
//! Two threads add to one variable. Each closure borrows it as mutable, and only one closure may do
//! so at a time. Make it an `AtomicU64`, which can be changed through `&`.

use std::thread;

fn main() {
    let mut errors = 0;
    thread::scope(|scope| {
        scope.spawn(|| errors += 1);
        scope.spawn(|| errors += 1); // refused
    });
    println!("{errors}");
}

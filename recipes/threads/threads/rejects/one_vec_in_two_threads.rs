// error: E0499
//! Lets two threads push onto one `Vec`. Each needs the `Vec` for itself while it pushes. Return
//! the result from the closure and get it from `join`, give each thread a place of its own, or put
//! the `Vec` into a lock.

use std::thread;

fn main() {
    let mut report = Vec::new();
    thread::scope(|scope| {
        scope.spawn(|| report.push("EWR: 11 knots"));
        scope.spawn(|| report.push("JFK: 14 knots")); // refused
    });
    println!("{report:?}");
}

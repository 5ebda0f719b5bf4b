// error: E0499
//! Takes each half of a list by its indices. The compiler does not compare indices, so for all it
//! knows, both threads would change the same elements. `split_at_mut` returns two slices that do
//! not overlap.

use std::thread;

fn main() {
    let mut cities = ["Oslo", "Lima", "Cairo", "Quito"];
    thread::scope(|scope| {
        scope.spawn(|| cities[..2].sort());
        scope.spawn(|| cities[2..].sort()); // refused
    });
    println!("{cities:?}");
}

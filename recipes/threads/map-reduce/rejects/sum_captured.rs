// error: E0594
//! Adds to a variable outside of the closure. Several threads call the closure at the same time, so
//! it may only read what it captures: two threads that add at once could lose an update. Call `sum`
//! instead.

use std::thread;

fn main() {
    let mut bytes = 0;
    for_each(&[26185, 7697, 2892], |size| {
        bytes += size; // refused
    });
    println!("{bytes}");
}

/// Takes the same kind of closure as rayon's `par_iter().for_each`.
fn for_each(sizes: &[u64], operation: impl Fn(u64) + Sync) {
    thread::scope(|scope| {
        for size in sizes {
            scope.spawn(|| operation(*size));
        }
    });
}

// error: E0277
//! Adds to a `Cell`, which can be changed through `&`. A `Cell` does not protect its value from
//! other threads, so it is not `Sync`, and the closure that borrows it cannot be shared between
//! threads. Call `sum` instead.

use std::cell::Cell;
use std::thread;

fn main() {
    let bytes = Cell::new(0);
    let add = |size: u64| bytes.set(bytes.get() + size);
    for_each(&[26185, 7697, 2892], add); // refused
    println!("{}", bytes.get());
}

/// Takes the same kind of closure as rayon's `par_iter().for_each`.
fn for_each(sizes: &[u64], operation: impl Fn(u64) + Sync) {
    thread::scope(|scope| {
        for size in sizes {
            scope.spawn(|| operation(*size));
        }
    });
}

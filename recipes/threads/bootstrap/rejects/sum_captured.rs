// error: E0594
//! Adds to a variable outside of the closure. Several threads call the closure at the same time, so
//! it may only read what it captures: two threads that add at once would lose an update. Give each
//! chunk a part of the result, as `par_chunks_mut` does, or let `sum` add up what chunks return.

use std::thread;

fn main() {
    let mut sum = 0;
    for_each_chunk(4, |chunk| {
        sum += 100 * chunk; // refused
    });
    println!("{sum}");
}

/// Asks the same of the operation as rayon's `into_par_iter().for_each` does.
fn for_each_chunk(chunks: u64, operation: impl Fn(u64) + Sync) {
    let operation = &operation;
    thread::scope(|scope| {
        for chunk in 0..chunks {
            scope.spawn(move || operation(chunk));
        }
    });
}

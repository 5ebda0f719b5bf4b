//! Add numbers in two threads that share one total behind a `Lock`.
//!
//! Each thread takes one half of the numbers and adds them to the same [`Total`]. The lock lets
//! one thread at a time change the total. Without it, two threads could read the same sum, and
//! one of the two additions would be lost.
//!
//! Replace this job with your own. Then say here what the program does, what its threads share, and
//! what would go wrong without the tool.
//!
//! ```text
//! cargo run -p skeleton               # the numbers in input/numbers.txt
//! cargo run -p skeleton -- mine.txt   # your own numbers; src/cli.rs describes the format
//! ```
//!
//! Prints how many numbers there are, and their sum. Both are the same on every run.

mod cli;

use std::thread;

use sync_primitives::Lock;

// ANCHOR: total
/// What the threads share.
#[derive(Default)]
struct Total {
    count: usize,
    sum: u64,
}

/// Adds the numbers to the total, one at a time.
fn add_all(numbers: &[u32], total: &Lock<Total>) {
    for number in numbers {
        let mut total = total.lock();
        total.count += 1;
        total.sum += u64::from(*number);
    } // The guard is dropped here, so the other thread can add its next number.
}
// ANCHOR_END: total

// ANCHOR: main
fn main() {
    let numbers = cli::load_or_exit();
    let (first_half, second_half) = numbers.split_at(numbers.len() / 2);
    let total = Lock::new(Total::default());

    thread::scope(|scope| {
        scope.spawn(|| add_all(first_half, &total));
        scope.spawn(|| add_all(second_half, &total));
    });

    let total = total.into_inner();
    assert_eq!(total.count, numbers.len(), "an addition was lost");
    cli::print_total(total.count, total.sum);
}
// ANCHOR_END: main

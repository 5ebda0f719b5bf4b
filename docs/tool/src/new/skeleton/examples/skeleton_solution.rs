//! Each thread adds up its half on its own and locks the total once.
//!
//! ```text
//! cargo run -p skeleton --example skeleton_solution
//! ```
//!
//! A thread that adds to a variable of its own needs no lock, so the threads no longer wait for
//! each other at every number.

#[path = "../src/cli.rs"]
mod cli;

use std::thread;

use sync_primitives::Lock;

#[derive(Default)]
struct Total {
    count: usize,
    sum: u64,
}

fn add_all(numbers: &[u32], total: &Lock<Total>) {
    let mut sum = 0;
    for number in numbers {
        sum += u64::from(*number);
    }

    let mut total = total.lock();
    total.count += numbers.len();
    total.sum += sum;
}

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

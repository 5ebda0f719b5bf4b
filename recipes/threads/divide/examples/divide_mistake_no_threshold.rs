//! Cuts a list until one number is left, and makes a task at each cut. The tasks cost more than the
//! additions, and the program is slower than a loop.
//!
//! ```text
//! cargo run -p divide --example divide_mistake_no_threshold
//! ```
//!
//! `add(…, 1, …)` is wrong: it makes as many tasks as it has additions to do, and a task costs as
//! much as many additions. `add(…, 512, …)` is right: it adds a short list on one thread. The sums
//! are right in the end, so the exit status is 0. But nearly all the time goes into the tasks.

use std::sync::atomic::{AtomicUsize, Ordering};

const NUMBERS: u64 = 4096;

fn main() {
    let numbers: Vec<u64> = (1..=NUMBERS).collect();

    let tasks = AtomicUsize::new(0);
    let sum = add(&numbers, 1, &tasks); // Wrong: cuts down to a single number.
    let without = tasks.into_inner();
    println!("no threshold: {NUMBERS} numbers, sum {sum}, {without} tasks");

    let tasks = AtomicUsize::new(0);
    let sum = add(&numbers, 512, &tasks);
    let with = tasks.into_inner();
    println!("threshold of 512: {NUMBERS} numbers, sum {sum}, {with} tasks");

    if without > with {
        eprintln!("overhead: there is a task for each addition");
        eprintln!("stop cutting when a part takes many times as long as a task costs");
    }
}

fn add(numbers: &[u64], threshold: usize, tasks: &AtomicUsize) -> u64 {
    if numbers.len() <= threshold {
        return numbers.iter().sum();
    }
    let (left, right) = numbers.split_at(numbers.len() / 2);
    // `join` makes a task of the second half, which another thread may take.
    tasks.fetch_add(1, Ordering::Relaxed);
    let (left, right) = rayon::join(
        || add(left, threshold, tasks),
        || add(right, threshold, tasks),
    );
    left + right
}

//! Cuts until one element is left, and makes a task of each half. The tasks cost more than the
//! sorting, and the program is slower than a loop.
//!
//! ```text
//! cargo run -p divide --example divide_mistake_no_threshold
//! ```
//!
//! `sort(…, 1, …)` is wrong: nearly half of its tasks get a single element, and the last cuts make
//! as many tasks as there are elements. `sort(…, 512, …)` is right: it stops cutting when a part is
//! small, and sorts the part on one thread. The lists are sorted in the end, so the exit status
//! is 0. But nearly all the time goes into the tasks.

use std::sync::atomic::{AtomicUsize, Ordering};

const ELEMENTS: usize = 4096;

fn main() {
    let without = count_tasks(1);
    println!("no threshold: {without} tasks for {ELEMENTS} elements");
    let with = count_tasks(512);
    println!("threshold of 512: {with} tasks for {ELEMENTS} elements");

    if without > with {
        eprintln!("overhead: {without} tasks, most of them for fewer than three elements");
        eprintln!("stop cutting at a size that takes many times as long as a task costs");
    }
}

/// Sorts a list, and returns how many tasks that took.
fn count_tasks(threshold: usize) -> usize {
    let mut numbers: Vec<usize> = (0..ELEMENTS).rev().collect();
    let tasks = AtomicUsize::new(0);
    sort(&mut numbers, threshold, &tasks);
    assert!(numbers.is_sorted());
    tasks.into_inner()
}

fn sort(numbers: &mut [usize], threshold: usize, tasks: &AtomicUsize) {
    if numbers.len() > threshold {
        let (left, right) = numbers.split_at_mut(numbers.len() / 2);
        // `join` makes a task of the right half, which another thread may take.
        tasks.fetch_add(1, Ordering::Relaxed);
        rayon::join(
            || sort(left, threshold, tasks),
            || sort(right, threshold, tasks),
        );
    }
    numbers.sort(); // Finds two sorted halves, and merges them.
}

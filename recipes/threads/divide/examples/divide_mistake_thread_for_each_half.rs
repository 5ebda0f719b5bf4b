//! Starts a thread for each half, and each thread starts two more. A short list needs hundreds of
//! threads, and a long one more than the system has.
//!
//! ```text
//! cargo run -p divide --example divide_mistake_thread_for_each_half
//! ```
//!
//! `sort` is wrong: the number of its threads grows with the list. `sort_to_depth` is right: it
//! starts threads for the first cuts only, and keeps one half on the thread that cut. The lists are
//! sorted in the end, so the exit status is 0. But nearly all the time goes into starting threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

const ELEMENTS: usize = 256;

fn main() {
    let mut numbers: Vec<usize> = (0..ELEMENTS).rev().collect();
    let threads = AtomicUsize::new(0);
    sort(&mut numbers, &threads);
    assert!(numbers.is_sorted());
    let for_halves = threads.into_inner();
    println!("a thread for each half: {for_halves} threads for {ELEMENTS} elements");

    let mut numbers: Vec<usize> = (0..ELEMENTS).rev().collect();
    let threads = AtomicUsize::new(0);
    sort_to_depth(&mut numbers, 2, &threads);
    assert!(numbers.is_sorted());
    let to_depth = threads.into_inner();
    println!("threads for two levels of cuts: {to_depth} threads for {ELEMENTS} elements");

    if for_halves > to_depth {
        eprintln!("a million elements would need two million threads; no system has so many");
        eprintln!("stop starting threads when there is one for each processor, or use rayon::join");
    }
}

fn sort(numbers: &mut [usize], threads: &AtomicUsize) {
    if numbers.len() > 1 {
        let (left, right) = numbers.split_at_mut(numbers.len() / 2);
        threads.fetch_add(2, Ordering::Relaxed);
        thread::scope(|scope| {
            scope.spawn(|| sort(left, threads));
            scope.spawn(|| sort(right, threads)); // Wrong: two threads at every cut.
        });
    }
    numbers.sort(); // In a long list, it notices the two sorted halves and merges them.
}

fn sort_to_depth(numbers: &mut [usize], depth: usize, threads: &AtomicUsize) {
    if numbers.len() > 1 && depth > 0 {
        let (left, right) = numbers.split_at_mut(numbers.len() / 2);
        threads.fetch_add(1, Ordering::Relaxed);
        thread::scope(|scope| {
            scope.spawn(|| sort_to_depth(right, depth - 1, threads));
            sort_to_depth(left, depth - 1, threads);
        });
    }
    numbers.sort();
}

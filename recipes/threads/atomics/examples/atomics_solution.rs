//! The solution: the threads take requests from the log until none is left.
//!
//! ```text
//! cargo run -p atomics --example atomics_solution
//! ```
//!
//! The difference from the recipe: `next` is the index of the first request that no thread has
//! taken. `fetch_add` returns the number from before the addition, so no two threads get the same
//! one. A thread that is done early takes more of the log. A thread takes many requests at once, so
//! that `next` is seldom changed.

#[path = "../src/cli.rs"]
mod cli;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use cli::{Counts, STATUSES, Status};

const THREADS: usize = 4;

/// How many requests a thread takes at once.
const PIECE: usize = 256;

fn main() {
    let log = cli::load_or_exit();
    let ways = [cli::time("pieces taken by fetch_add", count, &log)];
    cli::print_or_exit(&log, &ways);
}

fn count(log: &[Status]) -> Counts {
    let next = AtomicUsize::new(0);
    let mut total = [0; STATUSES];
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for _ in 0..THREADS {
            threads.push(scope.spawn(|| count_until_empty(log, &next)));
        }
        for thread in threads {
            let counts = thread.join().expect("no thread should panic");
            for (sum, requests) in total.iter_mut().zip(counts) {
                *sum += requests;
            }
        }
    });
    total
}

fn count_until_empty(log: &[Status], next: &AtomicUsize) -> Counts {
    let mut counts = [0; STATUSES];
    loop {
        // Relaxed is enough: no two threads get the same number, and the log does not change.
        let start = next.fetch_add(PIECE, Ordering::Relaxed);
        if start >= log.len() {
            return counts;
        }
        let end = log.len().min(start + PIECE);
        for status in &log[start..end] {
            counts[*status] += 1;
        }
    }
}

//! Count the requests in a web server's log by status, with atomics, a lock and a count per thread.
//!
//! Four threads share the log. The program counts it in three ways. With *atomics*, all threads add
//! to the same numbers, and each addition is one step that no other thread can interrupt. With a
//! *lock*, a thread locks the table for each addition. With *own counts*, each thread fills a table
//! that no other thread sees, and the tables are added up when the threads have ended.
//!
//! ```text
//! cargo run -p atomics                              # the log in input/
//! cargo run -p atomics -- access.log access.log.1   # your own files
//! ```
//!
//! Checks that all three ways give the same result, and prints it. How long each of them took is
//! printed on standard error.

mod cli;

use std::slice::Chunks;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use cli::{Counts, STATUSES, Status};

const THREADS: usize = 4;

// ANCHOR: main
fn main() {
    let log = cli::load_or_exit();
    let ways = [
        cli::time("one fetch_add per request", count_with_atomics, &log),
        cli::time("one lock per request", count_with_lock, &log),
        cli::time("one table per thread", count_separately, &log),
    ];
    cli::print_or_exit(&log, &ways);
}
// ANCHOR_END: main

// ANCHOR: atomics
/// All threads add to the same numbers.
fn count_with_atomics(log: &[Status]) -> Counts {
    let counts = [const { AtomicU64::new(0) }; STATUSES];
    thread::scope(|scope| {
        for share in shares(log) {
            let counts = &counts;
            scope.spawn(move || {
                for status in share {
                    counts[*status].fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    // All threads have ended, so nobody else uses the numbers.
    counts.map(AtomicU64::into_inner)
}
// ANCHOR_END: atomics

// ANCHOR: lock
/// A thread locks the table for each request.
fn count_with_lock(log: &[Status]) -> Counts {
    let counts = Mutex::new([0; STATUSES]);
    thread::scope(|scope| {
        for share in shares(log) {
            let counts = &counts;
            scope.spawn(move || {
                for status in share {
                    let mut counts = counts.lock().expect("no thread panics");
                    counts[*status] += 1;
                }
            });
        }
    });
    counts.into_inner().expect("no thread panics")
}
// ANCHOR_END: lock

// ANCHOR: own
/// Each thread fills a table of its own.
fn count_separately(log: &[Status]) -> Counts {
    let mut total = [0; STATUSES];
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for share in shares(log) {
            threads.push(scope.spawn(move || count(share)));
        }
        for thread in threads {
            let counts = thread.join().expect("no thread panics");
            for (sum, requests) in total.iter_mut().zip(counts) {
                *sum += requests;
            }
        }
    });
    total
}

fn count(share: &[Status]) -> Counts {
    let mut counts = [0; STATUSES];
    for status in share {
        counts[*status] += 1;
    }
    counts
}
// ANCHOR_END: own

/// Divides the log among the threads.
fn shares(log: &[Status]) -> Chunks<'_, Status> {
    // A share must not be empty, even if the log is.
    let longest = log.len().div_ceil(THREADS).max(1);
    log.chunks(longest)
}

//! Count the requests in a web server's log by status: with atomics, a lock, or a table per thread.
//!
//! Each of four threads counts a part of the log, in three ways. With *atomics*, all threads add to
//! the same numbers, and each addition is one step, so no other thread can come in between. With a
//! *lock*, a thread locks the table for each addition. With *one table per thread*, each thread
//! fills a table that no other thread sees, and the tables are added up at the end.
//!
//! ```text
//! cargo run -p atomics                              # the log in input/
//! cargo run -p atomics -- access.log access.log.1   # your own files
//! ```
//!
//! Checks that all three ways give the same result, and prints it. Prints on standard error how
//! long each of them took.

mod cli;

use std::slice::Chunks;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

// `Counts` is an array with a number for each status. A `Status`, such as 404, is its index.
use cli::{Counts, STATUSES, Status};

const THREADS: usize = 4; // in your program, ask `available_parallelism`

// ANCHOR: main
fn main() {
    let log = cli::load_or_exit();
    let ways = [
        cli::time("one fetch_add per request", count_with_atomics, &log),
        cli::time("one lock per request", count_with_lock, &log),
        cli::time("one table per thread", count_with_tables, &log),
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
            let shared = &counts;
            scope.spawn(move || {
                for status in share {
                    // Relaxed is enough: no other memory depends on this number.
                    shared[*status].fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    // The threads have ended, and the end of the scope makes all their additions visible.
    counts.map(AtomicU64::into_inner)
}
// ANCHOR_END: atomics

// ANCHOR: lock
/// A thread locks the table for each request.
fn count_with_lock(log: &[Status]) -> Counts {
    let table = Mutex::new([0; STATUSES]);
    thread::scope(|scope| {
        for share in shares(log) {
            let shared = &table;
            scope.spawn(move || {
                for status in share {
                    let mut counts = shared.lock().expect("no thread should panic");
                    counts[*status] += 1;
                }
            });
        }
    });
    table.into_inner().expect("no thread should panic")
}
// ANCHOR_END: lock

// ANCHOR: tables
/// Each thread fills a table of its own.
fn count_with_tables(log: &[Status]) -> Counts {
    let mut total = [0; STATUSES];
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for share in shares(log) {
            threads.push(scope.spawn(move || count(share)));
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

fn count(share: &[Status]) -> Counts {
    let mut counts = [0; STATUSES];
    for status in share {
        counts[*status] += 1;
    }
    counts
}
// ANCHOR_END: tables

/// Divides the log into a share for each thread.
fn shares(log: &[Status]) -> Chunks<'_, Status> {
    // For an empty log the length would be 0, and `chunks` panics then.
    let share_len = log.len().div_ceil(THREADS).max(1);
    log.chunks(share_len)
}

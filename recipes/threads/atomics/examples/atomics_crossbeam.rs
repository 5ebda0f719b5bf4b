//! The same job with crossbeam's `CachePadded` and `AtomicCell`.
//!
//! ```text
//! cargo run -p atomics --example atomics_crossbeam
//! ```
//!
//! The difference from the recipe: each thread has a table of its own, but the tables are atomic, so
//! any thread may add them up at any time. `CachePadded` keeps two tables off the same cache line,
//! where their threads would slow each other down. An `AtomicCell` is an atomic for any type that
//! is `Copy`, and has no orderings to choose from. If the processor has no atomics of that size, it
//! takes a lock. Choose this program for counts that somebody reads while the threads run.

#[path = "../src/cli.rs"]
mod cli;

use std::slice::Chunks;
use std::thread;

use crossbeam::atomic::AtomicCell;
use crossbeam::utils::CachePadded;

use cli::{Counts, STATUSES, Status};

const THREADS: usize = 4;

/// The table of one thread.
type Own = CachePadded<[AtomicCell<u64>; STATUSES]>;

fn main() {
    let log = cli::load_or_exit();
    let ways = [cli::time("one padded table per thread", count, &log)];
    cli::print_or_exit(&log, &ways);
}

fn count(log: &[Status]) -> Counts {
    let tables: Vec<Own> = (0..THREADS).map(|_| new_table()).collect();
    thread::scope(|scope| {
        for (own, share) in tables.iter().zip(shares(log)) {
            scope.spawn(move || {
                for status in share {
                    own[*status].fetch_add(1);
                }
            });
        }
    });
    sum(&tables)
}

fn new_table() -> Own {
    CachePadded::new([const { AtomicCell::new(0) }; STATUSES])
}

/// Adds up the tables. The threads may still be counting: then this is how far they are.
fn sum(tables: &[Own]) -> Counts {
    let mut total = [0; STATUSES];
    for table in tables {
        for (sum, requests) in total.iter_mut().zip(table.iter()) {
            *sum += requests.load();
        }
    }
    total
}

/// Divides the log among the threads.
fn shares(log: &[Status]) -> Chunks<'_, Status> {
    // A share must not be empty, even if the log is.
    let longest = log.len().div_ceil(THREADS).max(1);
    log.chunks(longest)
}

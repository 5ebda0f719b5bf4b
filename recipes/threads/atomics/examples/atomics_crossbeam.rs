//! The same job with crossbeam's `CachePadded` and `AtomicCell`.
//!
//! ```text
//! cargo run -p atomics --example atomics_crossbeam
//! ```
//!
//! The difference from the recipe: each thread has a table of its own, but the numbers in it are
//! atomic, so any thread may add up the tables at any time. `CachePadded` makes sure that no two
//! tables share a cache line, because their threads would then slow each other down. An
//! `AtomicCell` holds a value of any type, but only `Copy` types can be loaded. It has no orderings
//! to choose from. If the processor has no atomics of that size, it takes a lock. Choose this
//! program if something has to read the counts while the threads run.

#[path = "../src/cli.rs"]
mod cli;

use std::slice::Chunks;
use std::thread;

use crossbeam::atomic::AtomicCell;
use crossbeam::utils::CachePadded;

use cli::{Counts, STATUSES, Status};

const THREADS: usize = 4;

/// The table of one thread.
type Table = CachePadded<[AtomicCell<u64>; STATUSES]>;

fn main() {
    let log = cli::load_or_exit();
    let ways = [cli::time("one padded table per thread", count, &log)];
    cli::print_or_exit(&log, &ways);
}

fn count(log: &[Status]) -> Counts {
    let tables: Vec<Table> = (0..THREADS).map(|_| new_table()).collect();
    thread::scope(|scope| {
        for (table, share) in tables.iter().zip(shares(log)) {
            scope.spawn(move || {
                for status in share {
                    table[*status].fetch_add(1);
                }
            });
        }
        // The threads are still counting. A server could show these counts.
        let counted: u64 = sum(&tables).iter().sum();
        assert!(counted <= log.len() as u64, "a request was counted twice");
    });
    sum(&tables)
}

fn new_table() -> Table {
    CachePadded::new([const { AtomicCell::new(0) }; STATUSES])
}

/// Adds up the tables. If the threads are still counting, this is how far they have come.
fn sum(tables: &[Table]) -> Counts {
    let mut total = [0; STATUSES];
    for table in tables {
        for (sum, requests) in total.iter_mut().zip(table.iter()) {
            *sum += requests.load();
        }
    }
    total
}

/// Divides the log into a share for each thread.
fn shares(log: &[Status]) -> Chunks<'_, Status> {
    // For an empty log the length would be 0, and `chunks` panics then.
    let share_len = log.len().div_ceil(THREADS).max(1);
    log.chunks(share_len)
}

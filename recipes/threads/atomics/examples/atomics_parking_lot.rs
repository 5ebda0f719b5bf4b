//! The same job with a `Mutex` of parking_lot.
//!
//! ```text
//! cargo run -p atomics --example atomics_parking_lot
//! ```
//!
//! The difference from the recipe: the lock of this `Mutex` takes only one byte beside the table. A
//! panic does not poison it, so `lock` returns the guard itself, not a `Result`. Choose it if an
//! update changes more than one number, such as a count and a sum that have to agree at every
//! moment.

#[path = "../src/cli.rs"]
mod cli;

use std::slice::Chunks;
use std::thread;

use parking_lot::Mutex;

use cli::{Counts, STATUSES, Status};

const THREADS: usize = 4;

fn main() {
    let log = cli::load_or_exit();
    let ways = [cli::time("one lock per request", count, &log)];
    cli::print_or_exit(&log, &ways);
}

fn count(log: &[Status]) -> Counts {
    let table = Mutex::new([0; STATUSES]);
    thread::scope(|scope| {
        for share in shares(log) {
            let shared = &table;
            scope.spawn(move || {
                for status in share {
                    let mut counts = shared.lock();
                    counts[*status] += 1;
                }
            });
        }
    });
    table.into_inner()
}

/// Divides the log into a share for each thread.
fn shares(log: &[Status]) -> Chunks<'_, Status> {
    // For an empty log the length would be 0, and `chunks` panics then.
    let share_len = log.len().div_ceil(THREADS).max(1);
    log.chunks(share_len)
}

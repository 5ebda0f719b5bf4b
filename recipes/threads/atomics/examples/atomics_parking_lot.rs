//! The same job with a `Mutex` of parking_lot.
//!
//! ```text
//! cargo run -p atomics --example atomics_parking_lot
//! ```
//!
//! The difference from the recipe: this `Mutex` takes one byte and is not poisoned by a panic, so
//! `lock` returns a guard and not a `Result`. Choose it if an update changes more than one number,
//! such as a count and a sum that have to agree at every moment.

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
    let counts = Mutex::new([0; STATUSES]);
    thread::scope(|scope| {
        for share in shares(log) {
            let counts = &counts;
            scope.spawn(move || {
                for status in share {
                    counts.lock()[*status] += 1;
                }
            });
        }
    });
    counts.into_inner()
}

/// Divides the log among the threads.
fn shares(log: &[Status]) -> Chunks<'_, Status> {
    // A share must not be empty, even if the log is.
    let longest = log.len().div_ceil(THREADS).max(1);
    log.chunks(longest)
}

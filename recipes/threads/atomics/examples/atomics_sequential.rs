//! The same job on one thread.
//!
//! ```text
//! cargo run -p atomics --example atomics_sequential
//! ```
//!
//! The difference from the recipe: one loop fills one table. Choose it if the log is small, or to
//! find out what the other programs gain.

#[path = "../src/cli.rs"]
mod cli;

use cli::{Counts, STATUSES, Status};

fn main() {
    let log = cli::load_or_exit();
    let ways = [cli::time("one thread", count, &log)];
    cli::print_or_exit(&log, &ways);
}

fn count(log: &[Status]) -> Counts {
    let mut counts = [0; STATUSES];
    for status in log {
        counts[*status] += 1;
    }
    counts
}

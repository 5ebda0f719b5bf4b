//! The same job with rayon.
//!
//! ```text
//! cargo run -p atomics --example atomics_rayon
//! ```
//!
//! The difference from the recipe: rayon divides the log among the threads of its pool. They fill a
//! table for each piece, and merge the tables two at a time. No table is shared. Choose it if the
//! input is in memory, and if nothing has to read the counts before the end.

#[path = "../src/cli.rs"]
mod cli;

use rayon::prelude::*;

use cli::{Counts, STATUSES, Status};

/// The number of requests in a piece. It is small, so that rayon can divide even the short log of
/// the recipe. If your log is long, choose larger pieces, because each piece has a table to merge.
const PIECE: usize = 512;

fn main() {
    let log = cli::load_or_exit();
    let ways = [cli::time("one table per piece", count, &log)];
    cli::print_or_exit(&log, &ways);
}

fn count(log: &[Status]) -> Counts {
    log.par_chunks(PIECE)
        .map(count_piece)
        .reduce(|| [0; STATUSES], merge)
}

fn count_piece(piece: &[Status]) -> Counts {
    let mut counts = [0; STATUSES];
    for status in piece {
        counts[*status] += 1;
    }
    counts
}

fn merge(mut left: Counts, right: Counts) -> Counts {
    for (sum, requests) in left.iter_mut().zip(right) {
        *sum += requests;
    }
    left
}

//! The same job with rayon, without a lock.
//!
//! ```text
//! cargo run -p lock --example lock_rayon
//! ```
//!
//! The difference from the recipe: the code has no lock, no threads and no shared table. rayon
//! counts the files in parallel, on as many threads as there are processors, and adds up
//! neighboring tables until one is left. Choose it first whenever the work is a loop over
//! independent parts. Reading a file blocks one of rayon's threads, which are meant for computing:
//! with slow files, processors would be idle.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::HashMap;

use rayon::prelude::*;

use cli::{TextFile, Unreadable};

/// How often each word occurs.
type Counts = HashMap<String, u64>;

fn main() {
    let files = cli::files_or_exit();
    let results = files.par_iter().map(count_words).collect();
    let tables = cli::all_or_exit(results);
    let table = tables.into_par_iter().reduce(Counts::new, merge);
    cli::print_commonest(files.len(), table);
}

fn count_words(file: &TextFile) -> Result<Counts, Unreadable> {
    let mut counts = Counts::new();
    for line in file.lines()? {
        for word in line?.split(|c: char| !c.is_ascii_alphabetic()) {
            if !word.is_empty() {
                *counts.entry(word.to_ascii_lowercase()).or_default() += 1;
            }
        }
    }
    Ok(counts)
}

/// Adds the smaller table to the larger one.
fn merge(left: Counts, right: Counts) -> Counts {
    let (mut larger, smaller) = if left.len() >= right.len() {
        (left, right)
    } else {
        (right, left)
    };
    for (word, count) in smaller {
        *larger.entry(word).or_default() += count;
    }
    larger
}

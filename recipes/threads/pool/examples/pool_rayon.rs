//! The same job on a thread pool of rayon.
//!
//! ```text
//! cargo run -p pool --example pool_rayon
//! ```
//!
//! The difference from the recipe: the pool is rayon's, and a parallel iterator makes the jobs.
//! `collect` puts the results in the order of the pictures. The jobs may borrow, because `install`
//! returns only when they are done. rayon would pass a panic on to the caller, so each job catches
//! its own. rayon does not begin the pictures in order, so if several are damaged, `--fail-fast`
//! may name a different one on each run. Choose it for jobs that compute and do not block.

#[path = "../src/cli.rs"]
mod cli;

use std::panic;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use indicatif::ProgressBar;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;

use cli::Outcome;

fn main() {
    let options = cli::options_or_exit();
    let pool = ThreadPoolBuilder::new()
        .num_threads(options.threads)
        .build()
        .unwrap_or_else(|error| cli::exit(&format!("cannot start a thread: {error}")));
    // Draws on standard error, but only if that is a terminal.
    let progress = ProgressBar::new(options.pictures.len() as u64);
    // The threads share no other data through this flag, so `Relaxed` is enough.
    let is_canceled = AtomicBool::new(false);

    let outcomes: Vec<Outcome> = pool.install(|| {
        options
            .pictures
            .par_iter()
            .with_max_len(1) // The pictures are few and expensive, so each is a job of its own.
            .filter_map(|picture| {
                if is_canceled.load(Relaxed) {
                    return None;
                }
                let result = panic::catch_unwind(|| cli::make_thumbnail(picture))
                    .unwrap_or_else(|payload| Err(cli::describe_panic(payload)));
                progress.inc(1);
                if result.is_err() && options.fail_fast {
                    is_canceled.store(true, Relaxed);
                }
                Some(Outcome { picture, result })
            })
            .collect()
    });
    progress.finish_and_clear();
    cli::finish_or_exit(&options, &outcomes);
}

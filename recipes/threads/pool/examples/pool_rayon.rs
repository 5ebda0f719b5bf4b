//! The same job on a thread pool of rayon.
//!
//! ```text
//! cargo run -p pool --example pool_rayon
//! ```
//!
//! The difference from the recipe: the pool is rayon's, and a parallel iterator makes the jobs.
//! `collect` puts the results in the order of the pictures. The jobs may borrow, because `install`
//! returns only when they are done. A panic would be passed on to the caller, so each job catches
//! its own. rayon does not begin the pictures in order, so if several are damaged, `--fail-fast`
//! may name another one on each run. Choose it for every job that computes and does not wait.

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
    // Draws on standard error, and only if that is a terminal.
    let progress = ProgressBar::new(options.pictures.len() as u64);
    // A flag that nothing else depends on, so it needs no stronger ordering.
    let is_canceled = AtomicBool::new(false);

    let outcomes: Vec<Outcome> = pool.install(|| {
        options
            .pictures
            .par_iter()
            .filter_map(|picture| {
                if is_canceled.load(Relaxed) {
                    return None;
                }
                let result = panic::catch_unwind(|| cli::make_thumbnail(picture))
                    .unwrap_or_else(cli::failure_of_panic);
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

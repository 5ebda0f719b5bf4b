//! The same job on one thread: one picture after the other.
//!
//! ```text
//! cargo run -p pool --example pool_sequential
//! ```
//!
//! The difference from the recipe: there is no task to join, so `main` itself catches a panic, and
//! there is no queue to cancel. Choose it as long as it is fast enough.

#[path = "../src/cli.rs"]
mod cli;

use std::panic;

use indicatif::ProgressBar;

use cli::Outcome;

fn main() {
    let options = cli::options_or_exit();
    eprintln!("one thread instead of {}", options.threads);
    // Draws on standard error, but only if that is a terminal.
    let progress = ProgressBar::new(options.pictures.len() as u64);

    let mut outcomes = Vec::new();
    for picture in &options.pictures {
        let result = panic::catch_unwind(|| cli::make_thumbnail(picture))
            .unwrap_or_else(|payload| Err(cli::describe_panic(payload)));
        progress.inc(1);
        let has_failed = result.is_err();
        outcomes.push(Outcome { picture, result });
        if has_failed && options.fail_fast {
            break;
        }
    }
    progress.finish_and_clear();
    cli::finish_or_exit(&options, &outcomes);
}

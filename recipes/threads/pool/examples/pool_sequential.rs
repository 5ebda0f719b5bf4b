//! The same job on one thread: one picture after the other.
//!
//! ```text
//! cargo run -p pool --example pool_sequential
//! ```
//!
//! The difference from the recipe: there is no `join` that would return a panic as an error, so
//! `catch_unwind` does it, and there is nothing to cancel. Choose it as long as you do not mind the
//! time.

#[path = "../src/cli.rs"]
mod cli;

use std::panic;

use indicatif::ProgressBar;

use cli::Outcome;

fn main() {
    let options = cli::options_or_exit();
    eprintln!("one thread instead of {}", options.threads);
    // Draws on standard error, and only if that is a terminal.
    let progress = ProgressBar::new(options.pictures.len() as u64);

    let mut outcomes = Vec::new();
    for picture in &options.pictures {
        let result = panic::catch_unwind(|| cli::make_thumbnail(picture))
            .unwrap_or_else(cli::failure_of_panic);
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

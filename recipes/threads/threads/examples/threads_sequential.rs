//! The same job without threads: one file after the other.
//!
//! ```text
//! cargo run -p threads --example threads_sequential
//! ```
//!
//! The difference from the recipe: there is no `join` that would return a panic as an error, so
//! `catch_unwind` does it. Choose it as long as the files are small: in a release build, the three
//! of the recipe take less than a millisecond.

#[path = "../src/cli.rs"]
mod cli;

use std::any::Any;
use std::panic::{self, PanicHookInfo};

use cli::{Outcome, StationFile, Summary};

/// The strongest wind measured outside a tornado: 220 knots on Barrow Island in 1996.
const STRONGEST_WIND: u32 = 220;

fn main() {
    let files = cli::files_or_exit();
    panic::set_hook(Box::new(say_where));
    let mut outcomes = Vec::new();

    for file in &files {
        outcomes.push(Outcome {
            station: &file.station,
            result: panic::catch_unwind(|| check(file)).map_err(message),
        });
    }

    cli::print_report(&outcomes);
}

/// Panics at the first reading that cannot be true.
fn check(file: &StationFile) -> Summary {
    let mut summary = Summary::new();
    for (line, reading) in file.readings() {
        let wind = reading.wind;
        assert!(wind <= STRONGEST_WIND, "line {line}: {wind} knots of wind");
        summary.add(&reading);
    }
    assert!(!summary.is_empty(), "no readings");
    summary
}

/// Returns the message of a panic. Its payload can be any type, but `panic!` and `assert!` make a
/// `&str` of a plain message and a `String` of one with values in it.
fn message(payload: Box<dyn Any + Send>) -> String {
    if let Some(message) = payload.downcast_ref::<String>() {
        message.clone()
    } else if let Some(message) = payload.downcast_ref::<&str>() {
        message.to_string()
    } else {
        "a panic without a message".to_string()
    }
}

/// Runs when a check panics, and says where it failed.
fn say_where(panic: &PanicHookInfo) {
    if let Some(place) = panic.location() {
        eprintln!("a check failed at {place}");
    }
}

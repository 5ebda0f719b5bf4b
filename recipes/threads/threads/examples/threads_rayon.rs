//! The same job with a parallel iterator of rayon.
//!
//! ```text
//! cargo run -p threads --example threads_rayon
//! ```
//!
//! The difference from the recipe: rayon starts as many threads as there are processors and gives
//! them one job after another. `collect` puts the outcomes in the order of the files. A panic in
//! one job would be passed on to the caller, so each job catches its own. Choose it if there are
//! many files and checking them is computing.

#[path = "../src/cli.rs"]
mod cli;

use std::any::Any;
use std::panic::{self, PanicHookInfo};

use rayon::prelude::*;

use cli::{Outcome, StationFile, Summary};

/// The strongest wind measured outside a tornado: 220 knots on Barrow Island in 1996.
const STRONGEST_WIND: u32 = 220;

fn main() {
    let files = cli::files_or_exit();
    panic::set_hook(Box::new(say_where));
    let outcomes: Vec<Outcome> = files
        .par_iter()
        .map(|file| Outcome {
            station: &file.station,
            result: panic::catch_unwind(|| check(file)).map_err(message),
        })
        .collect();
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

/// Runs in a thread that panics, and says where the check failed.
///
/// The threads have no names, and their numbers do not tell which file was checked.
fn say_where(panic: &PanicHookInfo) {
    if let Some(place) = panic.location() {
        match rayon::current_thread_index() {
            Some(number) => eprintln!("thread {number} of rayon: the check failed at {place}"),
            None => eprintln!("outside of rayon: failed at {place}"),
        }
    }
}

//! Check the files of several weather stations, each in a thread of its own.
//!
//! Like a test, a check panics at the first reading that cannot be true. A panic ends only its own
//! thread: `join` returns it as an error, so the report has a line about that file, and the other
//! files are still checked to the end. Each thread is named after its station. If a check fails, a
//! panic hook prints this name and the place in the program to standard error.
//!
//! ```text
//! cargo run -p threads                      # the stations in input/
//! cargo run -p threads -- EWR.csv JFK.csv   # your own files; src/cli.rs describes the format
//! ```
//!
//! Prints a line for each file and how many passed. Standard output is the same on every
//! run.

mod cli;

use std::any::Any;
use std::panic::{self, PanicHookInfo};
use std::thread::{self, Builder};

use cli::{Outcome, StationFile, Summary};

/// The strongest wind measured outside a tornado: 220 knots on Barrow Island in 1996.
const STRONGEST_WIND: u32 = 220;

// ANCHOR: main
fn main() {
    let files = cli::files_or_exit();
    panic::set_hook(Box::new(say_where));
    let mut outcomes = Vec::new();

    thread::scope(|scope| {
        let mut threads = Vec::new();
        for file in &files {
            let builder = Builder::new().name(file.station.clone());
            let thread = builder
                .spawn_scoped(scope, move || check(file))
                .unwrap_or_else(|error| cli::exit(&format!("cannot start a thread: {error}")));
            threads.push(thread);
        }

        // All threads have been started, so now wait for each of them.
        for (file, thread) in files.iter().zip(threads) {
            outcomes.push(Outcome {
                station: &file.station,
                result: thread.join().map_err(message),
            });
        }
    });

    cli::print_report(&outcomes);
}
// ANCHOR_END: main

// ANCHOR: check
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
// ANCHOR_END: check

// ANCHOR: message
/// Returns the message of a panic. A payload can have any type. With `panic!` and `assert!` it is a
/// `&'static str` for a plain message and a `String` for a formatted one.
fn message(payload: Box<dyn Any + Send>) -> String {
    if let Some(message) = payload.downcast_ref::<String>() {
        message.clone()
    } else if let Some(message) = payload.downcast_ref::<&str>() {
        message.to_string()
    } else {
        "a panic without a message".to_string()
    }
}
// ANCHOR_END: message

// ANCHOR: hook
/// Runs in a thread that panics, and says which one that is and where its check failed.
///
/// The default hook also prints the message of the panic, which the report shows anyway.
fn say_where(panic: &PanicHookInfo) {
    let thread = thread::current();
    let name = thread.name().unwrap_or("a thread without a name");
    if let Some(place) = panic.location() {
        eprintln!("{name}: the check failed at {place}");
    }
}
// ANCHOR_END: hook

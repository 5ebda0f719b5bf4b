//! The same job in the scope of crossbeam.
//!
//! ```text
//! cargo run -p threads --example threads_crossbeam
//! ```
//!
//! The difference from the recipe: very little, because std's scope is modeled on this one. A
//! thread gets the scope as an argument, so that it can start more threads, and the scope itself
//! returns an error instead of panicking if a thread that nobody joined has panicked. Choose it
//! only if your compiler is Rust 1.61 or 1.62, which has no `std::thread::scope`.

#[path = "../src/cli.rs"]
mod cli;

use std::any::Any;
use std::panic::{self, PanicHookInfo};
use std::thread;

use cli::{Outcome, StationFile, Summary};

/// The strongest wind measured outside a tornado: 220 knots on Barrow Island in 1996.
const STRONGEST_WIND: u32 = 220;

fn main() {
    let files = cli::files_or_exit();
    panic::set_hook(Box::new(say_where));
    let mut outcomes = Vec::new();

    let scope = crossbeam::thread::scope(|scope| {
        let mut threads = Vec::new();
        for file in &files {
            let thread = scope
                .builder()
                .name(file.station.clone())
                .spawn(move |_scope| check(file))
                .unwrap_or_else(|error| cli::exit(&format!("cannot start a thread: {error}")));
            threads.push(thread);
        }

        for (file, thread) in files.iter().zip(threads) {
            outcomes.push(Outcome {
                station: &file.station,
                result: thread.join().map_err(message),
            });
        }
    });
    scope.expect("every thread was joined, so each panic is in an outcome");

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

//! The solution of the exercise: reports while the threads run how many of them have ended.
//!
//! ```text
//! cargo run -p threads --example threads_solution
//! ```
//!
//! `is_finished` says whether a thread has ended, and never waits. It is meant for a program that
//! has something else to do meanwhile, such as drawing a line of progress. To wait for the end,
//! use `join`: a loop that only asks again and again keeps a processor busy.

#[path = "../src/cli.rs"]
mod cli;

use std::any::Any;
use std::panic::{self, PanicHookInfo};
use std::thread::{self, Builder, ScopedJoinHandle};
use std::time::Duration;

use cli::{Outcome, StationFile, Summary};

/// The strongest wind measured outside a tornado: 220 knots on Barrow Island in 1996.
const STRONGEST_WIND: u32 = 220;

/// The time between two lines of progress.
const INTERVAL: Duration = Duration::from_millis(1);

fn main() {
    let files = cli::files_or_exit();
    panic::set_hook(Box::new(say_where));
    let mut outcomes = Vec::new();

    thread::scope(|scope| {
        let mut threads = Vec::new();
        for file in &files {
            let thread = Builder::new()
                .name(file.station.clone())
                .spawn_scoped(scope, move || check(file))
                .unwrap_or_else(|error| cli::exit(&format!("cannot start a thread: {error}")));
            threads.push(thread);
        }

        tell_progress(&threads);
        for (file, thread) in files.iter().zip(threads) {
            outcomes.push(Outcome {
                station: &file.station,
                result: thread.join().map_err(message),
            });
        }
    });

    cli::print_report(&outcomes);
}

/// Returns when all threads have ended. A thread that panicked has ended as well.
fn tell_progress(threads: &[ScopedJoinHandle<Summary>]) {
    loop {
        let ended = threads.iter().filter(|thread| thread.is_finished()).count();
        eprintln!("{ended} of {} files checked", threads.len());
        if ended == threads.len() {
            return;
        }
        // Only the display waits here. A thread that ends meanwhile is reported in the next line.
        thread::sleep(INTERVAL);
    }
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

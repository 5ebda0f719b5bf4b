//! The same job as tasks on rayon's thread pool.
//!
//! ```text
//! cargo run -p threads --example threads_rayon
//! ```
//!
//! What differs from the recipe: rayon starts as many threads as there are processors and gives
//! them one task after another, so ten thousand files need no more threads than three. A task has
//! no name, no handle and no result: each writes its outcome into a place of its own. rayon waits
//! for all tasks and then passes one of their panics on to the caller, so each task has to catch
//! its own panic. Choose it if there are many files, or if the work is computing.

#[path = "../src/cli.rs"]
mod cli;

use std::any::Any;
use std::panic::{self, PanicHookInfo};

use cli::{Outcome, StationFile, Summary};

/// No stronger wind has been measured, except in tornadoes: Barrow Island, 1996.
const STRONGEST_WIND: u32 = 220;

fn main() {
    let files = cli::files_or_exit();
    panic::set_hook(Box::new(say_where));
    let mut places: Vec<Option<Outcome>> = Vec::new();
    places.resize_with(files.len(), || None);

    rayon::scope(|scope| {
        for (file, place) in files.iter().zip(&mut places) {
            scope.spawn(move |_scope| {
                *place = Some(Outcome {
                    station: &file.station,
                    result: panic::catch_unwind(|| check(file)).map_err(message),
                });
            });
        }
    }); // Waits until every task has ended.

    let mut outcomes = Vec::new();
    for place in places {
        outcomes.push(place.expect("every task leaves an outcome"));
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

/// What a panic said. Its payload can be any type, but `panic!` and `assert!` make a `&str` of a
/// plain message and a `String` of one with values in it.
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

//! The same job on tokio's threads for blocking work.
//!
//! ```text
//! cargo run -p threads --example threads_tokio
//! ```
//!
//! The difference from the recipe: a task may outlive the variables of `main`, so it cannot borrow
//! a file, and what `main` and the task share is in an `Arc`. The threads belong to tokio, which
//! starts up to 512 of them and keeps them for later tasks; their names are tokio's. A panic comes
//! back as a `JoinError`. Choose this if your program is async already, and never check a file in
//! an async task directly: no other task could run on its thread meanwhile.

#[path = "../src/cli.rs"]
mod cli;

use std::any::Any;
use std::panic::{self, PanicHookInfo};
use std::sync::Arc;
use std::thread;

use tokio::task;

use cli::{Outcome, StationFile, Summary};

/// The strongest wind measured outside a tornado: 220 knots on Barrow Island in 1996.
const STRONGEST_WIND: u32 = 220;

#[tokio::main]
async fn main() {
    let mut files = Vec::new();
    for file in cli::files_or_exit() {
        // Blocks this thread, but no task is running yet.
        files.push(Arc::new(file));
    }
    panic::set_hook(Box::new(say_where));

    let mut tasks = Vec::new();
    for file in &files {
        let file = Arc::clone(file);
        tasks.push(task::spawn_blocking(move || check(&file)));
    }

    let mut outcomes = Vec::new();
    for (file, task) in files.iter().zip(tasks) {
        outcomes.push(Outcome {
            station: &file.station,
            // A task fails in two ways: it panics or it is aborted, and nobody aborts these.
            result: task.await.map_err(|error| message(error.into_panic())),
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

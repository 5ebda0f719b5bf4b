//! The same job with tokio's tasks.
//!
//! ```text
//! cargo run -p lock --example lock_tokio
//! ```
//!
//! The difference from the recipe: a task may outlive the variables of `main`, so what the tasks
//! share is in an `Arc`. The lock is std's `Mutex`: adding the counts awaits nothing. tokio's own
//! `Mutex` costs more, and is for guards that live across an `.await`. Reading and counting would
//! keep a task's thread from running other tasks, so they go to the pool for blocking work. Choose
//! this if your program is async already; for files alone, tokio gains you nothing.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::task::{self, JoinSet};

use cli::{TextFile, Unreadable};

const TASKS: usize = 4;
const POISONED: &str = "a task panicked while it added its counts, so the table is wrong";

/// How often each word occurs.
type Counts = HashMap<String, u64>;

/// What the tasks share.
struct Shared {
    files: Vec<TextFile>,
    next_file: AtomicUsize,
    table: Mutex<Counts>,
}

#[tokio::main]
async fn main() {
    let shared = Arc::new(Shared {
        files: cli::files_or_exit(), // May block this thread, but no task is running yet.
        next_file: AtomicUsize::new(0),
        table: Mutex::new(Counts::new()),
    });

    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        tasks.spawn(count_files(shared.clone()));
    }
    let results = tasks.join_all().await; // Panics if a task has panicked.
    // Exits if a file could not be read.
    let words: u64 = cli::all_or_exit(results).iter().sum();

    let shared = Arc::into_inner(shared).expect("all tasks have ended");
    let counts = shared.table.into_inner().expect(POISONED);
    assert_eq!(counts.values().sum::<u64>(), words, "words were lost");
    cli::print_commonest(shared.files.len(), counts);
}

/// Counts one file after another until all are taken, and returns the number of words in them.
///
/// Stops at a file that cannot be read. All files before it are taken by then, so the tasks always
/// find the first bad file.
async fn count_files(shared: Arc<Shared>) -> Result<u64, Unreadable> {
    let mut words = 0;
    loop {
        // Relaxed: this only makes sure that no two tasks take the same file.
        let position = shared.next_file.fetch_add(1, Ordering::Relaxed);
        let Some(file) = shared.files.get(position).cloned() else {
            return Ok(words);
        };

        let counting = task::spawn_blocking(move || count_words(&file));
        let counts = counting.await.expect("counting does not panic")?;
        words += counts.values().sum::<u64>();

        let mut guard = shared.table.lock().expect(POISONED);
        for (word, count) in counts {
            *guard.entry(word).or_default() += count;
        }
    } // `guard` goes out of scope here, before the next `.await`.
}

fn count_words(file: &TextFile) -> Result<Counts, Unreadable> {
    let mut counts = Counts::new();
    for line in file.lines()? {
        for word in line?.split(|c: char| !c.is_ascii_alphabetic()) {
            if !word.is_empty() {
                *counts.entry(word.to_ascii_lowercase()).or_default() += 1;
            }
        }
    }
    Ok(counts)
}

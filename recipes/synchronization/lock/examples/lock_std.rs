//! The same job with the standard library alone.
//!
//! ```text
//! cargo run -p lock --example lock_std
//! ```
//!
//! The difference from the recipe: a `Mutex` is poisoned when a thread panics while it holds the
//! lock, so `lock` and `into_inner` return a `Result`. Here that is welcome: a thread that dies
//! while it adds its counts leaves a wrong table behind, and every other thread then fails with a
//! message that says why. Choose it if you want no dependency and need no timed lock.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use cli::{TextFile, Unreadable};

const THREADS: usize = 4;
const POISONED: &str = "a thread panicked while it added its counts, so the table is wrong";

/// How often each word occurs.
type Counts = HashMap<String, u64>;

fn main() {
    let files = cli::files_or_exit();
    let next_file = AtomicUsize::new(0);
    let table = Mutex::new(Counts::new());

    let mut results = Vec::new();
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for _ in 0..THREADS {
            threads.push(scope.spawn(|| count_files(&files, &next_file, &table)));
        }
        for thread in threads {
            results.push(thread.join().expect("a thread panicked"));
        }
    });
    // Exits if a file could not be read.
    let words: u64 = cli::all_or_exit(results).iter().sum();

    let counts = table.into_inner().expect(POISONED);
    assert_eq!(counts.values().sum::<u64>(), words, "words were lost");
    cli::print_commonest(files.len(), counts);
}

/// Counts one file after another until all are taken, and returns the number of words in them.
///
/// Stops at a file that it cannot read. The threads take files in order, so every earlier file is
/// already taken, and the first bad file is always found.
fn count_files(
    files: &[TextFile],
    next_file: &AtomicUsize,
    table: &Mutex<Counts>,
) -> Result<u64, Unreadable> {
    let mut words = 0;
    loop {
        // Relaxed: this only makes sure that no two threads take the same file.
        let position = next_file.fetch_add(1, Ordering::Relaxed);
        let Some(file) = files.get(position) else {
            return Ok(words);
        };

        // Counting takes most of the time, but no lock: each thread has its own table.
        let counts = count_words(file)?;
        words += counts.values().sum::<u64>();

        let mut guard = table.lock().expect(POISONED);
        for (word, count) in counts {
            *guard.entry(word).or_default() += count;
        }
    } // `guard` goes out of scope here, which releases the lock.
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

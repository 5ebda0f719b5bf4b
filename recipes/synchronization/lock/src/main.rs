//! Count the words of many text files with four threads, in one table behind a `Lock`.
//!
//! Each thread takes one file after another, counts its words in a separate table, and then adds
//! these counts to the table that all threads share. It holds the lock only for this last step.
//! Without a lock, two threads could change the table at the same time. That would be a data race,
//! so the compiler rejects it.
//!
//! ```text
//! cargo run -p lock                      # the texts in input/
//! cargo run -p lock -- one.txt two.txt   # your own files
//! ```
//!
//! Prints the number of words and the ten most common ones. A word is a run of ASCII letters, and
//! upper case counts as lower case. The result is the same on every run.

mod cli;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use sync_primitives::Lock;

use cli::{TextFile, Unreadable};

const THREADS: usize = 4; // in your program, ask `available_parallelism`

/// How often each word occurs.
type Counts = HashMap<String, u64>;

// ANCHOR: main
fn main() {
    let files = cli::files_or_exit();
    let next_file = AtomicUsize::new(0);
    let table = Lock::new(Counts::new());

    let mut results = Vec::new();
    // Scoped threads may borrow locals, because the scope joins them.
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

    // All threads have ended, so `into_inner` need not lock.
    let counts = table.into_inner();
    assert_eq!(counts.values().sum::<u64>(), words, "words were lost");
    cli::print_commonest(files.len(), counts);
}
// ANCHOR_END: main

// ANCHOR: merge
/// Counts one file after another until all are taken, and returns the number of words in them.
///
/// Stops at the first file that it cannot read. The other threads still finish the files they have
/// taken. All earlier files are among these, so the first bad file is reported on every run.
fn count_files(
    files: &[TextFile],
    next_file: &AtomicUsize,
    table: &Lock<Counts>,
) -> Result<u64, Unreadable> {
    let mut words = 0;
    loop {
        // Relaxed: this only makes sure that no two threads take the same file.
        let position = next_file.fetch_add(1, Ordering::Relaxed);
        let Some(file) = files.get(position) else {
            return Ok(words);
        };

        // Counting takes most of the time. It needs no lock, because `counts` is not shared.
        let counts = count_words(file)?;
        words += counts.values().sum::<u64>();

        let mut guard = table.lock(); // Waits until no other thread holds the lock.
        for (word, count) in counts {
            *guard.entry(word).or_default() += count;
        }
    } // `guard` goes out of scope here, which releases the lock.
}
// ANCHOR_END: merge

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

//! The solution: 26 tables, one for each first letter, each behind a lock of its own.
//!
//! ```text
//! cargo run -p lock --example lock_solution
//! ```
//!
//! The difference from the recipe: two threads that add words with different first letters do not
//! wait for each other. A thread holds only one lock at a time, so the order in which it takes them
//! does not matter: there can be no deadlock.

#[path = "../src/cli.rs"]
mod cli;

use std::array;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use sync_primitives::Lock;

use cli::{TextFile, Unreadable};

const THREADS: usize = 4;
const LETTERS: usize = 26;

/// How often each word occurs.
type Counts = HashMap<String, u64>;

fn main() {
    let files = cli::files_or_exit();
    let next_file = AtomicUsize::new(0);
    let tables: [Lock<Counts>; LETTERS] = array::from_fn(|_| Lock::new(Counts::new()));

    let mut results = Vec::new();
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for _ in 0..THREADS {
            threads.push(scope.spawn(|| count_files(&files, &next_file, &tables)));
        }
        for thread in threads {
            results.push(thread.join().expect("a thread panicked"));
        }
    });
    // Exits if a file could not be read.
    let words: u64 = cli::all_or_exit(results).iter().sum();

    let mut counts = Counts::new();
    for table in tables {
        counts.extend(table.into_inner()); // No word is in two tables.
    }
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
    tables: &[Lock<Counts>; LETTERS],
) -> Result<u64, Unreadable> {
    let mut words = 0;
    loop {
        // Relaxed: this only makes sure that no two threads take the same file.
        let position = next_file.fetch_add(1, Ordering::Relaxed);
        let Some(file) = files.get(position) else {
            return Ok(words);
        };

        let counts = count_words(file)?;
        for (table, counts) in tables.iter().zip(counts) {
            if counts.is_empty() {
                continue;
            }
            words += counts.values().sum::<u64>();

            let mut guard = table.lock();
            for (word, count) in counts {
                *guard.entry(word).or_default() += count;
            }
        } // `guard` goes out of scope here, so a thread holds only one lock at a time.
    }
}

/// Counts the words of a file, those with the same first letter in the same table.
fn count_words(file: &TextFile) -> Result<[Counts; LETTERS], Unreadable> {
    let mut tables = array::from_fn(|_| Counts::new());
    for line in file.lines()? {
        for word in line?.split(|c: char| !c.is_ascii_alphabetic()) {
            let word = word.to_ascii_lowercase();
            if let Some(first) = word.bytes().next() {
                let letter = usize::from(first - b'a');
                *tables[letter].entry(word).or_default() += 1;
            }
        }
    }
    Ok(tables)
}

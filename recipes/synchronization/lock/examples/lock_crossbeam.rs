//! The same job with crossbeam's channels instead of a lock.
//!
//! ```text
//! cargo run -p lock --example lock_crossbeam
//! ```
//!
//! The difference from the recipe: no two threads share a table. One channel hands out the files,
//! another brings the counts of each file back, and only `main` adds them up. The second channel is
//! bounded, so a thread that is faster than `main` waits instead of piling up tables. A `for` loop
//! over a receiver ends when all senders are gone: one forgotten sender, and it would hang. Choose
//! channels if one thread can own the data.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::HashMap;
use std::thread;

use crossbeam::channel::{self, Receiver, Sender};

use cli::{TextFile, Unreadable};

const THREADS: usize = 4;

/// How often each word occurs.
type Counts = HashMap<String, u64>;

fn main() {
    let files = cli::files_or_exit();
    let (file_sender, file_receiver) = channel::unbounded();
    for file in &files {
        file_sender.send(file).expect("there is a receiver");
    }
    drop(file_sender); // The threads end when they have received all files.

    let mut table = Counts::new();
    let mut results = Vec::new();
    thread::scope(|scope| {
        let (sender, receiver) = channel::bounded(THREADS);
        let mut threads = Vec::new();
        for _ in 0..THREADS {
            let file_receiver = file_receiver.clone();
            let sender = sender.clone();
            threads.push(scope.spawn(move || count_files(&file_receiver, &sender)));
        }
        drop(sender); // Now only the threads have senders, so the loop ends when the threads do.

        for counts in receiver {
            for (word, count) in counts {
                *table.entry(word).or_default() += count;
            }
        }
        for thread in threads {
            results.push(thread.join().expect("a thread panicked"));
        }
    });
    // Exits if a file could not be read.
    let words: u64 = cli::all_or_exit(results).iter().sum();

    assert_eq!(table.values().sum::<u64>(), words, "words were lost");
    cli::print_commonest(files.len(), table);
}

/// Counts one file after another until all are taken, and returns the number of words in them.
///
/// Stops at a file that it cannot read. The threads take files in order, so every earlier file is
/// already taken, and the first bad file is always found.
fn count_files(files: &Receiver<&TextFile>, sender: &Sender<Counts>) -> Result<u64, Unreadable> {
    let mut words = 0;
    for file in files {
        let counts = count_words(file)?;
        words += counts.values().sum::<u64>();
        sender.send(counts).expect("`main` receives until we end");
    }
    Ok(words)
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

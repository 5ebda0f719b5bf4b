//! Check the spelling of a book with four threads that share a cache, so that each word is searched
//! only once.
//!
//! A word that is not in the dictionary is expensive: the search for the word that was meant tries
//! hundreds of others. So the threads keep what they find in a `HashMap` behind an `RwLock`. They
//! hold this lock only to find the entry of a word. The search itself takes place in the entry, a
//! `OnceLock`, so a thread waits only if it needs the same word at the same time.
//!
//! ```text
//! cargo run -p cache                                # the dictionary and the book in input/
//! cargo run -p cache -- words.txt one.txt two.txt   # your own dictionary, and your own books
//! ```
//!
//! Prints how many words there are, the ignored ones, and the longest unknown words with what was
//! probably meant. The output is the same on every run.

mod cli;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, RwLock};
use std::thread;

use cli::{Book, Finding};

/// More than a small machine has processors, so that threads meet in the cache on every machine.
const THREADS: usize = 4;

/// An unknown word that occurs this often is no typing error. It is a name, such as *Alice*.
const OFTEN: usize = 10;

// ANCHOR: types
/// What is known about a word.
#[derive(Default)]
struct Entry<'book> {
    finding: OnceLock<Finding<'book>>,
    seen: AtomicUsize,
}

/// What the threads read for every line, and change only a few times.
#[derive(Clone, Default)]
struct Settings<'book> {
    ignored: HashSet<&'book str>,
}

struct Checker<'book> {
    book: &'book Book,
    entries: RwLock<HashMap<&'book str, Arc<Entry<'book>>>>,
    settings: RwLock<Arc<Settings<'book>>>,
}
// ANCHOR_END: types

// ANCHOR: main
fn main() {
    let book = cli::load_or_exit();
    let lines = book.lines();
    let checker = Checker {
        book: &book,
        entries: RwLock::default(),
        settings: RwLock::default(),
    };

    let share = lines.len().div_ceil(THREADS).max(1);
    thread::scope(|scope| {
        for part in lines.chunks(share) {
            scope.spawn(|| checker.check(part));
        }
    });

    checker.print();
}
// ANCHOR_END: main

impl<'book> Checker<'book> {
    // ANCHOR: check
    fn check(&self, lines: &[&'book str]) {
        for line in lines {
            let settings = self.settings();
            for word in cli::words(line) {
                if settings.ignored.contains(word) {
                    continue;
                }
                let entry = self.entry_of(word);
                // No lock is held here, so the other threads can use the cache.
                let finding = entry.finding.get_or_init(|| self.book.search(word));
                // Relaxed: every addition counts, and nothing else depends on it.
                let seen = entry.seen.fetch_add(1, Ordering::Relaxed) + 1;
                if seen == OFTEN && *finding != Finding::Correct {
                    self.ignore(word);
                }
            }
        }
    }
    // ANCHOR_END: check

    // ANCHOR: entry
    /// Returns the entry of a word. It is empty if the word is new.
    fn entry_of(&self, word: &'book str) -> Arc<Entry<'book>> {
        let entries = self.entries.read().expect("no thread panics");
        if let Some(entry) = entries.get(word) {
            return Arc::clone(entry);
        }
        drop(entries); // With the read lock, this thread would wait for itself in `write`.

        let mut entries = self.entries.write().expect("no thread panics");
        // Another thread may have inserted the word in between, so `entry` looks again.
        let entry = entries.entry(word).or_default();
        Arc::clone(entry)
    }
    // ANCHOR_END: entry

    // ANCHOR: settings
    /// Returns the settings of this moment. They stay as they are while the caller uses them.
    fn settings(&self) -> Arc<Settings<'book>> {
        let settings = self.settings.read().expect("no thread panics");
        Arc::clone(&settings)
    }

    fn ignore(&self, word: &'book str) {
        let mut settings = self.settings.write().expect("no thread panics");
        // Changes a copy if another thread still uses the old settings.
        Arc::make_mut(&mut settings).ignored.insert(word);
    }
    // ANCHOR_END: settings

    fn print(self) {
        let entries = self.entries.into_inner().expect("no thread panicked");
        let mut findings = Vec::new();
        for (word, entry) in &entries {
            let finding = entry.finding.get().expect("every word was searched");
            findings.push((*word, *finding));
        }
        let settings = self.settings.into_inner().expect("no thread panicked");
        cli::print(self.book, findings, &settings.ignored);
    }
}

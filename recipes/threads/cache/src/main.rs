//! Check the spelling of a book with four threads that share a cache, so that each word is searched
//! only once.
//!
//! If a word is not in the dictionary, finding the word that was probably meant takes long: the
//! search tries hundreds of similar words. So the threads keep all results in a `HashMap` behind an
//! `RwLock`. They hold this lock only for the short time that it takes to find or insert the entry
//! of a word. The search runs without the lock, in the `OnceLock` of the entry. So a thread waits
//! for a search only if it needs the same word.
//!
//! ```text
//! cargo run -p cache                                # the dictionary and the book in input/
//! cargo run -p cache -- words.txt one.txt two.txt   # your own dictionary, and your own books
//! ```
//!
//! Prints how many words there are, the ignored words, and the longest unknown words, each with the
//! word that was probably meant. The output is the same on every run.

mod cli;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, RwLock};
use std::thread;

use cli::{Dictionary, Finding, Input};

/// A fixed number, so that threads share the cache even on a machine with one processor.
const THREADS: usize = 4; // in your program, ask `available_parallelism`

/// An unknown word that occurs this often is not a typing error. It is a name, such as *Alice*.
const OFTEN: usize = 10;

// ANCHOR: types
/// The result of the search for a word, and how often the word has been seen.
#[derive(Default)]
struct Entry<'text> {
    finding: OnceLock<Finding<'text>>,
    seen: AtomicUsize,
}

/// The threads read the settings for each line, but change them only a few times.
#[derive(Clone, Default)]
struct Settings<'text> {
    ignored: HashSet<&'text str>,
}

struct Checker<'text> {
    dictionary: &'text Dictionary,
    entries: RwLock<HashMap<&'text str, Arc<Entry<'text>>>>,
    settings: RwLock<Arc<Settings<'text>>>,
}
// ANCHOR_END: types

// ANCHOR: main
fn main() {
    let Input { book, dictionary } = cli::load_or_exit();
    let lines: Vec<&str> = book.lines().collect();
    let checker = Checker {
        dictionary: &dictionary,
        entries: RwLock::default(),
        settings: RwLock::default(),
    };

    // For an empty book the length would be 0, and `chunks` panics then.
    let share_len = lines.len().div_ceil(THREADS).max(1);
    thread::scope(|scope| {
        for share in lines.chunks(share_len) {
            scope.spawn(|| checker.check(share));
        }
    });

    checker.print(&lines);
}
// ANCHOR_END: main

impl<'text> Checker<'text> {
    // ANCHOR: check
    fn check(&self, lines: &[&'text str]) {
        for line in lines {
            let settings = self.settings();
            for word in cli::words(line) {
                if settings.ignored.contains(word) {
                    continue;
                }
                let entry = self.entry_of(word);
                // No lock is held here, so the other threads can use the map.
                let finding = entry.finding.get_or_init(|| self.dictionary.search(word));
                // Relaxed is enough: no two threads get the same number, so only one gets OFTEN.
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
    fn entry_of(&self, word: &'text str) -> Arc<Entry<'text>> {
        let entries = self.entries.read().expect("no thread should panic");
        if let Some(entry) = entries.get(word) {
            return Arc::clone(entry);
        }
        drop(entries); // `write` waits for all readers, so this thread must not be one.

        let mut entries = self.entries.write().expect("no thread should panic");
        // Another thread may have inserted the word in between, so `entry` looks again.
        let entry = entries.entry(word).or_default();
        Arc::clone(entry)
    }
    // ANCHOR_END: entry

    // ANCHOR: settings
    /// Returns a snapshot of the settings. It does not change while the caller uses it.
    fn settings(&self) -> Arc<Settings<'text>> {
        let settings = self.settings.read().expect("no thread should panic");
        Arc::clone(&settings)
    }

    fn ignore(&self, word: &'text str) {
        let mut settings = self.settings.write().expect("no thread should panic");
        // This thread still has a snapshot of the old settings, so `make_mut` changes a copy.
        Arc::make_mut(&mut settings).ignored.insert(word);
    }
    // ANCHOR_END: settings

    fn print(self, lines: &[&str]) {
        let entries = self.entries.into_inner().expect("no thread should panic");
        let mut findings = Vec::new();
        for (word, entry) in &entries {
            let finding = entry.finding.get().expect("each entry should be filled");
            findings.push((*word, *finding));
        }
        let settings = self.settings.into_inner().expect("no thread should panic");
        cli::print(lines, self.dictionary, findings, &settings.ignored);
    }
}

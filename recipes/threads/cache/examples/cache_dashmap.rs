//! The same job with dashmap.
//!
//! ```text
//! cargo run -p cache --example cache_dashmap
//! ```
//!
//! The difference from the recipe: a `DashMap` is divided into *shards*, many maps with an `RwLock`
//! each, and the hash of a key decides which of them it is in. So threads that insert different
//! words rarely wait for each other. The lock is inside: `get` returns a guard, and no other call
//! may touch the map while a thread holds one. Choose it if threads often insert and remove.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, RwLock};
use std::thread;

use dashmap::DashMap;

use cli::{Book, Finding};

/// More than a small machine has processors, so that threads meet in the cache on every machine.
const THREADS: usize = 4;

/// An unknown word that occurs this often is no typing error. It is a name, such as *Alice*.
const OFTEN: usize = 10;

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
    entries: DashMap<&'book str, Arc<Entry<'book>>>,
    settings: RwLock<Arc<Settings<'book>>>,
}

fn main() {
    let book = cli::load_or_exit();
    let lines = book.lines();
    let checker = Checker {
        book: &book,
        entries: DashMap::new(),
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

impl<'book> Checker<'book> {
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

    /// Returns the entry of a word. It is empty if the word is new.
    fn entry_of(&self, word: &'book str) -> Arc<Entry<'book>> {
        // A read lock of one shard is enough for most words.
        if let Some(entry) = self.entries.get(word) {
            return Arc::clone(&entry);
        }
        let entry = self.entries.entry(word).or_default();
        Arc::clone(&entry)
    }

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

    fn print(self) {
        let mut findings = Vec::new();
        for (word, entry) in self.entries {
            let finding = entry.finding.get().expect("every word was searched");
            findings.push((word, *finding));
        }
        let settings = self.settings.into_inner().expect("no thread panicked");
        cli::print(self.book, findings, &settings.ignored);
    }
}

//! The same job with the settings in an `ArcSwap`.
//!
//! ```text
//! cargo run -p cache --example cache_arc-swap
//! ```
//!
//! The difference from the recipe: an `ArcSwap` replaces the `RwLock<Arc<_>>` of the settings. `load`
//! takes no lock and usually does not even count a reference, so threads that read do not slow each
//! other down. `rcu` copies the settings, changes the copy, and puts it in place. If another thread
//! was faster, it does so again. Choose it for what is read all the time and changed now and then.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, RwLock};
use std::thread;

use arc_swap::{ArcSwap, Guard};

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
    entries: RwLock<HashMap<&'book str, Arc<Entry<'book>>>>,
    settings: ArcSwap<Settings<'book>>,
}

fn main() {
    let book = cli::load_or_exit();
    let lines = book.lines();
    let checker = Checker {
        book: &book,
        entries: RwLock::default(),
        settings: ArcSwap::default(),
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

    /// Returns the settings of this moment. They stay as they are while the caller uses them.
    fn settings(&self) -> Guard<Arc<Settings<'book>>> {
        self.settings.load()
    }

    fn ignore(&self, word: &'book str) {
        self.settings.rcu(|settings| {
            let mut settings = Settings::clone(settings);
            settings.ignored.insert(word);
            settings
        });
    }

    fn print(self) {
        let entries = self.entries.into_inner().expect("no thread panicked");
        let mut findings = Vec::new();
        for (word, entry) in &entries {
            let finding = entry.finding.get().expect("every word was searched");
            findings.push((*word, *finding));
        }
        let settings = self.settings.into_inner();
        cli::print(self.book, findings, &settings.ignored);
    }
}

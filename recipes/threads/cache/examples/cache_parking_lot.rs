//! The same job with the `RwLock` of parking_lot.
//!
//! ```text
//! cargo run -p cache --example cache_parking_lot
//! ```
//!
//! The difference from the recipe: a thread that does not find a word takes an *upgradable* read
//! lock. Only one thread at a time can have it, but all others can still read. The thread looks
//! again, and then turns its lock into the write lock, and no other thread can write in between.
//! The locks do not get poisoned, so there is no `expect`. Choose it if the second look takes long,
//! and if many threads read in the meantime.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use parking_lot::{RwLock, RwLockUpgradableReadGuard};

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
    settings: RwLock<Arc<Settings<'book>>>,
}

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
        if let Some(entry) = self.entries.read().get(word) {
            return Arc::clone(entry);
        }
        let entries = self.entries.upgradable_read();
        // Another thread may have inserted the word between the two locks.
        if let Some(entry) = entries.get(word) {
            return Arc::clone(entry);
        }
        let mut entries = RwLockUpgradableReadGuard::upgrade(entries);
        let entry = Arc::default();
        entries.insert(word, Arc::clone(&entry));
        entry
    }

    /// Returns the settings of this moment. They stay as they are while the caller uses them.
    fn settings(&self) -> Arc<Settings<'book>> {
        Arc::clone(&self.settings.read())
    }

    fn ignore(&self, word: &'book str) {
        let mut settings = self.settings.write();
        // Changes a copy if another thread still uses the old settings.
        Arc::make_mut(&mut settings).ignored.insert(word);
    }

    fn print(self) {
        let entries = self.entries.into_inner();
        let mut findings = Vec::new();
        for (word, entry) in &entries {
            let finding = entry.finding.get().expect("every word was searched");
            findings.push((*word, *finding));
        }
        let settings = self.settings.into_inner();
        cli::print(self.book, findings, &settings.ignored);
    }
}

//! The same job with the settings in an `ArcSwap`.
//!
//! ```text
//! cargo run -p cache --example cache_arc-swap
//! ```
//!
//! The difference from the recipe: the settings are in an `ArcSwap`, not in an `RwLock<Arc<_>>`.
//! `load` takes no lock and usually does not even count a reference, so threads that read do not
//! slow each other down. `rcu` copies the settings, changes the copy, and puts it in place. If
//! another thread has replaced the settings in between, `rcu` starts again. Choose it for a value
//! that is read all the time and replaced now and then.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, RwLock};
use std::thread;

use arc_swap::{ArcSwap, Guard};

use cli::{Dictionary, Finding, Input};

/// A fixed number, so that threads share the cache even on a machine with one processor.
const THREADS: usize = 4;

/// An unknown word that occurs this often is not a typing error. It is a name, such as *Alice*.
const OFTEN: usize = 10;

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
    settings: ArcSwap<Settings<'text>>,
}

fn main() {
    let Input { book, dictionary } = cli::load_or_exit();
    let lines: Vec<&str> = book.lines().collect();
    let checker = Checker {
        dictionary: &dictionary,
        entries: RwLock::default(),
        settings: ArcSwap::default(),
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

impl<'text> Checker<'text> {
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

    /// Returns a snapshot of the settings. It does not change while the caller uses it.
    fn settings(&self) -> Guard<Arc<Settings<'text>>> {
        self.settings.load()
    }

    fn ignore(&self, word: &'text str) {
        self.settings.rcu(|settings| {
            let mut settings = Settings::clone(settings);
            settings.ignored.insert(word);
            settings
        });
    }

    fn print(self, lines: &[&str]) {
        let entries = self.entries.into_inner().expect("no thread should panic");
        let mut findings = Vec::new();
        for (word, entry) in &entries {
            let finding = entry.finding.get().expect("each entry should be filled");
            findings.push((*word, *finding));
        }
        let settings = self.settings.into_inner();
        cli::print(lines, self.dictionary, findings, &settings.ignored);
    }
}

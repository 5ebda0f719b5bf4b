//! The same job with papaya.
//!
//! ```text
//! cargo run -p cache --example cache_papaya
//! ```
//!
//! The difference from the recipe: the map has no lock. `pin` returns a view of the map, and the
//! view lends plain references that are valid as long as the view. So there is no `Arc`, and a
//! thread can insert while it holds a reference. In return, a removed entry stays in memory until
//! all views that existed at that time are gone. Choose it if there are many more reads than
//! writes, or if a thread that reads must not wait for a thread that writes.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, RwLock};
use std::thread;

use papaya::HashMap;

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
    entries: HashMap<&'text str, Entry<'text>>,
    settings: RwLock<Arc<Settings<'text>>>,
}

fn main() {
    let Input { book, dictionary } = cli::load_or_exit();
    let lines: Vec<&str> = book.lines().collect();
    let checker = Checker {
        dictionary: &dictionary,
        entries: HashMap::new(),
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

impl<'text> Checker<'text> {
    fn check(&self, lines: &[&'text str]) {
        for line in lines {
            let settings = self.settings();
            let entries = self.entries.pin();
            for word in cli::words(line) {
                if settings.ignored.contains(word) {
                    continue;
                }
                // Two threads may both make an entry, but only one of them gets into the map.
                let entry = entries.get_or_insert_with(word, Entry::default);
                let finding = entry.finding.get_or_init(|| self.dictionary.search(word));
                // Relaxed is enough: no two threads get the same number, so only one gets OFTEN.
                let seen = entry.seen.fetch_add(1, Ordering::Relaxed) + 1;
                if seen == OFTEN && *finding != Finding::Correct {
                    self.ignore(word);
                }
            }
        }
    }

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

    fn print(self, lines: &[&str]) {
        let mut findings = Vec::new();
        for (word, entry) in &self.entries.pin() {
            let finding = entry.finding.get().expect("each entry should be filled");
            findings.push((*word, *finding));
        }
        let settings = self.settings.into_inner().expect("no thread should panic");
        cli::print(lines, self.dictionary, findings, &settings.ignored);
    }
}

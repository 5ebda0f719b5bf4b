//! The same job with papaya.
//!
//! ```text
//! cargo run -p cache --example cache_papaya
//! ```
//!
//! The difference from the recipe: the map has no lock. `pin` returns a view of the map, and what the
//! view returns is a plain reference, valid as long as the view. So there is no `Arc`, and a thread
//! can insert while it holds a reference. In return, memory that is removed stays allocated until
//! the views of that time are gone. Choose it if there are many more reads than writes, or if a
//! thread that reads must not wait for one that writes.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, RwLock};
use std::thread;

use papaya::HashMap;

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
    entries: HashMap<&'book str, Entry<'book>>,
    settings: RwLock<Arc<Settings<'book>>>,
}

fn main() {
    let book = cli::load_or_exit();
    let lines = book.lines();
    let checker = Checker {
        book: &book,
        entries: HashMap::new(),
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
            let entries = self.entries.pin();
            for word in cli::words(line) {
                if settings.ignored.contains(word) {
                    continue;
                }
                // Two threads may both make an entry, but only one of these gets into the map.
                let entry = entries.get_or_insert_with(word, Entry::default);
                let finding = entry.finding.get_or_init(|| self.book.search(word));
                // Relaxed: every addition counts, and nothing else depends on it.
                let seen = entry.seen.fetch_add(1, Ordering::Relaxed) + 1;
                if seen == OFTEN && *finding != Finding::Correct {
                    self.ignore(word);
                }
            }
        }
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
        for (word, entry) in &self.entries.pin() {
            let finding = entry.finding.get().expect("every word was searched");
            findings.push((*word, *finding));
        }
        let settings = self.settings.into_inner().expect("no thread panicked");
        cli::print(self.book, findings, &settings.ignored);
    }
}

//! The solution: sixteen maps, each behind an `RwLock` of its own.
//!
//! ```text
//! cargo run -p cache --example cache_solution
//! ```
//!
//! The difference from the recipe: the hash of a word decides which of sixteen maps holds its
//! entry. A thread that inserts a word locks one map, and other threads can use the other maps in
//! the meantime. dashmap works in this way.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, RwLock};
use std::thread;

use cli::{Dictionary, Finding, Input};

/// A fixed number, so that threads share the cache even on a machine with one processor.
const THREADS: usize = 4;

/// An unknown word that occurs this often is not a typing error. It is a name, such as *Alice*.
const OFTEN: usize = 10;

const SHARDS: usize = 16;

/// One of the maps, with its lock.
type Shard<'text> = RwLock<HashMap<&'text str, Arc<Entry<'text>>>>;

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
    shards: [Shard<'text>; SHARDS],
    hasher: RandomState,
    settings: RwLock<Arc<Settings<'text>>>,
}

fn main() {
    let Input { book, dictionary } = cli::load_or_exit();
    let lines: Vec<&str> = book.lines().collect();
    let checker = Checker {
        dictionary: &dictionary,
        shards: Default::default(),
        hasher: RandomState::new(),
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
        let shard = self.shard(word);
        let entries = shard.read().expect("no thread should panic");
        if let Some(entry) = entries.get(word) {
            return Arc::clone(entry);
        }
        drop(entries); // `write` waits for all readers, so this thread must not be one.

        let mut entries = shard.write().expect("no thread should panic");
        // Another thread may have inserted the word in between, so `entry` looks again.
        let entry = entries.entry(word).or_default();
        Arc::clone(entry)
    }

    fn shard(&self, word: &str) -> &Shard<'text> {
        let hash = self.hasher.hash_one(word);
        &self.shards[hash as usize % SHARDS]
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
        for shard in self.shards {
            for (word, entry) in shard.into_inner().expect("no thread should panic") {
                let finding = entry.finding.get().expect("each entry should be filled");
                findings.push((word, *finding));
            }
        }
        let settings = self.settings.into_inner().expect("no thread should panic");
        cli::print(lines, self.dictionary, findings, &settings.ignored);
    }
}

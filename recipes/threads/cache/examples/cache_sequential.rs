//! The same job on one thread.
//!
//! ```text
//! cargo run -p cache --example cache_sequential
//! ```
//!
//! The difference from the recipe: the cache is a `HashMap` without a lock, and its entries are
//! plain values. Choose it if the book is short, or to find out what the other programs gain.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::{HashMap, HashSet};

use cli::{Finding, Input};

/// An unknown word that occurs this often is not a typing error. It is a name, such as *Alice*.
const OFTEN: usize = 10;

/// The result of the search for a word, and how often the word has been seen.
struct Entry<'text> {
    finding: Finding<'text>,
    seen: usize,
}

fn main() {
    let Input { book, dictionary } = cli::load_or_exit();
    let lines: Vec<&str> = book.lines().collect();
    let mut entries = HashMap::new();
    let mut ignored = HashSet::new();
    for line in &lines {
        for word in cli::words(line) {
            if ignored.contains(word) {
                continue;
            }
            let entry = entries.entry(word).or_insert_with(|| Entry {
                finding: dictionary.search(word),
                seen: 0,
            });
            entry.seen += 1;
            if entry.seen == OFTEN && entry.finding != Finding::Correct {
                ignored.insert(word);
            }
        }
    }

    let mut findings = Vec::new();
    for (word, entry) in entries {
        findings.push((word, entry.finding));
    }
    cli::print(&lines, &dictionary, findings, &ignored);
}

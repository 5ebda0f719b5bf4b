//! The same job on one thread.
//!
//! ```text
//! cargo run -p cache --example cache_sequential
//! ```
//!
//! The difference from the recipe: the cache is a `HashMap` without a lock, and its entries are plain
//! values. Choose it if the book is short, and to find out what the other programs gain.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::{HashMap, HashSet};

use cli::Finding;

/// An unknown word that occurs this often is no typing error. It is a name, such as *Alice*.
const OFTEN: usize = 10;

/// What is known about a word.
struct Entry<'book> {
    finding: Finding<'book>,
    seen: usize,
}

fn main() {
    let book = cli::load_or_exit();
    let mut entries = HashMap::new();
    let mut ignored = HashSet::new();
    for line in book.lines() {
        for word in cli::words(line) {
            if ignored.contains(word) {
                continue;
            }
            let entry = entries.entry(word).or_insert_with(|| Entry {
                finding: book.search(word),
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
    cli::print(&book, findings, &ignored);
}

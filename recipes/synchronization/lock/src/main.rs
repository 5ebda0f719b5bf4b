//! Count the words of many text files with four threads and one shared table.
//!
//! ```text
//! cargo run -p lock                      # the texts in input/
//! cargo run -p lock -- one.txt two.txt   # your files
//! ```
//!
//! A word is a longest run of ASCII letters, in lower case. You see the number of files, words and distinct words, then
//! the ten commonest; words that are equally common stand in alphabetical order. Of the files that cannot be read the
//! first one named is reported, and nothing is printed.

use std::collections::HashMap;
use std::path::{MAIN_SEPARATOR_STR, Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, io, process, thread};
use sync_primitives::Lock;

const THREADS: usize = 4;

/// How often each word was seen.
type Table = HashMap<String, u64>;

/// What a thread did: the words it counted in each of its files, or the position of a file it cannot read and why.
type Outcome = Result<Vec<u64>, (usize, String)>;

// ANCHOR: main
fn main() {
    let files = input_files().unwrap_or_else(|reason| fail(&reason));
    let table = Lock::new(Table::new());
    let next = AtomicUsize::new(0);
    let outcomes = thread::scope(|scope| {
        let threads = [(); THREADS].map(|()| scope.spawn(|| count_files(&files, &next, &table)));
        threads.map(|thread| thread.join().expect("a thread panicked"))
    });
    if let Some((_, reason)) = outcomes
        .iter()
        .filter_map(|outcome| outcome.as_ref().err())
        .min()
    {
        fail(reason);
    }
    // Every thread has ended: the table comes out of its lock without locking.
    let table = table.into_inner();
    let shares: Vec<_> = outcomes.into_iter().flatten().collect();
    audit(&shares, &table);
    print(files.len(), table);
}
// ANCHOR_END: main

// ANCHOR: merge
/// Counts one file after the other until none is left or one cannot be read.
///
/// Positions are handed out in order: when a file cannot be read, every file before it has been taken, and the thread
/// that took it reports it if it is bad too. So a thread may stop at its first bad file, and the first of all is found.
fn count_files(files: &[PathBuf], next: &AtomicUsize, table: &Lock<Table>) -> Outcome {
    let mut words = Vec::new();
    loop {
        // Relaxed: it hands out positions and nothing else; the lock orders what is done to the table.
        let position = next.fetch_add(1, Ordering::Relaxed);
        let Some(path) = files.get(position) else {
            return Ok(words);
        };
        let text = fs::read(path).map_err(|error| (position, cannot_read(path, &error)))?;
        let counts = count_words(&String::from_utf8_lossy(&text));
        words.push(counts.values().sum());

        // Reading and counting touch nothing shared, so they stay outside. Locking for each word would
        // make the threads stand in line tens of thousands of times; they lock once a file, only to add.
        let mut table = table.lock();
        for (word, count) in counts {
            *table.entry(word).or_default() += count;
        }
    } // The guard goes here, at the end of each round: the next file is read without the lock.
}
// ANCHOR_END: merge

/// Bytes that are not UTF-8 come as U+FFFD, which is no letter and ends a word as they do.
fn count_words(text: &str) -> Table {
    let mut counts = Table::new();
    for word in text
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter(|word| !word.is_empty())
    {
        *counts.entry(word.to_ascii_lowercase()).or_default() += 1;
    }
    counts
}

/// The words in the table are as many as the threads counted: no update was lost.
fn audit(shares: &[Vec<u64>], table: &Table) {
    for (thread, words) in (1..).zip(shares) {
        eprintln!("thread {thread} counted files of {words:?} words");
    }
    assert_eq!(
        shares.iter().flatten().sum::<u64>(),
        table.values().sum(),
        "the table is wrong"
    );
}

fn print(files: usize, table: Table) {
    println!(
        "files: {files}, words: {}, distinct words: {}",
        table.values().sum::<u64>(),
        table.len()
    );
    let mut commonest: Vec<_> = table.into_iter().collect();
    commonest.sort_by(|(a, often), (b, seldom)| seldom.cmp(often).then(a.cmp(b)));
    for (word, count) in commonest.iter().take(10) {
        println!("{count:>6} {word}");
    }
}

/// The files named as arguments, or else the texts in `input/` in the order of their names.
fn input_files() -> Result<Vec<PathBuf>, String> {
    let named: Vec<_> = env::args_os().skip(1).map(PathBuf::from).collect();
    if !named.is_empty() {
        return Ok(named);
    }
    let input = Path::new(env!("CARGO_MANIFEST_DIR")).join("input");
    let entries = fs::read_dir(&input).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
    let entries = entries.map_err(|error| cannot_read(&input, &error))?;
    let mut files: Vec<_> = entries.iter().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    Ok(files)
}

fn cannot_read(path: &Path, error: &io::Error) -> String {
    let path = path.display().to_string().replace(MAIN_SEPARATOR_STR, "/");
    format!("cannot read {path}: {error}; name files that exist, or none to count those in input/")
}

fn fail(reason: &str) -> ! {
    eprintln!("{reason}");
    process::exit(1)
}

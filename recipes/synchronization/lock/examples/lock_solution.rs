//! Count the words of many text files with four threads and 26 tables, one for each first letter, each in a lock of its own.
//!
//! Run `cargo run -p lock --example lock_solution`; for texts of your own, add `-- one.txt two.txt`.
//!
//! What differs from the recipe: two threads that add words with different first letters do not wait for each other. A
//! thread holds one lock at a time, so the order in which it takes them does not matter.

use std::collections::HashMap;
use std::path::{MAIN_SEPARATOR_STR, Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{array, env, fs, io, process, thread};
use sync_primitives::Lock;

const THREADS: usize = 4;
const LETTERS: usize = 26;

/// How often each word was seen.
type Table = HashMap<String, u64>;

/// The words by their first letters, `a` to `z`.
type Shelf<T> = [T; LETTERS];

/// What a thread did: the words it counted in each of its files, or the position of a file it cannot read and why.
type Outcome = Result<Vec<u64>, (usize, String)>;

fn main() {
    let files = input_files().unwrap_or_else(|reason| fail(&reason));
    let tables: Shelf<Lock<Table>> = array::from_fn(|_| Lock::default());
    let next = AtomicUsize::new(0);
    let outcomes = thread::scope(|scope| {
        let threads = [(); THREADS].map(|()| scope.spawn(|| count_files(&files, &next, &tables)));
        threads.map(|thread| thread.join().expect("a thread panicked"))
    });
    if let Some((_, reason)) = outcomes
        .iter()
        .filter_map(|outcome| outcome.as_ref().err())
        .min()
    {
        fail(reason);
    }
    let table = tables.into_iter().flat_map(Lock::into_inner).collect();
    let shares: Vec<_> = outcomes.into_iter().flatten().collect();
    audit(&shares, &table);
    print(files.len(), table);
}

/// Counts one file after the other until none is left or one cannot be read. As positions are handed out in order, the
/// first bad file is always found.
fn count_files(files: &[PathBuf], next: &AtomicUsize, tables: &Shelf<Lock<Table>>) -> Outcome {
    let mut words = Vec::new();
    loop {
        // Relaxed: it hands out positions and nothing else; the locks order what is done to the tables.
        let position = next.fetch_add(1, Ordering::Relaxed);
        let Some(path) = files.get(position) else {
            return Ok(words);
        };
        let text = fs::read(path).map_err(|error| (position, cannot_read(path, &error)))?;
        let counts = count_words(&String::from_utf8_lossy(&text));
        words.push(counts.iter().flat_map(Table::values).sum());

        let to_add = tables
            .iter()
            .zip(counts)
            .filter(|(_, counts)| !counts.is_empty());
        for (table, counts) in to_add {
            let mut table = table.lock();
            for (word, count) in counts {
                *table.entry(word).or_default() += count;
            }
        } // The guard goes here, at the end of each round: a thread holds one lock at most.
    }
}

/// Bytes that are not UTF-8 come as U+FFFD, which is no letter and ends a word as they do.
fn count_words(text: &str) -> Shelf<Table> {
    let mut counts = array::from_fn(|_| Table::new());
    for word in text
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter(|word| !word.is_empty())
    {
        let word = word.to_ascii_lowercase();
        let letter = usize::from(word.as_bytes()[0] - b'a');
        *counts[letter].entry(word).or_default() += 1;
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

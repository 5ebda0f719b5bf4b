//! Count the words of many text files with four threads and one shared table, with parking_lot.
//!
//! ```text
//! cargo run -p lock --example lock_parking_lot
//! cargo run -p lock --example lock_parking_lot -- one.txt two.txt
//! ```
//!
//! What differs from the recipe: the import. `Mutex` has the methods that `Lock` has, timed ones and `map` included, and
//! no poisoning either: were a thread to panic while it adds, the others would go on with its half-added words, and only
//! `join` would tell. An unlock always lets the fastest thread in; a waiter gets its turn for certain by `unlock_fair` only.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::path::{MAIN_SEPARATOR_STR, Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, io, process, thread};

const THREADS: usize = 4;

/// How often each word was seen.
type Table = HashMap<String, u64>;

/// How many words a thread counted, or the position of a file that it cannot read and why.
type Outcome = Result<u64, (usize, String)>;

fn main() {
    let files = input_files().unwrap_or_else(|reason| fail(&reason));
    let table = Mutex::new(Table::new());
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
    let table = table.into_inner();
    assert_eq!(
        outcomes.into_iter().flatten().sum::<u64>(),
        table.values().sum(),
        "the table is wrong"
    );
    print(files.len(), table);
}

/// Counts one file after the other until none is left or one cannot be read. Positions are handed out in order, so
/// every file before a bad one has been taken, and reported too if it is bad.
fn count_files(files: &[PathBuf], next: &AtomicUsize, table: &Mutex<Table>) -> Outcome {
    let mut words = 0;
    loop {
        // Relaxed: it hands out positions and nothing else; the lock orders what is done to the table.
        let position = next.fetch_add(1, Ordering::Relaxed);
        let Some(path) = files.get(position) else {
            return Ok(words);
        };
        let text = fs::read(path).map_err(|error| (position, cannot_read(path, &error)))?;
        let counts = count_words(&String::from_utf8_lossy(&text));
        words += counts.values().sum::<u64>();

        let mut table = table.lock();
        for (word, count) in counts {
            *table.entry(word).or_default() += count;
        }
    }
}

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

//! Count the words of many text files with four tasks and one shared table, with tokio.
//!
//! ```text
//! cargo run -p lock --example lock_tokio
//! cargo run -p lock --example lock_tokio -- one.txt two.txt
//! ```
//!
//! What differs from the recipe: a task may outlive `main`'s variables, so what tasks share is in an `Arc`. The lock is
//! std's and not `tokio::sync::Mutex`: that one costs more, and is for a guard that lives across an `.await`, such as on a
//! connection. Adding awaits nothing. Nor does counting: it would keep a task's thread from all other tasks, so it goes
//! to the pool for blocking work. For files alone tokio is the wrong tool: it reads them in that pool as well.

use std::collections::HashMap;
use std::path::{MAIN_SEPARATOR_STR, Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::{env, io, mem, process};
use tokio::task::{JoinSet, spawn_blocking};

const TASKS: usize = 4;
const TORN: &str = "a task panicked while it added its words, so the table is wrong";

/// How often each word was seen.
type Table = HashMap<String, u64>;

#[derive(Default)]
struct Shared {
    files: Vec<PathBuf>,
    next: AtomicUsize,
    table: Mutex<Table>,
}

#[tokio::main]
async fn main() {
    let files = input_files().unwrap_or_else(|reason| fail(&reason)); // Blocks, but there are no tasks yet.
    let shared = Arc::new(Shared {
        files,
        ..Shared::default()
    });
    let tasks: JoinSet<_> = (0..TASKS).map(|_| count_files(shared.clone())).collect();
    let outcomes = tasks.join_all().await; // Panics if a task has.
    if let Some((_, reason)) = outcomes.into_iter().filter_map(Result::err).min() {
        fail(&reason);
    }
    print(
        shared.files.len(),
        mem::take(&mut *shared.table.lock().expect(TORN)),
    );
}

/// Counts one file after the other until none is left, or returns the position of one that cannot be read and why.
async fn count_files(shared: Arc<Shared>) -> Result<(), (usize, String)> {
    loop {
        // Relaxed: it hands out positions and nothing else; the mutex orders what is done to the table.
        let position = shared.next.fetch_add(1, Ordering::Relaxed);
        let Some(path) = shared.files.get(position) else {
            return Ok(());
        };
        let text = tokio::fs::read(path)
            .await
            .map_err(|error| (position, cannot_read(path, &error)))?;
        let count = spawn_blocking(move || count_words(&String::from_utf8_lossy(&text)));
        let counts = count.await.expect("counting does not panic");
        let mut table = shared.table.lock().expect(TORN); // From here on no `.await`.
        counts
            .into_iter()
            .for_each(|(word, count)| *table.entry(word).or_default() += count);
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
    let entries =
        std::fs::read_dir(&input).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
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

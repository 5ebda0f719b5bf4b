//! Count the words of many text files with as many threads as there are processors and a table for each, with rayon.
//!
//! ```text
//! cargo run -p lock --example lock_rayon
//! cargo run -p lock --example lock_rayon -- one.txt two.txt
//! ```
//!
//! What differs from the recipe: no lock, no thread and no shared table to be seen. `fold` adds neighbouring files to a
//! table of their own, `reduce` puts neighbouring tables together. Neighbours stay in order, so of two errors the left one
//! is kept and the first bad file is named; `try_reduce` would stop at any of them. Reading a file blocks one of rayon's
//! threads: they are meant for work, and with slow files processors would stand idle.

use rayon::prelude::*;
use std::collections::HashMap;
use std::path::{MAIN_SEPARATOR_STR, Path, PathBuf};
use std::{env, fs, io, mem, process};

/// How often each word was seen.
type Table = HashMap<String, u64>;

fn main() {
    let files = input_files().unwrap_or_else(|reason| fail(&reason));
    let table = files
        .par_iter()
        .fold(empty, count_file)
        .reduce(empty, merge);
    print(files.len(), table.unwrap_or_else(|reason| fail(&reason)));
}

fn empty() -> Result<Table, String> {
    Ok(Table::new())
}

/// Adds a file's words to those of the files before it.
fn count_file(table: Result<Table, String>, path: &PathBuf) -> Result<Table, String> {
    let mut table = table?;
    let text = fs::read(path).map_err(|error| cannot_read(path, &error))?;
    let text = String::from_utf8_lossy(&text);
    for word in text
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter(|word| !word.is_empty())
    {
        *table.entry(word.to_ascii_lowercase()).or_default() += 1;
    }
    Ok(table)
}

/// The sum of two tables. The files on the left come before those on the right, and so do their errors.
fn merge(left: Result<Table, String>, right: Result<Table, String>) -> Result<Table, String> {
    let (mut more, mut fewer) = (left?, right?);
    if more.len() < fewer.len() {
        mem::swap(&mut more, &mut fewer);
    }
    for (word, count) in fewer {
        *more.entry(word).or_default() += count;
    }
    Ok(more)
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

//! The command-line part of the recipe: finds and reads the texts and prints the result.
//! Nothing in this file is about locks, so you can skip it when you read the recipe.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::{env, process};

const DEFAULT_FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/input");

/// How many words are printed.
const COMMONEST: usize = 10;

/// A file whose words are to be counted.
#[derive(Clone)]
pub(crate) struct TextFile {
    /// Its place among the files, in the order in which they were named.
    position: usize,
    path: PathBuf,
}

/// Why a file could not be read.
pub(crate) struct Unreadable {
    position: usize,
    reason: String,
}

impl TextFile {
    /// The lines of the file, one after the other, so that even a large file needs little memory.
    pub(crate) fn lines(
        &self,
    ) -> Result<impl Iterator<Item = Result<String, Unreadable>>, Unreadable> {
        let file = File::open(&self.path).map_err(|error| self.unreadable(error))?;
        let lines = BufReader::new(file).lines();
        Ok(lines.map(|line| line.map_err(|error| self.unreadable(error))))
    }

    fn unreadable(&self, error: io::Error) -> Unreadable {
        let name = self.path.display();
        let reason = match error.kind() {
            ErrorKind::InvalidData => format!("{name} is not UTF-8 text"),
            _ => format!("cannot read {name}: {error}"),
        };
        Unreadable {
            position: self.position,
            reason,
        }
    }
}

/// The files named on the command line, or else the recipe's own texts in the order of their names.
pub(crate) fn files_or_exit() -> Vec<TextFile> {
    let mut paths: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    if paths.is_empty() {
        paths = texts_in(Path::new(DEFAULT_FOLDER)).unwrap_or_else(|error| {
            exit(&format!("cannot read {DEFAULT_FOLDER}: {error}"));
        });
    }
    let mut files = Vec::new();
    for (position, path) in paths.into_iter().enumerate() {
        files.push(TextFile { position, path });
    }
    files
}

/// Returns every result, if all files could be read.
///
/// Otherwise prints one line about the first file that could not be read, in the order in which the
/// files were named, and exits with status 1.
pub(crate) fn all_or_exit<T>(results: Vec<Result<T, Unreadable>>) -> Vec<T> {
    let mut values = Vec::new();
    let mut failures = Vec::new();
    for result in results {
        match result {
            Ok(value) => values.push(value),
            Err(unreadable) => failures.push(unreadable),
        }
    }
    let first_failure = failures.iter().min_by_key(|failure| failure.position);
    if let Some(unreadable) = first_failure {
        exit(&unreadable.reason);
    }
    values
}

/// Prints how many files and words there are, and the commonest words. Words that are equally
/// common are in alphabetical order.
pub(crate) fn print_commonest(files: usize, counts: HashMap<String, u64>) {
    let words: u64 = counts.values().sum();
    let distinct = counts.len();
    let mut report = format!("files: {files}, words: {words}, distinct words: {distinct}\n");

    let mut rows: Vec<(String, u64)> = counts.into_iter().collect();
    rows.sort_by(|(a, a_count), (b, b_count)| b_count.cmp(a_count).then(a.cmp(b)));
    rows.truncate(COMMONEST);
    // Larger numbers than usual make their column wider.
    let largest = rows.first().map_or(0, |(_, count)| *count);
    let width = largest.to_string().len().max(6);
    for (word, count) in rows {
        report += &format!("{count:>width$} {word}\n");
    }

    if let Err(error) = io::stdout().write_all(report.as_bytes()) {
        // A program that reads our output, such as `head`, may stop when it has seen enough.
        if error.kind() != ErrorKind::BrokenPipe {
            exit(&format!("cannot print the result: {error}"));
        }
    }
}

fn texts_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            texts.push(path);
        }
    }
    texts.sort();
    Ok(texts)
}

fn exit(reason: &str) -> ! {
    eprintln!("{reason}");
    process::exit(1)
}

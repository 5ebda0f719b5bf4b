//! The command-line part of the recipe: reads directories and files, adds up what it finds, and
//! prints the report. Nothing in this file is about queues, so you can skip it when you read the
//! recipe.
//!
//! - The extension of a file is what follows the last dot in its name, exactly as spelled.
//! - A line ends with a newline, or at the end of the file.
//! - Symbolic links are not followed, so the walk stays inside the tree and cannot loop. Links,
//!   pipes and devices are not counted.
//! - Other programs may change the tree during the walk. A file or directory that disappears
//!   before a worker opens it is left out, and standard error says how many there were.
//! - If anything else cannot be read, the first such path in alphabetical order is reported, and
//!   no counts are printed.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::thread::{self, ThreadId};
use std::{env, process};

const DEFAULT_TREE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/input/flask-examples");

/// How much of a file is in memory at a time.
const BUFFER_SIZE: usize = 64 * 1024;

/// A job for a worker: a directory to list, or a file to count.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Entry {
    Directory(PathBuf),
    File(PathBuf),
}

/// What one worker has found, or all of them together.
#[derive(Default)]
pub(crate) struct Tally {
    /// The counts for each extension. `None` stands for the files that have none.
    counts: BTreeMap<Option<OsString>, Counts>,
    /// How many entries `list` has returned.
    listed: u64,
    /// How many items each thread has handled.
    handled: HashMap<ThreadId, u64>,
    disappeared: u64,
    /// The path that cannot be read. If there are several, the first in alphabetical order.
    failure: Option<Failure>,
}

#[derive(Default)]
struct Counts {
    files: u64,
    lines: u64,
    bytes: u64,
}

struct Failure {
    path: PathBuf,
    error: io::Error,
}

/// Returns the directory named on the command line, or else the recipe's own input.
///
/// If it cannot be read, prints one line that says why, and exits with status 1.
pub(crate) fn root_or_exit() -> Entry {
    let mut arguments: Vec<OsString> = env::args_os().skip(1).collect();
    if arguments.len() > 1 {
        fail(&format!(
            "expected one directory, found {} arguments",
            arguments.len()
        ));
    }
    let root = PathBuf::from(arguments.pop().unwrap_or_else(|| DEFAULT_TREE.into()));
    if let Err(error) = fs::read_dir(&root) {
        fail(&format!("cannot read {}: {error}", root.display()));
    }
    Entry::Directory(root)
}

/// Prints the counts for each extension, and their total.
///
/// If part of the tree could not be read, prints one line that says why instead, and exits with
/// status 1.
pub(crate) fn print_report(tally: &Tally) {
    if let Some(Failure { path, error }) = &tally.failure {
        fail(&format!("cannot read {}: {error}", path.display()));
    }

    // Whatever other programs do to the tree, the root and every entry listed is one job.
    assert_eq!(
        tally.handled.values().sum::<u64>(),
        tally.listed + 1,
        "a job was lost or done twice"
    );

    let handled: Vec<String> = tally.handled.values().map(u64::to_string).collect();
    eprintln!("items handled by each thread: {}", handled.join(", "));
    if tally.disappeared > 0 {
        eprintln!(
            "not counted, because they disappeared during the walk: {}",
            tally.disappeared
        );
    }
    if let Err(error) = io::stdout().write_all(tally.table().as_bytes()) {
        // A program that reads our output, such as `head`, may stop when it has seen enough.
        if error.kind() != ErrorKind::BrokenPipe {
            fail(&format!("cannot print the result: {error}"));
        }
    }
}

fn fail(reason: &str) -> ! {
    eprintln!("{reason}");
    process::exit(1)
}

impl Tally {
    /// Lists a directory and returns its entries, each of which is a new job.
    pub(crate) fn list_directory(&mut self, directory: &Path) -> Vec<Entry> {
        self.add_job();
        match self.read_entries(directory) {
            Ok(entries) => {
                self.listed += entries.len() as u64;
                entries
            }
            Err(error) => {
                self.add_error(directory, error);
                Vec::new()
            }
        }
    }

    /// Counts the lines and bytes of a file.
    pub(crate) fn count_file(&mut self, file: &Path) {
        self.add_job();
        match read_counts(file) {
            Ok(counts) => {
                let extension = file.extension().filter(|extension| !extension.is_empty());
                let key = extension.map(OsString::from);
                self.counts.entry(key).or_default().add(&counts);
            }
            Err(error) => self.add_error(file, error),
        }
    }

    /// Adds what another worker has found.
    pub(crate) fn merge(&mut self, other: Tally) {
        for (extension, counts) in other.counts {
            self.counts.entry(extension).or_default().add(&counts);
        }
        for (thread, count) in other.handled {
            *self.handled.entry(thread).or_default() += count;
        }
        self.listed += other.listed;
        self.disappeared += other.disappeared;
        if let Some(failure) = other.failure {
            self.add_failure(failure);
        }
    }

    fn add_job(&mut self) {
        *self.handled.entry(thread::current().id()).or_default() += 1;
    }

    fn read_entries(&mut self, directory: &Path) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => entries.push(Entry::Directory(entry.path())),
                Ok(kind) if kind.is_file() => entries.push(Entry::File(entry.path())),
                Ok(_) => {}
                Err(error) => self.add_error(&entry.path(), error),
            }
        }
        // A name can come twice if its file is replaced while the directory is read.
        entries.sort();
        entries.dedup();
        Ok(entries)
    }

    fn add_error(&mut self, path: &Path, error: io::Error) {
        match error.kind() {
            // The path is gone, or a directory has taken the place of a file, or the reverse.
            ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory => {
                self.disappeared += 1;
            }
            _ => self.add_failure(Failure {
                path: path.to_path_buf(),
                error,
            }),
        }
    }

    fn add_failure(&mut self, failure: Failure) {
        match &self.failure {
            Some(first) if first.path <= failure.path => {}
            _ => self.failure = Some(failure),
        }
    }

    /// Each column is as wide as its longest entry needs.
    fn table(&self) -> String {
        let mut total = Counts::default();
        let mut name_width = 10;
        for (extension, counts) in &self.counts {
            total.add(counts);
            name_width = name_width.max(name(extension).chars().count());
        }
        // No number is longer than the total below it.
        let files_width = total.files.to_string().len().max(6);
        let lines_width = total.lines.to_string().len().max(8);
        let bytes_width = total.bytes.to_string().len().max(10);
        let row = |name: &str, files: &str, lines: &str, bytes: &str| {
            format!(
                "{name:<name_width$} {files:>files_width$} \
                 {lines:>lines_width$} {bytes:>bytes_width$}\n"
            )
        };
        let counts_row = |name: &str, counts: &Counts| {
            row(
                name,
                &counts.files.to_string(),
                &counts.lines.to_string(),
                &counts.bytes.to_string(),
            )
        };

        let mut table = row("extension", "files", "lines", "bytes");
        for (extension, counts) in &self.counts {
            table += &counts_row(&name(extension), counts);
        }
        table += &counts_row("total", &total);
        table
    }
}

impl Counts {
    fn add(&mut self, other: &Counts) {
        self.files += other.files;
        self.lines += other.lines;
        self.bytes += other.bytes;
    }
}

fn read_counts(file: &Path) -> io::Result<Counts> {
    let mut reader = BufReader::with_capacity(BUFFER_SIZE, File::open(file)?);
    let mut counts = Counts {
        files: 1,
        ..Counts::default()
    };
    loop {
        // Does not keep what it skips, so even one line of many gigabytes takes no memory.
        match reader.skip_until(b'\n')? {
            0 => return Ok(counts),
            bytes => {
                counts.lines += 1;
                counts.bytes += bytes as u64;
            }
        }
    }
}

/// How an extension is printed. Control characters are replaced, because a newline, for example,
/// would break the table.
fn name(extension: &Option<OsString>) -> String {
    match extension {
        None => "(none)".to_string(),
        Some(extension) => extension
            .to_string_lossy()
            .replace(char::is_control, "\u{fffd}"),
    }
}

//! Count the files, lines and bytes of a directory tree with four workers that find their own work: the entries of a
//! directory taken from the queue go back into the queue, a file taken from it is counted.
//!
//! ```text
//! cargo run -p queue                # input/flask-examples
//! cargo run -p queue -- some/tree   # yours
//! ```
//!
//! You see a row for each extension, in byte order and as spelled, after one for the files that have none. A line ends
//! with a newline byte or with its file. Symbolic links in the tree are not followed and, like pipes and devices, not
//! counted. Of the directories and files that cannot be read the first in the order of paths is reported, and nothing
//! is printed.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{MAIN_SEPARATOR_STR, Path, PathBuf};
use std::{env, process, thread};
use sync_primitives::Queue;

// ANCHOR: main
enum Job {
    Directory(PathBuf),
    File(PathBuf),
}

fn main() {
    let root = root().unwrap_or_else(|reason| fail(reason));
    // Unbounded: those who empty the queue are those who fill it. With a bound, all workers could come to wait for a
    // free slot at once, and nobody would be left to make one.
    let queue = Queue::unbounded();
    queue.push(Job::Directory(root)).expect("a new queue is open");
    let shares = thread::scope(|scope| {
        let workers = [(); 4].map(|()| scope.spawn(|| work(&queue)));
        // An empty queue is not the end: a worker may be about to fill it. `join` waits until the last job is done.
        queue.join();
        queue.close(); // Nobody pushes any more: the workers may go.
        workers.map(|worker| worker.join().expect("a worker panicked"))
    });
    print(&merge(shares).unwrap_or_else(|reason| fail(reason)));
}
// ANCHOR_END: main

type Table = BTreeMap<Option<OsString>, Tally>;

#[derive(Default)]
struct Tally {
    files: u64,
    lines: u64,
    bytes: u64,
}

/// What one worker did.
#[derive(Default)]
struct Share {
    directories: u64,
    files_found: u64,
    table: Table,
    failures: Vec<(PathBuf, io::Error)>,
}

// ANCHOR: work
fn work(queue: &Queue<Job>) -> Share {
    let mut share = Share::default();
    // A task counts as done when it is dropped, at the end of each round: by then a directory's entries are in the
    // queue, so `join` cannot end between the two. A panic drops it too, so a worker that fails cannot hold `join` up.
    for task in queue.tasks() {
        let (path, outcome) = match &*task {
            Job::Directory(path) => (path, list(path, queue, &mut share)),
            Job::File(path) => (path, count(path, &mut share)),
        };
        if let Err(error) = outcome {
            share.failures.push((path.clone(), error));
        }
    }
    share
}

fn list(directory: &Path, queue: &Queue<Job>, share: &mut Share) -> io::Result<()> {
    share.directories += 1;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let job = match entry.file_type()? {
            kind if kind.is_dir() => Job::Directory(entry.path()),
            kind if kind.is_file() => Job::File(entry.path()),
            _ => continue, // A link counts as itself here: the walk never leaves the tree, nor goes round in it.
        };
        share.files_found += u64::from(matches!(job, Job::File(_)));
        queue.push(job).expect("the queue is open until the last job is done");
    }
    Ok(())
}
// ANCHOR_END: work

fn count(path: &Path, share: &mut Share) -> io::Result<()> {
    let mut content = BufReader::new(File::open(path)?);
    let tally = share.table.entry(path.extension().map(OsString::from)).or_default();
    tally.files += 1;
    while let length @ 1.. = content.skip_until(b'\n')? {
        tally.lines += 1;
        tally.bytes += length as u64;
    }
    Ok(())
}

fn merge(shares: [Share; 4]) -> Result<Table, String> {
    if let Some((path, error)) = shares.iter().flat_map(|share| &share.failures).min_by_key(|(path, _)| path) {
        let path = path.display().to_string().replace(MAIN_SEPARATOR_STR, "/");
        return Err(format!("cannot read {path}: {error}; name a directory that you may read"));
    }
    let mut table = Table::new();
    for share in &shares {
        let counted: u64 = share.table.values().map(|tally| tally.files).sum();
        eprintln!("a worker: directories {}, files {counted}", share.directories);
        for (extension, tally) in &share.table {
            table.entry(extension.clone()).or_default().add(tally);
        }
    }
    let found: u64 = shares.iter().map(|share| share.files_found).sum();
    assert_eq!(found, table.values().map(|tally| tally.files).sum(), "the queue lost or made up a file");
    Ok(table)
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.files += other.files;
        self.lines += other.lines;
        self.bytes += other.bytes;
    }

    fn print(&self, name: &str) {
        println!("{name:<10}{:>7}{:>9}{:>11}", self.files, self.lines, self.bytes);
    }
}

fn print(table: &Table) {
    println!("{:<10}{:>7}{:>9}{:>11}", "extension", "files", "lines", "bytes");
    let mut total = Tally::default();
    for (extension, tally) in table {
        tally.print(&extension.as_ref().map_or("(none)".into(), |extension| extension.to_string_lossy()));
        total.add(tally);
    }
    total.print("total");
}

fn root() -> Result<PathBuf, String> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    match (arguments.next(), arguments.next()) {
        (None, _) => Ok(Path::new(env!("CARGO_MANIFEST_DIR")).join("input/flask-examples")),
        (Some(root), None) => Ok(root),
        (_, Some(second)) => Err(format!("cannot walk {} as well: name one directory", second.display())),
    }
}

fn fail(reason: String) -> ! {
    eprintln!("{reason}");
    process::exit(1)
}

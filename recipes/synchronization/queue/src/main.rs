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
//! counted. Of directories and files that cannot be read the first in path order is reported, and nothing is printed.

use std::path::{Path, PathBuf};
use std::{collections::BTreeMap, env, ffi::OsString, fs, io, process, thread};
use sync_primitives::Queue;

// ANCHOR: main
enum Job {
    Directory(PathBuf),
    File(PathBuf),
}

fn main() {
    let root = root().unwrap_or_else(|reason| fail(&reason));
    // Unbounded: those who empty the queue are those who fill it. With a bound, all workers could come to wait for a
    // free slot at once, and nobody would be left to make one.
    let queue = Queue::unbounded();
    queue
        .push(Job::Directory(root))
        .expect("a new queue is open");
    let shares = thread::scope(|scope| {
        let workers = [(); 4].map(|()| scope.spawn(|| work(&queue)));
        // An empty queue is not the end: a worker may be about to fill it. `join` waits until the last job is done.
        queue.join();
        queue.close(); // Nobody pushes any more: the workers may go.
        workers.map(|worker| worker.join().expect("a worker panicked"))
    });
    let jobs = shares.each_ref().map(Vec::len);
    let table =
        tally(shares.into_iter().flatten().collect()).unwrap_or_else(|reason| fail(&reason));
    eprintln!("the workers did {jobs:?} jobs");
    print(&table);
}
// ANCHOR_END: main

/// A job's path and, if it could be read, the lines and bytes of a file. A directory has none.
type Finding = (PathBuf, io::Result<Option<(usize, usize)>>);

// ANCHOR: work
fn work(queue: &Queue<Job>) -> Vec<Finding> {
    // If a worker panics, the walk ends. Otherwise, if all did, `join` would wait for what is left in the queue.
    let _guard = queue.close_now_on_drop();
    // A task counts as done when it is dropped, at the end of each round, in a panic too. By then a directory's entries
    // are in the queue, so `join` cannot end between the two.
    let done = queue.tasks().map(|task| match &*task {
        Job::Directory(path) => (path.clone(), list(path, queue).map(|()| None)),
        Job::File(path) => (path.clone(), count(path).map(Some)),
    });
    done.collect()
}

fn list(directory: &Path, queue: &Queue<Job>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let job = match entry.file_type()? {
            kind if kind.is_dir() => Job::Directory(entry.path()),
            kind if kind.is_file() => Job::File(entry.path()),
            _ => continue, // A link counts as itself here: the walk never leaves the tree, nor goes round in it.
        };
        queue
            .push(job)
            .expect("the queue is open until the last job is done");
    }
    Ok(())
}
// ANCHOR_END: work

fn count(path: &Path) -> io::Result<(usize, usize)> {
    let content = fs::read(path)?;
    Ok((
        content.split_inclusive(|byte| *byte == b'\n').count(),
        content.len(),
    ))
}

type Table = BTreeMap<Option<OsString>, [usize; 3]>;

fn tally(mut findings: Vec<Finding>) -> Result<Table, String> {
    findings.sort_by(|(path, _), (other, _)| path.cmp(other));
    assert!(
        findings.is_sorted_by(|(path, _), (next, _)| path < next),
        "a job was done twice"
    );
    let mut table = Table::new();
    for (path, outcome) in findings {
        let failed = |error| {
            format!(
                "cannot read {}: {error}; name a directory that you may read",
                path.display()
            )
        };
        let Some((lines, bytes)) = outcome.map_err(failed)? else {
            continue;
        };
        let row = table
            .entry(path.extension().map(OsString::from))
            .or_default();
        *row = [row[0] + 1, row[1] + lines, row[2] + bytes];
    }
    Ok(table)
}

fn print(table: &Table) {
    println!("extension   files    lines      bytes");
    for (extension, [files, lines, bytes]) in table {
        let extension = extension
            .as_ref()
            .map_or("(none)".into(), |extension| extension.to_string_lossy());
        println!("{extension:<10}{files:>7}{lines:>9}{bytes:>11}");
    }
    let total = |column: usize| table.values().map(|row| row[column]).sum::<usize>();
    println!(
        "{:<10}{:>7}{:>9}{:>11}",
        "total",
        total(0),
        total(1),
        total(2)
    );
}

fn root() -> Result<PathBuf, String> {
    let mut named = env::args_os().skip(1).map(PathBuf::from);
    let root = named
        .next()
        .unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/input/flask-examples").into());
    named.next().map_or(Ok(root), |more| {
        Err(format!(
            "cannot walk {} as well: name one directory",
            more.display()
        ))
    })
}

fn fail(reason: &str) -> ! {
    eprintln!("{reason}");
    process::exit(1)
}

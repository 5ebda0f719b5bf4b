//! Count a directory tree with four workers, the largest files first.
//!
//! Run `cargo run -p queue --example queue_solution`; for a tree of your own, add `-- some/tree`.
//!
//! What differs from the recipe: a `PriorityQueue` gives its smallest item first, and `Reverse` turns the order of the jobs
//! round. Jobs are compared field by field. Directories come first, since the largest file may be in one; the others by
//! size, and those of one size by path.

use std::path::{Path, PathBuf};
use std::{cmp::Reverse, collections::BTreeMap, env, ffi::OsString, fs, io, process, thread};
use sync_primitives::PriorityQueue;

/// Compared field by field; `false` is less than `true`.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Job {
    is_directory: bool,
    size: u64,
    path: PathBuf,
}

fn main() {
    let root = root().unwrap_or_else(|reason| fail(&reason));
    // Unbounded: those who empty the queue are those who fill it. With a bound, all workers could come to wait for a
    // free slot at once, and nobody would be left to make one.
    let queue = PriorityQueue::unbounded();
    queue
        .push(Reverse(Job {
            is_directory: true,
            size: 0,
            path: root,
        }))
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

/// A job's path and, if it could be read, the lines and bytes of a file. A directory has none.
type Finding = (PathBuf, io::Result<Option<(usize, usize)>>);

fn work(queue: &PriorityQueue<Reverse<Job>>) -> Vec<Finding> {
    // If a worker panics, the walk ends. Otherwise, if all did, `join` would wait for what is left in the queue.
    let _guard = queue.close_now_on_drop();
    // A task counts as done when it is dropped, at the end of each round, in a panic too. By then a directory's entries
    // are in the queue, so `join` cannot end between the two.
    let run = |Reverse(Job {
                   is_directory, path, ..
               }): &_| {
        let outcome = if *is_directory {
            list(path, queue).map(|()| None)
        } else {
            count(path).map(Some)
        };
        (path.clone(), outcome)
    };
    queue.tasks().map(|task| run(&task)).collect()
}

fn list(directory: &Path, queue: &PriorityQueue<Reverse<Job>>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let (kind, size) = (entry.file_type()?, entry.metadata()?.len());
        // A link counts as itself here: the walk never leaves the tree, nor goes round in it.
        if kind.is_dir() || kind.is_file() {
            let job = Job {
                is_directory: kind.is_dir(),
                size,
                path: entry.path(),
            };
            queue
                .push(Reverse(job))
                .expect("the queue is open until the last job is done");
        }
    }
    Ok(())
}

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

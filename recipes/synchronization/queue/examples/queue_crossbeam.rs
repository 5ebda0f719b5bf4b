//! Count a directory tree with four workers that find their own work, with a crossbeam channel.
//!
//! Run `cargo run -p queue --example queue_crossbeam`; for a tree of your own, add `-- some/tree`.
//!
//! In place of `join`: the channel closes by itself when the last sender is gone, so each unfinished job holds one. Any
//! number of threads receive from it. What the recipe's has and this one lacks: a way to wait for the last job and
//! leave the queue open for more.

use crossbeam::channel::{self, Receiver, Sender};
use std::path::{Path, PathBuf};
use std::{collections::BTreeMap, env, ffi::OsString, fs, io, process, thread};

struct Job {
    path: PathBuf,
    is_directory: bool,
    /// Where it puts what it finds. Each job has a sender of its own, and nobody else has one: when the last job is
    /// dropped, the channel is closed.
    queue: Sender<Job>,
}

fn main() {
    let root = root().unwrap_or_else(|reason| fail(&reason));
    let (queue, jobs) = channel::unbounded();
    let start = Job {
        path: root,
        is_directory: true,
        queue: queue.clone(),
    };
    queue.send(start).expect("the receiver is here");
    drop(queue); // From here on the jobs have the only senders.
    let shares = thread::scope(|scope| {
        let workers = [(); 4].map(|()| scope.spawn(|| work(&jobs)));
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

fn work(jobs: &Receiver<Job>) -> Vec<Finding> {
    jobs.iter().map(Job::run).collect()
}

impl Job {
    /// A job ends here, in a panic too, and its sender with it; by then a directory's entries have theirs.
    fn run(self) -> Finding {
        let outcome = if self.is_directory {
            self.list().map(|()| None)
        } else {
            count(&self.path).map(Some)
        };
        (self.path, outcome)
    }

    fn list(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() || kind.is_file() {
                let job = Job {
                    path: entry.path(),
                    is_directory: kind.is_dir(),
                    queue: self.queue.clone(),
                };
                self.queue
                    .send(job)
                    .expect("the receiver outlives every job");
            } // A link counts as itself here: the walk never leaves the tree, nor goes round in it.
        }
        Ok(())
    }
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

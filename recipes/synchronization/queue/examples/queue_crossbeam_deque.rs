//! Count a directory tree with four workers that steal each other's work, with crossbeam's deques.
//!
//! Run `cargo run -p queue --example queue_crossbeam_deque`; for a tree of your own, add `-- some/tree`.
//!
//! Each worker has a deque of its own, where it seldom meets another; one that has nothing left steals the oldest jobs
//! of another. In place of `join`: each unfinished job holds an `Arc`, and its count says whether there are any. What
//! the recipe's has and this one lacks: a way to sleep. A worker that finds nothing looks again and again.

use crossbeam::deque::{Steal, Stealer, Worker};
use crossbeam::utils::Backoff;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::{collections::BTreeMap, env, ffi::OsString, fs, io, iter, process, thread};

struct Job {
    path: PathBuf,
    is_directory: bool,
    /// Each unfinished job has one, and nobody else has.
    walk: Arc<()>,
}

fn main() {
    let root = root().unwrap_or_else(|reason| fail(&reason));
    let deques = [(); 4].map(|()| Worker::new_lifo());
    let stealers = deques.each_ref().map(Worker::stealer);
    let walk = Arc::new(());
    let unfinished = Arc::downgrade(&walk);
    deques[0].push(Job {
        path: root,
        is_directory: true,
        walk,
    });
    let shares = thread::scope(|scope| {
        let workers = deques.map(|own| scope.spawn(|| work(own, &stealers, &unfinished)));
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

fn work(own: Worker<Job>, others: &[Stealer<Job>], unfinished: &Weak<()>) -> Vec<Finding> {
    let (mut findings, idle) = (Vec::new(), Backoff::new());
    while unfinished.strong_count() > 0 {
        if let Some(job) = own.pop().or_else(|| steal(&own, others)) {
            findings.push(job.run(&own));
            idle.reset();
        } else {
            idle.snooze(); // Another is at work, and may find more.
        }
    }
    findings
}

/// Takes half of what another has: one job to do now, the rest into the own deque.
fn steal(own: &Worker<Job>, others: &[Stealer<Job>]) -> Option<Job> {
    let attempt = || {
        others
            .iter()
            .map(|other| other.steal_batch_and_pop(own))
            .collect::<Steal<_>>()
    };
    iter::repeat_with(attempt)
        .find(|end| !end.is_retry())?
        .success() // Again, when a third came in between.
}

impl Job {
    /// A job ends here, in a panic too; by then a directory's entries are jobs themselves.
    fn run(self, own: &Worker<Job>) -> Finding {
        let outcome = if self.is_directory {
            self.list(own).map(|()| None)
        } else {
            count(&self.path).map(Some)
        };
        (self.path, outcome)
    }

    fn list(&self, own: &Worker<Job>) -> io::Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() || kind.is_file() {
                own.push(Job {
                    path: entry.path(),
                    is_directory: kind.is_dir(),
                    walk: self.walk.clone(),
                });
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

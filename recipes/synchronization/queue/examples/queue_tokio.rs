//! Count a directory tree with up to four blocking tasks of tokio's, fed from its channel.
//!
//! Run `cargo run -p queue --example queue_tokio`; for a tree of your own, add `-- some/tree`.
//!
//! One task receives the jobs and starts each in a `JoinSet`. In place of `join`: each unfinished job holds a sender,
//! so the channel closes after the last; then `join_all` waits for those still under way. What the recipe's has and
//! this one lacks: several receivers. Where there is no asynchronous work beside it, as here, take another variant.

use std::path::{Path, PathBuf};
use std::{collections::BTreeMap, env, ffi::OsString, fs, io, process};
use tokio::{runtime, sync::mpsc, task::JoinSet};

struct Job {
    path: PathBuf,
    is_directory: bool,
    /// Where it puts what it finds. Each job has a sender of its own, and nobody else has one.
    queue: mpsc::UnboundedSender<Job>,
}

fn main() {
    let root = root().unwrap_or_else(|reason| fail(&reason));
    // One thread hands out the jobs. They are done in the runtime's other threads, those for what blocks.
    let runtime = runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime can be started");
    let table = tally(runtime.block_on(walk(root))).unwrap_or_else(|reason| fail(&reason));
    print(&table);
}

/// A job's path and, if it could be read, the lines and bytes of a file. A directory has none.
type Finding = (PathBuf, io::Result<Option<(usize, usize)>>);

async fn walk(root: PathBuf) -> Vec<Finding> {
    let (queue, mut jobs) = mpsc::unbounded_channel();
    let mut workers = JoinSet::new();
    let mut findings = Vec::new();
    let start = Job {
        path: root,
        is_directory: true,
        queue,
    };
    workers.spawn_blocking(|| start.run());
    while let Some(job) = jobs.recv().await {
        if workers.len() == 4 {
            let finding = workers.join_next().await.expect("there are four");
            findings.push(finding.expect("a job panicked"));
        }
        // Files are read by calls that block: in a task they would hold up every other task of its thread.
        workers.spawn_blocking(|| job.run());
    }
    findings.extend(workers.join_all().await);
    findings
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

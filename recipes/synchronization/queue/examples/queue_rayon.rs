//! Count a directory tree with four threads of rayon's, in a scope of tasks that start tasks.
//!
//! Run `cargo run -p queue --example queue_rayon`; for a tree of your own, add `-- some/tree`.
//!
//! There is no queue to be seen: an entry of a directory becomes a task of the scope, and which thread does it is
//! rayon's affair. In place of `join`: `scope` returns when every task in it has ended, also those that tasks have
//! started. What the recipe's has and this one lacks: a bound, an order, and a worker that waits for what comes from
//! elsewhere.

use rayon::{Scope, ThreadPoolBuilder};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Sender};
use std::{collections::BTreeMap, env, ffi::OsString, fs, io, process};

fn main() {
    let root = root().unwrap_or_else(|reason| fail(&reason));
    // A pool of its own: threads that wait for a disk would take the global one's from what has to be computed.
    let workers = ThreadPoolBuilder::new()
        .num_threads(4)
        .build()
        .expect("four threads can be started");
    let (sender, findings) = mpsc::channel();
    workers.scope(|scope| list(root, scope, &sender));
    drop(sender); // The receiver's end.
    let table = tally(findings.iter().collect()).unwrap_or_else(|reason| fail(&reason));
    print(&table);
}

/// A job's path and, if it could be read, the lines and bytes of a file. A directory has none.
type Finding = (PathBuf, io::Result<Option<(usize, usize)>>);

fn list<'a>(directory: PathBuf, scope: &Scope<'a>, findings: &'a Sender<Finding>) {
    let outcome = spawn_entries(&directory, scope, findings).map(|()| None);
    findings
        .send((directory, outcome))
        .expect("the receiver is here");
}

fn spawn_entries<'a>(
    directory: &Path,
    scope: &Scope<'a>,
    findings: &'a Sender<Finding>,
) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        // A link counts as itself here: the walk never leaves the tree, nor goes round in it.
        if kind.is_dir() {
            scope.spawn(|scope| list(path, scope, findings));
        } else if kind.is_file() {
            scope.spawn(|_| {
                let outcome = count(&path).map(Some);
                findings
                    .send((path, outcome))
                    .expect("the receiver is here");
            });
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

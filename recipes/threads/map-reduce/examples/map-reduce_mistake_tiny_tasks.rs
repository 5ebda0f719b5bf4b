//! Starts a task for every four lines. The tasks and their tables cost more than the counting, and
//! the program is slower than a loop.
//!
//! ```text
//! cargo run -p map-reduce --example map-reduce_mistake_tiny_tasks
//! ```
//!
//! `count_in_tasks` is wrong: for each task, the program allocates memory, pushes into a queue,
//! perhaps wakes a thread, and merges a table. `count_in_pieces` is right: it lets rayon cut the
//! log, and `with_min_len` says how many lines are worth a task. The counts are right in both
//! cases, so the exit status is 0. But nearly all the time goes into the tasks.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

const LINES_OF_A_TASK: usize = 4;
const LINES_WORTH_A_TASK: usize = 500;

/// How many requests came from each host.
type Table = BTreeMap<&'static str, u64>;

fn main() {
    let log = ["ant", "bee", "cat", "ant"].repeat(250);
    let lines = log.len();

    let tables = AtomicUsize::new(0);
    let counted = count_in_tasks(&log, &tables);
    let in_tasks = tables.into_inner();
    println!("a task for {LINES_OF_A_TASK} lines: {counted:?}, {lines} lines, {in_tasks} tasks");

    let tables = AtomicUsize::new(0);
    let counted = count_in_pieces(&log, &tables);
    let in_pieces = tables.into_inner();
    println!("rayon's pieces: {counted:?}, {lines} lines, {in_pieces} tasks");

    if in_tasks > in_pieces {
        eprintln!(
            "overhead: {in_tasks} tasks filled and merged a table for a handful of lines each"
        );
        eprintln!("give each task enough lines: let rayon cut the log, and set with_min_len");
    }
}

fn count_in_tasks(log: &[&'static str], tables: &AtomicUsize) -> Table {
    let merged = Mutex::new(Table::new());
    rayon::scope(|scope| {
        for lines in log.chunks(LINES_OF_A_TASK) {
            scope.spawn(|_| {
                let table = lines.iter().fold(new_table(tables), add); // Wrong: too few lines.
                let mut merged = merged.lock().expect("no task should panic");
                *merged = merge(std::mem::take(&mut *merged), table);
            });
        }
    });
    merged.into_inner().expect("no task should panic")
}

fn count_in_pieces(log: &[&'static str], tables: &AtomicUsize) -> Table {
    log.par_iter()
        .with_min_len(LINES_WORTH_A_TASK)
        .fold(|| new_table(tables), add)
        .reduce(Table::new, merge)
}

/// Every task begins with a table of its own, so this counts the tasks.
fn new_table(tables: &AtomicUsize) -> Table {
    tables.fetch_add(1, Ordering::Relaxed);
    Table::new()
}

fn add(mut table: Table, host: &&'static str) -> Table {
    *table.entry(host).or_default() += 1;
    table
}

fn merge(mut left: Table, right: Table) -> Table {
    for (host, requests) in right {
        *left.entry(host).or_default() += requests;
    }
    left
}

//! The same job with rayon's scope, whose tasks start more tasks.
//!
//! ```text
//! cargo run -p queue --example queue_rayon
//! ```
//!
//! The difference from the recipe: there is no queue and no loop. Every entry of a directory
//! becomes a task, and rayon decides which thread runs it. Instead of `join`, `scope` returns when
//! all of its tasks have ended, also those that were started by tasks. Choose it when jobs only
//! start other jobs. It has no bound, no order, and no way to wait for jobs that come from
//! elsewhere.

#[path = "../src/cli.rs"]
mod cli;

use std::sync::Mutex;

use cli::{Entry, Tally};
use rayon::{Scope, ThreadPoolBuilder};

const WORKERS: usize = 4;

fn main() {
    let root = cli::root_or_exit();
    // A pool of its own, because threads that wait for a disk would keep the global pool from
    // computing.
    let pool = ThreadPoolBuilder::new()
        .num_threads(WORKERS)
        .build()
        .expect("four threads can be started");

    let total = Mutex::new(Tally::default());
    pool.scope(|scope| run(root, scope, &total));

    cli::print_report(&total.into_inner().unwrap());
}

fn run<'scope>(entry: Entry, scope: &Scope<'scope>, total: &'scope Mutex<Tally>) {
    let mut tally = Tally::default();
    match entry {
        Entry::Directory(path) => {
            for entry in tally.list_directory(&path) {
                scope.spawn(move |scope| run(entry, scope, total));
            }
        }
        Entry::File(path) => tally.count_file(&path),
    }
    // Locked only now, so that no thread holds the lock while it reads.
    total.lock().unwrap().merge(tally);
}

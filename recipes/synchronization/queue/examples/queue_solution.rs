//! The same job with the largest files first.
//!
//! ```text
//! cargo run -p queue --example queue_solution
//! ```
//!
//! The difference from the recipe: the queue is a `PriorityQueue`. It pops the smallest item first,
//! so every job is wrapped in `Reverse`, which makes the largest job the smallest item. Directories
//! count as larger than any file, because the largest file may be in one of them. Choose it when
//! one large job that starts last would keep the other workers waiting at the end.

#[path = "../src/cli.rs"]
mod cli;

use std::cmp::Reverse;
use std::fs;
use std::thread;

use cli::{Entry, Tally};
use sync_primitives::PriorityQueue;

const WORKERS: usize = 4;

/// Jobs are compared by their fields, from top to bottom. The entry makes no two jobs equal.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Job {
    size: u64,
    entry: Entry,
}

fn main() {
    let root = cli::root_or_exit();
    // Unbounded, because the threads that pop are also the ones that push. A bounded queue could be
    // full while every worker waits to push, and then nobody would be left to pop.
    let queue = PriorityQueue::unbounded();
    queue
        .push(Reverse(Job::new(root)))
        .expect("the queue is open");

    let mut total = Tally::default();
    thread::scope(|scope| {
        let mut workers = Vec::new();
        for _ in 0..WORKERS {
            workers.push(scope.spawn(|| work(&queue)));
        }

        queue.join(); // Returns when every item is done. No worker pushes anything after that.
        queue.close(); // Ends the loop of every worker.

        for worker in workers {
            total.merge(worker.join().expect("a worker panicked"));
        }
    });

    cli::print_report(&total);
}

/// Does one job after the other until the queue is closed.
fn work(queue: &PriorityQueue<Reverse<Job>>) -> Tally {
    // If this worker panics, the guard closes the queue and discards what is left in it. Without
    // the guard, `join` would wait forever if every worker panicked.
    let _guard = queue.close_now_on_drop();

    let mut tally = Tally::default();
    for task in queue.tasks() {
        let Reverse(job) = &*task;
        match &job.entry {
            Entry::Directory(path) => {
                for entry in tally.list_directory(path) {
                    if queue.push(Reverse(Job::new(entry))).is_err() {
                        return tally; // Another worker has panicked, so the queue is closed.
                    }
                }
            }
            Entry::File(path) => tally.count_file(path),
        }
    }
    tally
}

impl Job {
    fn new(entry: Entry) -> Self {
        let size = match &entry {
            Entry::Directory(_) => u64::MAX,
            // A file may have disappeared by now. `Tally::count` deals with that.
            Entry::File(path) => fs::symlink_metadata(path).map_or(0, |metadata| metadata.len()),
        };
        Job { size, entry }
    }
}

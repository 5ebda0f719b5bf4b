//! The same job with crossbeam's work-stealing deques.
//!
//! ```text
//! cargo run -p queue --example queue_crossbeam_deque
//! ```
//!
//! The difference from the recipe: every worker has a deque of its own, so the workers seldom get
//! in each other's way. A worker whose deque is empty steals the oldest jobs of another worker.
//! There is no `join`: every unfinished job holds an `Arc` instead, and its count says whether any
//! are left. A deque has no way to sleep either, so a worker that finds no job looks again and
//! again. Choose it when you have many small jobs, and write a scheduler of your own.

#[path = "../src/cli.rs"]
mod cli;

use std::array;
use std::sync::{Arc, Weak};
use std::thread;

use cli::{Entry, Tally};
use crossbeam::deque::{Steal, Stealer, Worker};
use crossbeam::utils::Backoff;

const WORKERS: usize = 4;

struct Job {
    entry: Entry,
    /// Only unfinished jobs hold a clone, so the count is zero when the last one is done.
    unfinished: Arc<()>,
}

fn main() {
    let root = cli::root_or_exit();
    let deques: [Worker<Job>; WORKERS] = array::from_fn(|_| Worker::new_lifo());
    let stealers = deques.each_ref().map(Worker::stealer);
    let job = Job {
        entry: root,
        unfinished: Arc::new(()),
    };
    let unfinished = Arc::downgrade(&job.unfinished);
    deques[0].push(job);

    let mut total = Tally::default();
    thread::scope(|scope| {
        let mut workers = Vec::new();
        for own in deques {
            workers.push(scope.spawn(|| work(own, &stealers, &unfinished)));
        }
        for worker in workers {
            total.merge(worker.join().expect("a worker panicked"));
        }
    });

    cli::print_report(&total);
}

fn work(own: Worker<Job>, stealers: &[Stealer<Job>], unfinished: &Weak<()>) -> Tally {
    let mut tally = Tally::default();
    let backoff = Backoff::new();
    while unfinished.strong_count() > 0 {
        match own.pop().or_else(|| steal(&own, stealers)) {
            Some(job) => {
                job.run(&own, &mut tally);
                backoff.reset();
            }
            // Another worker has a job, and may find more.
            None => backoff.snooze(),
        }
    }
    tally
}

/// Takes about half of another worker's jobs: returns one, and puts the others into `own`.
fn steal(own: &Worker<Job>, stealers: &[Stealer<Job>]) -> Option<Job> {
    loop {
        // Stops at the first success. Otherwise, it is `Retry` if any of the attempts was.
        let attempt: Steal<Job> = stealers
            .iter()
            .map(|stealer| stealer.steal_batch_and_pop(own))
            .collect();
        if !attempt.is_retry() {
            return attempt.success();
        }
    }
}

impl Job {
    /// Drops the job and its `Arc` at the end. By then, the jobs that it found have their own.
    fn run(self, own: &Worker<Job>, tally: &mut Tally) {
        match &self.entry {
            Entry::Directory(path) => {
                for entry in tally.list_directory(path) {
                    own.push(Job {
                        entry,
                        unfinished: Arc::clone(&self.unfinished),
                    });
                }
            }
            Entry::File(path) => tally.count_file(path),
        }
    }
}

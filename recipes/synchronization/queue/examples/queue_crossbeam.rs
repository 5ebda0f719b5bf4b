//! The same job with a channel from crossbeam.
//!
//! ```text
//! cargo run -p queue --example queue_crossbeam
//! ```
//!
//! The difference from the recipe: there is no `join`. Every unfinished job holds a `Sender`
//! instead, so the channel closes when the last job is done. Unlike std's, the `Receiver` can be
//! shared by all workers without a lock. Choose it when you use crossbeam already, wait for several
//! channels with `select!`, and do not need to keep the queue open after the last job is done.

#[path = "../src/cli.rs"]
mod cli;

use std::thread;

use cli::{Entry, Tally};
use crossbeam::channel::{self, Receiver, Sender};

const WORKERS: usize = 4;

struct Job {
    entry: Entry,
    /// Takes the jobs that this one finds. Only jobs have senders, so the channel closes when the
    /// last job is dropped.
    sender: Sender<Job>,
}

fn main() {
    let root = cli::root_or_exit();
    let (sender, receiver) = channel::unbounded();
    let job = Job {
        entry: root,
        sender: sender.clone(),
    };
    sender.send(job).expect("the receiver exists");
    drop(sender); // From here on, only jobs have senders.

    let mut total = Tally::default();
    thread::scope(|scope| {
        let mut workers = Vec::new();
        for _ in 0..WORKERS {
            workers.push(scope.spawn(|| work(&receiver)));
        }
        for worker in workers {
            total.merge(worker.join().expect("a worker panicked"));
        }
    });

    cli::print_report(&total);
}

fn work(receiver: &Receiver<Job>) -> Tally {
    let mut tally = Tally::default();
    for job in receiver {
        job.run(&mut tally);
    }
    tally
}

impl Job {
    /// Drops the job and its sender at the end. By then, the jobs that it found have their own.
    fn run(self, tally: &mut Tally) {
        match &self.entry {
            Entry::Directory(path) => {
                for entry in tally.list_directory(path) {
                    let job = Job {
                        entry,
                        sender: self.sender.clone(),
                    };
                    self.sender.send(job).expect("the receiver exists");
                }
            }
            Entry::File(path) => tally.count_file(path),
        }
    }
}

//! The same job with the standard library's channel.
//!
//! ```text
//! cargo run -p queue --example queue_std
//! ```
//!
//! The difference from the recipe: there is no `join`. Every unfinished job holds a `Sender`
//! instead, so the channel closes when the last job is done. A `Receiver` cannot be shared, so the
//! workers keep it in a `Mutex`: while one of them waits for a job, the others wait for the lock.
//! Choose it when you want no dependency, and do not need to keep the queue open after the last job
//! is done.

#[path = "../src/cli.rs"]
mod cli;

use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use cli::{Entry, Tally};

const WORKERS: usize = 4;

struct Job {
    entry: Entry,
    /// Takes the jobs that this one finds. Only jobs have senders, so the channel closes when the
    /// last job is dropped.
    sender: Sender<Job>,
}

fn main() {
    let root = cli::root_or_exit();
    let (sender, receiver) = mpsc::channel();
    let job = Job {
        entry: root,
        sender: sender.clone(),
    };
    sender.send(job).expect("the receiver exists");
    drop(sender); // From here on, only jobs have senders.

    let receiver = Mutex::new(receiver);
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

fn work(receiver: &Mutex<Receiver<Job>>) -> Tally {
    let mut tally = Tally::default();
    while let Some(job) = next_job(receiver) {
        job.run(&mut tally);
    }
    tally
}

/// Returns the next job, or `None` after the last one is done.
///
/// This is a function of its own because it unlocks the receiver when it returns. If `recv`
/// were called in the `while let` itself, the guard would live until the end of each iteration.
fn next_job(receiver: &Mutex<Receiver<Job>>) -> Option<Job> {
    receiver.lock().unwrap().recv().ok()
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

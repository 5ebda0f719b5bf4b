//! The same job with a tokio channel and up to four blocking tasks.
//!
//! ```text
//! cargo run -p queue --example queue_tokio
//! ```
//!
//! The difference from the recipe: one async task receives the jobs and starts a blocking task for
//! each. There is no `join`: every unfinished job holds a sender instead, so the channel closes
//! when the last job is done. The channel has a single receiver, so workers cannot share it. Choose
//! it when your program is asynchronous anyway. Otherwise, another variant is simpler.

#[path = "../src/cli.rs"]
mod cli;

use cli::{Entry, Tally};
use tokio::runtime;
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::task::JoinSet;

const WORKERS: usize = 4;

struct Job {
    entry: Entry,
    /// Takes the jobs that this one finds. Only jobs have senders, so the channel closes when the
    /// last job is dropped.
    sender: UnboundedSender<Job>,
}

fn main() {
    let root = cli::root_or_exit();
    // One thread runs the async task. The blocking tasks run in threads that the runtime adds.
    let runtime = runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime can be started");

    let total = runtime.block_on(walk(root));

    cli::print_report(&total);
}

async fn walk(root: Entry) -> Tally {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let job = Job {
        entry: root,
        sender: sender.clone(),
    };
    sender.send(job).expect("the receiver exists");
    drop(sender); // From here on, only jobs have senders.

    let mut total = Tally::default();
    let mut running = JoinSet::new();
    while let Some(job) = receiver.recv().await {
        if running.len() == WORKERS {
            let ended = running.join_next().await.expect("four jobs are running");
            total.merge(ended.expect("a job panicked"));
        }
        // Reading a file blocks its thread. In an async task, that would stop all other tasks of
        // the thread.
        running.spawn_blocking(|| job.run());
    }
    for tally in running.join_all().await {
        total.merge(tally);
    }
    total
}

impl Job {
    /// Drops the job and its sender at the end. By then, the jobs that it found have their own.
    fn run(self) -> Tally {
        let mut tally = Tally::default();
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
        tally
    }
}

//! Workers put what they find into the queue they take from, and the queue has a bound. It is full, all of them wait
//! for a free place, and nobody is left to make one.
//!
//! ```text
//! cargo run -p queue --example queue_mistake_bounded
//! ```
//!
//! The bounded queue is wrong for this, at any size: a larger tree fills it. An unbounded one is right.

use std::{process::ExitCode, thread, time::Duration};
use sync_primitives::Queue;

enum Job {
    /// A directory with so many files.
    Directory(usize),
    File,
}

fn main() -> ExitCode {
    let (bounded, _) = walk(&Queue::bounded(2), Duration::from_millis(300));
    println!("bounded: all jobs done: {bounded}");
    let (unbounded, files) = walk(&Queue::unbounded(), Duration::from_secs(10));
    println!("unbounded: all jobs done: {unbounded}, {files} files");
    if bounded {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "deadlock: the queue is full, and both workers wait in push for a pop that is theirs to do"
    );
    eprintln!(
        "leave the queue unbounded; or try_push, and do the job at once if it comes back as Full"
    );
    ExitCode::FAILURE
}

/// Whether all jobs have been done, and how many files there were.
fn walk(jobs: &Queue<Job>, patience: Duration) -> (bool, usize) {
    for _ in 0..2 {
        jobs.push(Job::Directory(3)).expect("the queue is open");
    }
    thread::scope(|scope| {
        let workers = [(); 2].map(|()| scope.spawn(|| work(jobs)));
        let done = jobs.join_for(patience); // `join` would wait for ever.
        jobs.close_now(); // Who waits in `push` gets its job back.
        (
            done,
            workers
                .map(|worker| worker.join().expect("a worker panicked"))
                .iter()
                .sum(),
        )
    })
}

/// How many files this worker came to.
fn work(jobs: &Queue<Job>) -> usize {
    let mut files = 0;
    for job in jobs.tasks() {
        match *job {
            Job::Directory(size) if (0..size).all(|_| jobs.push(Job::File).is_ok()) => {}
            Job::Directory(_) => break,
            Job::File => files += 1,
        }
    }
    files
}

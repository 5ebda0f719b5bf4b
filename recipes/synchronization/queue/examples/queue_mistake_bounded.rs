//! The workers push into the queue that they pop from, and the queue has a bound. When it is full,
//! every worker waits to push, and nobody is left to pop: a deadlock.
//!
//! ```text
//! cargo run -p queue --example queue_mistake_bounded
//! ```
//!
//! The bounded queue is wrong here, whatever its size, because a larger tree fills it as well. The
//! unbounded queue is right.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;
use sync_primitives::Queue;

enum Job {
    Directory { files: u32 },
    File,
}

struct Walk {
    is_done: bool,
    files: u32,
}

fn main() -> ExitCode {
    let bounded = walk(&Queue::bounded(2), Duration::from_millis(300)); // Wrong: workers also push.
    println!("bounded: all jobs done: {}", bounded.is_done);
    let unbounded = walk(&Queue::unbounded(), Duration::from_secs(10));
    println!("unbounded: all jobs done: {}", unbounded.is_done);
    println!("unbounded: {} files", unbounded.files);
    if bounded.is_done {
        return ExitCode::SUCCESS;
    }
    eprintln!("deadlock: the queue is full, and both workers wait in push until somebody pops");
    eprintln!("use an unbounded queue; or call try_push, and if the queue is full, do the job now");
    ExitCode::FAILURE
}

/// Lets two workers do all jobs, but gives up after `patience`.
fn walk(jobs: &Queue<Job>, patience: Duration) -> Walk {
    for _ in 0..2 {
        let job = Job::Directory { files: 3 };
        jobs.push(job).expect("the queue is open");
    }
    thread::scope(|scope| {
        let first = scope.spawn(|| work(jobs));
        let second = scope.spawn(|| work(jobs));
        let is_done = jobs.join_for(patience); // `join` would wait forever.
        jobs.close_now(); // A worker that waits in `push` gets its job back.
        let files = first.join().unwrap() + second.join().unwrap();
        Walk { is_done, files }
    })
}

/// Returns how many files this worker came to.
fn work(jobs: &Queue<Job>) -> u32 {
    let mut count = 0;
    for job in jobs.tasks() {
        match *job {
            Job::Directory { files } => {
                for _ in 0..files {
                    if jobs.push(Job::File).is_err() {
                        return count;
                    }
                }
            }
            Job::File => count += 1,
        }
    }
    count
}

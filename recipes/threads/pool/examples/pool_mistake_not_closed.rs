//! Drops a pool whose `drop` joins the thread before it closes the queue. The thread waits for jobs
//! that nobody will send, and `drop` waits for the thread.
//!
//! ```text
//! cargo run -p pool --example pool_mistake_not_closed
//! ```
//!
//! `NotClosed` is wrong: Rust drops its fields, which include the sender of the queue, only after
//! the body of `drop`. `Closed` is right: its `drop` first sets the field to `None`, which drops
//! the sender.
//!
//! `NotClosed` hangs on every run, so `main` gives up after half a second.

use std::process::ExitCode;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam::channel::{self, Sender};

/// How long `main` waits for the wrong `drop`, which never ends, and for the right one.
const SHORT: Duration = Duration::from_millis(500);
const LONG: Duration = Duration::from_secs(4);

struct NotClosed {
    _jobs: Sender<u32>,
    thread: Option<JoinHandle<()>>,
}

struct Closed {
    jobs: Option<Sender<u32>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for NotClosed {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // Wrong: the queue is still open.
        }
    }
}

impl Drop for Closed {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn main() -> ExitCode {
    let closed = ends(LONG, || {
        let (jobs, thread) = start();
        drop(Closed {
            jobs: Some(jobs),
            thread: Some(thread),
        });
    });
    println!("queue closed before `join`: `drop` returns: {closed}");
    let not_closed = ends(SHORT, || {
        let (jobs, thread) = start();
        drop(NotClosed {
            _jobs: jobs,
            thread: Some(thread),
        });
    });
    println!("queue open during `join`: `drop` returns: {not_closed}");
    if not_closed {
        return ExitCode::SUCCESS;
    }
    eprintln!("the thread waits for a job; `drop` still has the sender, and waits for the thread");
    eprintln!("keep the sender in an `Option`, and set it to `None` before you join");
    ExitCode::FAILURE
}

/// A thread that takes jobs until their queue is closed.
fn start() -> (Sender<u32>, JoinHandle<()>) {
    let (jobs, queue) = channel::unbounded();
    let thread = thread::spawn(move || {
        for _job in queue {
            // The work would be here.
        }
    });
    (jobs, thread)
}

/// Whether the function returns before the time limit.
fn ends(limit: Duration, function: fn()) -> bool {
    let (sender, has_ended) = mpsc::channel();
    // Nobody joins this thread, because it may never end.
    thread::spawn(move || {
        function();
        // `main` may have given up.
        let _ = sender.send(());
    });
    has_ended.recv_timeout(limit).is_ok()
}

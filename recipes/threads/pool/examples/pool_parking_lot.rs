//! The same job with a queue under a lock of parking_lot.
//!
//! ```text
//! cargo run -p pool --example pool_parking_lot
//! ```
//!
//! The difference from the recipe: the queue is a `VecDeque` in a `Mutex`, and a `Condvar` wakes a
//! thread when there is a job. With these you can build a queue that no channel offers, such as one
//! that hands out the largest job first. The results come back over std's channel. Choose it if you
//! need such a queue and already use parking_lot. std's `Mutex` and `Condvar` work as well.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::VecDeque;
use std::io;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};

use indicatif::ProgressBar;
use parking_lot::{Condvar, Mutex};

use cli::Outcome;

fn main() {
    let options = cli::options_or_exit();
    let pool = Pool::new(options.threads)
        .unwrap_or_else(|error| cli::exit(&format!("cannot start a thread: {error}")));
    // Draws on standard error, but only if that is a terminal.
    let progress = ProgressBar::new(options.pictures.len() as u64);

    let mut tasks = Vec::new();
    for picture in &options.pictures {
        let picture = picture.clone();
        let progress = progress.clone();
        tasks.push(pool.submit(move || {
            let thumbnail = cli::make_thumbnail(&picture);
            progress.inc(1);
            thumbnail
        }));
    }

    let mut outcomes = Vec::new();
    for (picture, task) in options.pictures.iter().zip(tasks) {
        let result = task
            .join()
            .unwrap_or_else(|payload| Err(cli::describe_panic(payload)));
        let has_failed = result.is_err();
        outcomes.push(Outcome { picture, result });
        if has_failed && options.fail_fast {
            pool.cancel();
            break;
        }
    }
    drop(pool); // Waits for the jobs that are still running.
    progress.finish_and_clear();
    cli::finish_or_exit(&options, &outcomes);
}

/// Calls the function that `submit` was given, and sends its result.
type Job = Box<dyn FnOnce() + Send>;

/// A fixed number of threads that take jobs from one queue. Dropping the pool waits until all jobs
/// are done.
struct Pool {
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
}

/// The result of a job, which may still have to be computed.
struct Task<T> {
    result: Receiver<thread::Result<T>>,
}

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    /// Notified when there is a job, and when the queue is closed.
    has_changed: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    is_closed: bool,
}

impl Pool {
    /// Starts the threads. If one of them cannot be started, the others end.
    fn new(size: usize) -> io::Result<Self> {
        assert!(size > 0, "a pool without threads would never do a job");
        let mut pool = Pool {
            queue: Arc::default(),
            threads: Vec::new(),
        };
        for number in 0..size {
            let queue = Arc::clone(&pool.queue);
            let builder = thread::Builder::new().name(format!("worker {number}"));
            let thread = builder.spawn(move || run_jobs(&queue))?;
            pool.threads.push(thread);
        }
        Ok(pool)
    }

    /// Adds a job to the queue.
    fn submit<T, F>(&self, function: F) -> Task<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let (sender, result) = mpsc::sync_channel(1);
        let job = move || {
            // `AssertUnwindSafe` is our promise that nobody sees data that a panic left half
            // changed. std's `thread::spawn` makes the same promise for its threads.
            let outcome = panic::catch_unwind(AssertUnwindSafe(function));
            // Fails if the task was dropped: then nobody wants the result.
            let _ = sender.send(outcome);
        };
        self.queue.state.lock().jobs.push_back(Box::new(job));
        self.queue.has_changed.notify_one();
        Task { result }
    }

    /// Drops the queued jobs. A job that is running runs to its end.
    fn cancel(&self) {
        let jobs = mem::take(&mut self.queue.state.lock().jobs);
        // Dropped without the lock, because a job may own anything.
        drop(jobs);
    }
}

/// Runs one job after the other until the queue is closed and empty.
fn run_jobs(queue: &Queue) {
    while let Some(job) = queue.pop() {
        job();
    }
}

impl Queue {
    /// Waits for a job. Returns `None` if the queue is closed and empty.
    fn pop(&self) -> Option<Job> {
        let mut state = self.state.lock();
        while state.jobs.is_empty() && !state.is_closed {
            self.has_changed.wait(&mut state);
        }
        state.jobs.pop_front()
    }
}

impl<T> Task<T> {
    /// Waits for the result. Returns an error if the job panicked. If it was canceled, the error is
    /// of the same kind: the payload of a panic.
    fn join(self) -> thread::Result<T> {
        self.result
            .recv()
            .unwrap_or_else(|_| Err(Box::new("the job was canceled")))
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // Closes the queue: each thread ends when the queue is empty.
        self.queue.state.lock().is_closed = true;
        self.queue.has_changed.notify_all();
        for thread in self.threads.drain(..) {
            // A job's panic does not end its thread, so there is no error to report here.
            let _ = thread.join();
        }
    }
}

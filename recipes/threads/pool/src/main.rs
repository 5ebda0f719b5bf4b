//! Make thumbnails of the pictures in a folder, on a fixed number of threads, and put them on a
//! contact sheet.
//!
//! The threads belong to a pool, which has one queue of jobs. `submit` adds a job and returns a
//! `Task`, whose `join` waits for the job's result. One of the pictures is damaged: the report says
//! so, and the others are done. With `--fail-fast`, `main` cancels the queued jobs when it joins
//! the first task that failed. It joins the tasks in the order of the pictures' names. A job that
//! is running runs to its end.
//!
//! ```text
//! cargo run -p pool                                    # the pictures in input/pictures
//! cargo run -p pool -- --sheet sheet.png my-pictures   # your own folder of PNG files
//! cargo run -p pool -- --fail-fast --threads 8         # stop at a failure
//! ```
//!
//! Prints a line for each picture, in the order of the names. The output is the same on every run.
//! Standard error says where the contact sheet is.

mod cli;

use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::thread::{self, JoinHandle};

use crossbeam::channel::{self, Receiver, Sender};
use indicatif::ProgressBar;

use cli::Outcome;

// ANCHOR: main
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
// ANCHOR_END: main

/// Calls the function that `submit` was given, and sends its result.
type Job = Box<dyn FnOnce() + Send>;

/// A fixed number of threads that take jobs from one queue. Dropping the pool waits until all jobs
/// are done.
pub(crate) struct Pool {
    /// The end of the queue where `submit` adds jobs. `None` when the pool is being dropped.
    jobs: Option<Sender<Job>>,
    /// The end of the queue where the threads take jobs.
    queue: Receiver<Job>,
    threads: Vec<JoinHandle<()>>,
}

/// The result of a job, which may still have to be computed.
pub(crate) struct Task<T> {
    result: Receiver<thread::Result<T>>,
}

impl Pool {
    /// Starts the threads. If one of them cannot be started, the others end.
    pub(crate) fn new(size: usize) -> io::Result<Self> {
        assert!(size > 0, "a pool without threads would never do a job");
        // Unbounded, because a queued job is small. So `submit` never blocks.
        let (jobs, queue) = channel::unbounded();
        let mut pool = Pool {
            jobs: Some(jobs),
            queue,
            threads: Vec::new(),
        };
        for number in 0..size {
            let queue = pool.queue.clone();
            let builder = thread::Builder::new().name(format!("worker {number}"));
            let thread = builder.spawn(move || run_jobs(&queue))?;
            pool.threads.push(thread);
        }
        Ok(pool)
    }

    /// Adds a job to the queue.
    pub(crate) fn submit<T, F>(&self, function: F) -> Task<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        // ANCHOR: job
        let (sender, result) = channel::bounded(1);
        let job = move || {
            // `AssertUnwindSafe` is our promise that nobody sees data that a panic left half
            // changed. std's `thread::spawn` makes the same promise for its threads.
            let outcome = panic::catch_unwind(AssertUnwindSafe(function));
            // Fails if the task was dropped: then nobody wants the result.
            let _ = sender.send(outcome);
        };
        // ANCHOR_END: job
        let jobs = self.jobs.as_ref().expect("the pool is not being dropped");
        jobs.send(Box::new(job))
            .expect("the pool itself has a receiver");
        Task { result }
    }

    /// Drops the queued jobs. A job that is running runs to its end.
    pub(crate) fn cancel(&self) {
        for job in self.queue.try_iter() {
            drop(job);
        }
    }
}

/// Runs one job after the other until the queue is closed and empty.
fn run_jobs(queue: &Receiver<Job>) {
    for job in queue {
        job();
    }
}

impl<T> Task<T> {
    /// Waits for the result. Returns an error if the job panicked. If it was canceled, the error is
    /// of the same kind: the payload of a panic.
    pub(crate) fn join(self) -> thread::Result<T> {
        self.result
            .recv()
            .unwrap_or_else(|_| Err(Box::new("the job was canceled")))
    }
}

// ANCHOR: drop
impl Drop for Pool {
    fn drop(&mut self) {
        // Drops the only sender, which closes the queue: each thread ends when the queue is empty.
        // Without this, `join` would wait forever.
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A job's panic does not end its thread, so there is no error to report here.
            let _ = thread.join();
        }
    }
}
// ANCHOR_END: drop

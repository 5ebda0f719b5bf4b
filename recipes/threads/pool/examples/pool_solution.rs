//! The solution of the exercise: the largest files first.
//!
//! ```text
//! cargo run -p pool --example pool_solution
//! ```
//!
//! Before `main` joins the tasks, it sorts them back into the order of the names, so the report
//! stays the same. The size of a file says roughly how long its job takes. If the size cannot be
//! read, the job will report that error.

#[path = "../src/cli.rs"]
mod cli;

use std::cmp::Reverse;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::thread::{self, JoinHandle};
use std::{fs, io};

use crossbeam::channel::{self, Receiver, Sender};
use indicatif::ProgressBar;

use cli::Outcome;

fn main() {
    let options = cli::options_or_exit();
    let pool = Pool::new(options.threads)
        .unwrap_or_else(|error| cli::exit(&format!("cannot start a thread: {error}")));
    // Draws on standard error, but only if that is a terminal.
    let progress = ProgressBar::new(options.pictures.len() as u64);

    let mut largest_first: Vec<_> = options.pictures.iter().enumerate().collect();
    // Asks for the size of each file once. `sort_by_key` would ask many times.
    largest_first.sort_by_cached_key(|(_, picture)| Reverse(file_size(picture)));
    let mut tasks = Vec::new();
    for (number, picture) in largest_first {
        let picture = picture.clone();
        let progress = progress.clone();
        let task = pool.submit(move || {
            let thumbnail = cli::make_thumbnail(&picture);
            progress.inc(1);
            thumbnail
        });
        tasks.push((number, task));
    }
    tasks.sort_by_key(|(number, _)| *number);

    let mut outcomes = Vec::new();
    for (picture, (_, task)) in options.pictures.iter().zip(tasks) {
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

fn file_size(picture: &Path) -> u64 {
    fs::metadata(picture).map_or(0, |metadata| metadata.len())
}

/// Calls the function that `submit` was given, and sends its result.
type Job = Box<dyn FnOnce() + Send>;

/// A fixed number of threads that take jobs from one queue. Dropping the pool waits until all jobs
/// are done.
struct Pool {
    /// The end of the queue where `submit` adds jobs. `None` when the pool is being dropped.
    jobs: Option<Sender<Job>>,
    /// The end of the queue where the threads take jobs.
    queue: Receiver<Job>,
    threads: Vec<JoinHandle<()>>,
}

/// The result of a job, which may still have to be computed.
struct Task<T> {
    result: Receiver<thread::Result<T>>,
}

impl Pool {
    /// Starts the threads. If one of them cannot be started, the others end.
    fn new(size: usize) -> io::Result<Self> {
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
    fn submit<T, F>(&self, function: F) -> Task<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let (sender, result) = channel::bounded(1);
        let job = move || {
            // `AssertUnwindSafe` is our promise that nobody sees data that a panic left half
            // changed. std's `thread::spawn` makes the same promise for its threads.
            let outcome = panic::catch_unwind(AssertUnwindSafe(function));
            // Fails if the task was dropped: then nobody wants the result.
            let _ = sender.send(outcome);
        };
        let jobs = self.jobs.as_ref().expect("the pool is not being dropped");
        jobs.send(Box::new(job))
            .expect("the pool itself has a receiver");
        Task { result }
    }

    /// Drops the queued jobs. A job that is running runs to its end.
    fn cancel(&self) {
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
    fn join(self) -> thread::Result<T> {
        self.result
            .recv()
            .unwrap_or_else(|_| Err(Box::new("the job was canceled")))
    }
}

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

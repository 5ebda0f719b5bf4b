//! Runs jobs that wait for other jobs of the same pool. When every thread has such a job, no thread
//! is left for the jobs that they wait for.
//!
//! ```text
//! cargo run -p pool --example pool_mistake_waits_in_pool
//! ```
//!
//! `wait_inside` is wrong: each job submits a second one and waits for its result. `wait_outside`
//! is right: the job returns the receiver of that result instead of waiting. The caller, which is
//! not a thread of the pool, waits for it.
//!
//! Both jobs begin before either of them submits, so `wait_inside` hangs on every run. `main` gives
//! up after half a second.

use std::process::ExitCode;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use crossbeam::channel::{self, Receiver, RecvTimeoutError, Sender};

const THREADS: usize = 2;

/// How long `main` waits for the wrong jobs, which never end, and for the right ones.
const SHORT: Duration = Duration::from_millis(500);
const LONG: Duration = Duration::from_secs(4);

type Job = Box<dyn FnOnce() + Send>;

/// Nobody joins the threads, because they may never end.
#[derive(Clone)]
struct Pool {
    jobs: Sender<Job>,
}

fn main() -> ExitCode {
    let outside = wait_outside();
    println!("the caller waits: {}", ending(outside));
    let inside = wait_inside();
    println!("the jobs wait: {}", ending(inside));
    if inside.is_ok() {
        return ExitCode::SUCCESS;
    }
    eprintln!("every thread waits for a job that is still in the queue of its own pool");
    eprintln!("let the caller wait, or use rayon, whose threads do other jobs while they wait");
    ExitCode::FAILURE
}

fn ending(pixels: Result<u32, RecvTimeoutError>) -> String {
    match pixels {
        Ok(pixels) => format!("{pixels} pixels are done"),
        Err(_) => "it hangs".to_string(),
    }
}

fn wait_inside() -> Result<u32, RecvTimeoutError> {
    let pool = Pool::new();
    let all_begun = Arc::new(Barrier::new(THREADS));
    let mut results = Vec::new();
    for _ in 0..THREADS {
        let (inner, all_begun) = (pool.clone(), Arc::clone(&all_begun));
        results.push(pool.submit(move || {
            all_begun.wait();
            let half = inner.submit(half_of_a_picture);
            half.recv().expect("a result comes") // Wrong: no thread is left to do it.
        }));
    }
    let mut pixels = 0;
    for result in results {
        pixels += result.recv_timeout(SHORT)?;
    }
    Ok(pixels)
}

fn wait_outside() -> Result<u32, RecvTimeoutError> {
    let pool = Pool::new();
    let all_begun = Arc::new(Barrier::new(THREADS));
    let mut results = Vec::new();
    for _ in 0..THREADS {
        let (inner, all_begun) = (pool.clone(), Arc::clone(&all_begun));
        results.push(pool.submit(move || {
            all_begun.wait();
            inner.submit(half_of_a_picture)
        }));
    }
    let mut pixels = 0;
    for result in results {
        let half = result.recv_timeout(LONG)?;
        pixels += half.recv_timeout(LONG)?;
    }
    Ok(pixels)
}

fn half_of_a_picture() -> u32 {
    64 * 32
}

impl Pool {
    fn new() -> Self {
        let (jobs, queue) = channel::unbounded::<Job>();
        for _ in 0..THREADS {
            let queue = queue.clone();
            thread::spawn(move || {
                for job in queue {
                    job();
                }
            });
        }
        Pool { jobs }
    }

    fn submit<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Receiver<T> {
        let (sender, result) = channel::bounded(1);
        let job = Box::new(move || {
            // Fails if the caller has given up.
            let _ = sender.send(job());
        });
        self.jobs.send(job).expect("the threads do not panic");
        result
    }
}

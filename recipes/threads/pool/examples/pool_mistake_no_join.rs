//! Drops a pool whose threads nobody joins. The program goes on before the jobs are done.
//!
//! ```text
//! cargo run -p pool --example pool_mistake_no_join
//! ```
//!
//! `Forgetful` is wrong: it does not implement `Drop`, so only its fields are dropped, and a thread
//! whose handle is dropped goes on by itself. If `main` returned now, the process would end, and
//! the pictures would never be written. `Careful` is right: it closes the queue and joins its
//! threads.
//!
//! The jobs wait for a slow disk. For `Forgetful` it becomes ready after `drop` has returned, and
//! for `Careful` while `drop` waits.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::{self, JoinHandle};

use crossbeam::channel::{self, Receiver, Sender};

const PICTURES: usize = 3;

type Job = Box<dyn FnOnce() + Send>;

/// Dropping this drops the sender, which closes the queue, and the handles of the threads.
struct Forgetful {
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

struct Careful(Forgetful);

impl Drop for Careful {
    fn drop(&mut self) {
        self.0.jobs = None;
        for thread in self.0.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn main() -> ExitCode {
    let forgetful = written_by_forgetful();
    println!("not joined: {forgetful} of {PICTURES} pictures are written");
    let careful = written_by_careful();
    println!("joined: {careful} of {PICTURES} pictures are written");
    if forgetful == PICTURES {
        return ExitCode::SUCCESS;
    }
    eprintln!("dropping the handle of a thread does not wait for the thread");
    eprintln!("implement `Drop` for the pool: close the queue, and then join all threads");
    ExitCode::FAILURE
}

fn written_by_forgetful() -> usize {
    let pool = Forgetful::new();
    let (ready, disk) = channel::bounded(0);
    let written = pool.write_pictures(&disk);
    drop(pool); // Wrong: does not wait for the threads.
    let count = written.load(Relaxed);
    drop(ready);
    count
}

fn written_by_careful() -> usize {
    let pool = Careful(Forgetful::new());
    let (ready, disk) = channel::bounded(0);
    let written = pool.0.write_pictures(&disk);
    thread::spawn(move || drop(ready));
    drop(pool);
    written.load(Relaxed)
}

impl Forgetful {
    fn new() -> Self {
        let (jobs, queue) = channel::unbounded::<Job>();
        let mut threads = Vec::new();
        for _ in 0..2 {
            let queue = queue.clone();
            threads.push(thread::spawn(move || {
                for job in queue {
                    job();
                }
            }));
        }
        Forgetful {
            jobs: Some(jobs),
            threads,
        }
    }

    /// Submits jobs that wait for the disk, and returns the counter of those that are done.
    fn write_pictures(&self, disk: &Receiver<()>) -> Arc<AtomicUsize> {
        let written = Arc::new(AtomicUsize::new(0));
        let jobs = self.jobs.as_ref().expect("the queue is open");
        for _ in 0..PICTURES {
            let (disk, written) = (disk.clone(), Arc::clone(&written));
            let job = Box::new(move || {
                // Returns, with an error, when `ready` is dropped: the disk is ready.
                let _ = disk.recv();
                written.fetch_add(1, Relaxed);
            });
            jobs.send(job).expect("there are threads");
        }
        written
    }
}

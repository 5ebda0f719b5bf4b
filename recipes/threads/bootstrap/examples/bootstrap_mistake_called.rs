//! A function that should make a job for a thread does the work itself. So all of the work runs on
//! the thread of `main`, and the threads have nothing left to do.
//!
//! ```text
//! cargo run -p bootstrap --example bootstrap_mistake_called
//! ```
//!
//! `finished_job` is wrong: the body of the function computes the sum, and the closure that it
//! returns only hands the sum over. `thread::spawn(finished_job(0))` calls the function first, on
//! the thread that spawns, and then passes the closure to the new thread. `job` is right: the work
//! is inside the closure. The sums are right in both cases, so the exit status is 0.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, ThreadId};

const CHUNKS: u64 = 4;

/// How many chunks were computed on the thread of `main`.
static ON_MAIN: AtomicUsize = AtomicUsize::new(0);

fn main() {
    let main = thread::current().id();

    let mut threads = Vec::new();
    for chunk in 0..CHUNKS {
        threads.push(thread::spawn(finished_job(chunk, main))); // Wrong: does the work here.
    }
    let sums: Vec<u64> = threads
        .into_iter()
        .map(|thread| thread.join().expect("no thread panics"))
        .collect();
    let wrong = ON_MAIN.swap(0, Ordering::Relaxed);
    println!("work before the closure: sums {sums:?}, {wrong} of {CHUNKS} on the thread of main");

    let mut threads = Vec::new();
    for chunk in 0..CHUNKS {
        threads.push(thread::spawn(job(chunk, main)));
    }
    let sums: Vec<u64> = threads
        .into_iter()
        .map(|thread| thread.join().expect("no thread panics"))
        .collect();
    let right = ON_MAIN.swap(0, Ordering::Relaxed);
    println!("work inside the closure: sums {sums:?}, {right} of {CHUNKS} on the thread of main");

    if wrong > right {
        eprintln!("no parallelism: the work is done before the thread starts");
        eprintln!("put the work inside the closure, and pass the closure without calling it");
    }
}

fn finished_job(chunk: u64, main: ThreadId) -> impl FnOnce() -> u64 {
    let sum = add_up(chunk, main);
    move || sum
}

fn job(chunk: u64, main: ThreadId) -> impl FnOnce() -> u64 {
    move || add_up(chunk, main)
}

fn add_up(chunk: u64, main: ThreadId) -> u64 {
    if thread::current().id() == main {
        ON_MAIN.fetch_add(1, Ordering::Relaxed);
    }
    (100 * chunk..100 * (chunk + 1)).sum()
}

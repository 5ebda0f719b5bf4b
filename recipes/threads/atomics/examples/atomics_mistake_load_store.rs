//! A thread loads a count, adds 1 and stores the sum. Another thread does the same in between, and
//! one of the two updates is lost.
//!
//! ```text
//! cargo run -p atomics --example atomics_mistake_load_store
//! ```
//!
//! `count_in_two_steps` is wrong: the load is atomic, and so is the store, but both together are
//! not. `count_in_one_step` is right: no other thread can come between the load and the store of a
//! `fetch_add`. A stronger ordering would not help: this program uses the strongest one.

use std::process::ExitCode;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

const THREADS: usize = 2;
const REQUESTS_OF_EACH: u64 = 1000;

fn main() -> ExitCode {
    let requests = THREADS as u64 * REQUESTS_OF_EACH;

    let counted = AtomicU64::new(0);
    let barrier = Barrier::new(THREADS);
    in_each_thread(|| count_in_two_steps(&counted, &barrier));
    let counted = counted.into_inner();
    println!("load and store: {requests} requests, {counted} counted");

    let counted_at_once = AtomicU64::new(0);
    in_each_thread(|| count_in_one_step(&counted_at_once));
    let counted_at_once = counted_at_once.into_inner();
    println!("fetch_add: {requests} requests, {counted_at_once} counted");

    if counted == requests {
        return ExitCode::SUCCESS;
    }
    eprintln!("lost update: both threads loaded the same count, and both stored the next one");
    eprintln!("add with fetch_add, which loads and stores in one step");
    ExitCode::FAILURE
}

fn in_each_thread(count: impl Fn() + Sync) {
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(&count);
        }
    });
}

fn count_in_two_steps(counted: &AtomicU64, barrier: &Barrier) {
    for _ in 0..REQUESTS_OF_EACH {
        let count = counted.load(Ordering::SeqCst);
        barrier.wait(); // Now both threads have loaded. Without this it happens only now and then.
        counted.store(count + 1, Ordering::SeqCst); // Wrong: overwrites the other thread's update.
        barrier.wait(); // Now both threads have stored the same number.
    }
}

fn count_in_one_step(counted: &AtomicU64) {
    for _ in 0..REQUESTS_OF_EACH {
        counted.fetch_add(1, Ordering::SeqCst);
    }
}

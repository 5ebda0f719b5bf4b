//! A thread loads a count, adds 1 and stores the sum. Another thread does the same in between, and
//! its update is lost.
//!
//! ```text
//! cargo run -p atomics --example atomics_mistake_load_store
//! ```
//!
//! `count_in_two_steps` is wrong: the load is atomic, and so is the store, but both together are
//! not. `count_in_one_step` is right: no other thread can come between the load and the store of a
//! `fetch_add`. A stronger ordering would not help, and this program uses the strongest.

use std::process::ExitCode;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

const THREADS: usize = 2;
const REQUESTS_OF_EACH: u64 = 1000;

fn main() -> ExitCode {
    let requests = THREADS as u64 * REQUESTS_OF_EACH;

    let counted = AtomicU64::new(0);
    let both_have_loaded = Barrier::new(THREADS);
    in_each_thread(|| count_in_two_steps(&counted, &both_have_loaded));
    let counted = counted.into_inner();
    println!("load and store: {requests} requests, {counted} counted");

    let counted_in_one = AtomicU64::new(0);
    in_each_thread(|| count_in_one_step(&counted_in_one));
    let counted_in_one = counted_in_one.into_inner();
    println!("fetch_add: {requests} requests, {counted_in_one} counted");

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

fn count_in_two_steps(counted: &AtomicU64, both_have_loaded: &Barrier) {
    for _ in 0..REQUESTS_OF_EACH {
        let count = counted.load(Ordering::SeqCst);
        both_have_loaded.wait(); // Both threads are rarely here by chance. This makes it certain.
        counted.store(count + 1, Ordering::SeqCst); // Wrong: another thread may have counted.
        both_have_loaded.wait(); // Both have stored the same number before either loads again.
    }
}

fn count_in_one_step(counted: &AtomicU64) {
    for _ in 0..REQUESTS_OF_EACH {
        counted.fetch_add(1, Ordering::SeqCst);
    }
}

//! Loses an update: each thread reads the total under one lock and writes it under the next.
//!
//! ```text
//! cargo run -p skeleton --example skeleton_mistake_lost_update
//! ```
//!
//! Between its two locks, a thread does not hold the guard. The other thread reads the total there
//! and later overwrites it. The barrier makes this happen on every run.

use std::process::ExitCode;
use std::sync::Barrier;
use std::thread;

use sync_primitives::Lock;

fn main() -> ExitCode {
    let total = Lock::new(0);
    let both_have_read = Barrier::new(2);

    thread::scope(|scope| {
        scope.spawn(|| add_one(&total, &both_have_read));
        scope.spawn(|| add_one(&total, &both_have_read));
    });

    let total = total.into_inner();
    println!("two threads have added 1 each, and the total is {total}");
    if total == 2 {
        return ExitCode::SUCCESS;
    }
    eprintln!("lost update: both threads read 0, and both wrote 1");
    eprintln!("keep the guard from the read to the write, so that no thread gets in between");
    ExitCode::FAILURE
}

fn add_one(total: &Lock<u32>, both_have_read: &Barrier) {
    let before = *total.lock(); // Wrong: drops its guard at the end of the statement.
    both_have_read.wait();
    *total.lock() = before + 1; // Overwrites what the other thread has written.
}

//! Takes two permits one by one: a deadlock. Each of three threads holds one of the three permits
//! and waits for a second one.
//!
//! ```text
//! cargo run -p semaphore --example semaphore_mistake_one_by_one
//! ```
//!
//! `copy_one_by_one` is wrong: it keeps the first permit while it waits for the second.
//! `copy_at_once` is right: `acquire_many` takes both in one call, so threads take turns.

use std::process::ExitCode;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use sync_primitives::Semaphore;

const THREADS: usize = 3;

/// Each copy needs a connection to read from, and another to write to.
const CONNECTIONS: usize = 2;

fn main() -> ExitCode {
    let wrong = count_copies(copy_one_by_one);
    println!("permits one by one: {wrong} of {THREADS} files copied");
    let right = count_copies(copy_at_once);
    println!("both permits at once: {right} of {THREADS} files copied");
    if wrong == THREADS {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "deadlock: each of three threads holds one of three permits and waits for another one"
    );
    eprintln!("take all permits in one call of acquire_many");
    ExitCode::FAILURE
}

/// Lets each thread copy a file, and returns how many succeeded.
fn count_copies(copy: fn(&Semaphore, &Barrier) -> bool) -> usize {
    let permits = Semaphore::new(3);
    let barrier = Barrier::new(THREADS);
    thread::scope(|scope| {
        let threads = [(); THREADS].map(|()| scope.spawn(|| copy(&permits, &barrier)));
        let mut count = 0;
        for thread in threads {
            if thread.join().expect("a thread panicked") {
                count += 1;
            }
        }
        count
    })
}

fn copy_one_by_one(permits: &Semaphore, barrier: &Barrier) -> bool {
    let _source = permits.acquire();
    // The scheduler may stop every thread here. The barrier makes it happen on every run.
    barrier.wait();
    // `acquire` would wait forever.
    let target = permits.try_acquire_for(Duration::from_millis(300)); // Wrong: holds one already.
    barrier.wait(); // No thread drops its first permit while another still waits for its second.
    target.is_some()
}

fn copy_at_once(permits: &Semaphore, _: &Barrier) -> bool {
    let _source_and_target = permits.acquire_many(CONNECTIONS);
    true
}

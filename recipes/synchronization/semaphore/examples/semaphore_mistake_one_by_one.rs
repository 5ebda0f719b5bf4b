//! Takes a permit and then another one. Three threads have one each, all want a second, and nobody gives back the
//! first.
//!
//! ```text
//! cargo run -p semaphore --example semaphore_mistake_one_by_one
//! ```
//!
//! `copy_one_by_one` is wrong. `copy_at_once` is right: `acquire_many` waits with nothing in its hands until there are
//! two.

use std::{process::ExitCode, sync::Barrier, thread, time::Duration};
use sync_primitives::Semaphore;

const THREADS: usize = 3;

/// A connection to read from and one to write to.
const CONNECTIONS: usize = 2;

fn main() -> ExitCode {
    let one_by_one = copies(copy_one_by_one);
    println!("one permit, then another: {one_by_one} of {THREADS} files copied");
    let at_once = copies(copy_at_once);
    println!("both permits at once: {at_once} of {THREADS} files copied");
    if one_by_one == THREADS {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "deadlock: three threads have one of three permits each, and each waits for a second"
    );
    eprintln!(
        "take what you need in one call of acquire_many, or make room for all: n threads that take k need n(k-1)+1"
    );
    ExitCode::FAILURE
}

/// Lets each thread copy a file, and returns how many could.
fn copies(copy: fn(&Semaphore, &Barrier) -> bool) -> usize {
    let (permits, together) = (Semaphore::new(3), Barrier::new(THREADS));
    thread::scope(|scope| {
        let threads = [(); THREADS].map(|()| scope.spawn(|| copy(&permits, &together)));
        threads
            .map(|thread| thread.join().expect("a thread panicked"))
            .iter()
            .filter(|copied| **copied)
            .count()
    })
}

fn copy_one_by_one(permits: &Semaphore, together: &Barrier) -> bool {
    let _source = permits.acquire();
    together.wait(); // The scheduler can stop each of them here. This makes it happen at every run.
    // `acquire` would wait for ever.
    let target = permits.try_acquire_for(Duration::from_millis(300));
    together.wait(); // Nobody gives up the first before all have given up the second.
    target.is_some()
}

fn copy_at_once(permits: &Semaphore, _: &Barrier) -> bool {
    let _source_and_target = permits.acquire_many(CONNECTIONS);
    true
}

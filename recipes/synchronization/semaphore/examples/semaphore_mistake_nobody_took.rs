//! Gives a permit back twice: by `add_permits`, and by dropping it. From then on there is one
//! permit too many, and a server for three has four clients at once.
//!
//! ```text
//! cargo run -p semaphore --example semaphore_mistake_nobody_took
//! ```
//!
//! The `add_permits` in `ask` is wrong, because dropping the permit gives it back. A
//! `BoundedSemaphore` knows how many permits there may be, and its `add_permits` refuses one more.

use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use sync_primitives::{Barrier, BoundedSemaphore, Semaphore};

const LIMIT: usize = 3;

fn main() -> ExitCode {
    let permits = Semaphore::new(LIMIT);
    ask(&permits, "forty-two");
    let peak = peak_number_of_clients(&permits);
    println!("Semaphore: {peak} clients at once, the limit is {LIMIT}");

    let permits = BoundedSemaphore::new(LIMIT);
    let refused = permits.add_permits(1).is_err();
    println!("BoundedSemaphore: the fourth permit is refused: {refused}");
    if peak <= LIMIT {
        return ExitCode::SUCCESS;
    }
    eprintln!("too many clients: a failed request took one permit and gave back two");
    eprintln!("only drop the permit; add_permits is for a server that can serve more than before");
    ExitCode::FAILURE
}

fn ask(permits: &Semaphore, number: &str) {
    let _permit = permits.acquire();
    if number.parse::<u64>().is_err() {
        permits.add_permits(1); // Wrong: dropping `_permit` already gives it back.
    }
}

/// Starts four clients. Each stays until all four are there, or until it has waited long enough.
fn peak_number_of_clients(permits: &Semaphore) -> usize {
    let all = Barrier::new(LIMIT + 1);
    let inside = AtomicUsize::new(0);
    let peak = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..all.parties() {
            scope.spawn(|| {
                let _permit = permits.acquire();
                peak.fetch_max(inside.fetch_add(1, Relaxed) + 1, Relaxed);
                let _ = all.wait_for(Duration::from_secs(5));
                inside.fetch_sub(1, Relaxed);
            });
        }
    });
    peak.into_inner()
}

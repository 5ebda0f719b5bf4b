//! Gives a permit back by hand that its `Drop` gives back as well. From then on there is a permit that nobody took, and
//! a server for three has four clients at once.
//!
//! ```text
//! cargo run -p semaphore --example semaphore_mistake_nobody_took
//! ```
//!
//! The `add_permits` in `ask` is wrong: a permit gives back by itself what it took. A `BoundedSemaphore` knows how many
//! there may be, and its `add_permits` refuses one more.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::{process::ExitCode, thread, time::Duration};
use sync_primitives::{Barrier, BoundedSemaphore, Semaphore};

const PLACES: usize = 3;

fn main() -> ExitCode {
    let permits = Semaphore::new(PLACES);
    ask(&permits, "forty-two");
    let most = most_at_once(&permits);
    println!("with a Semaphore: {most} clients at once, {PLACES} places");

    let permits = BoundedSemaphore::new(PLACES);
    let refused = permits.add_permits(1).is_err();
    println!("with a BoundedSemaphore: the permit that nobody took is refused: {refused}");
    if most <= PLACES {
        return ExitCode::SUCCESS;
    }
    eprintln!("too many clients: a request that failed took one permit and gave back two");
    eprintln!(
        "let the permit drop and do no more; add_permits is for a server that has got another place"
    );
    ExitCode::FAILURE
}

fn ask(permits: &Semaphore, number: &str) {
    let _permit = permits.acquire();
    if number.parse::<u64>().is_err() {
        permits.add_permits(1); // The mistake: the end of this function gives the permit back, too.
    }
}

/// Sends four clients, who stay until all of them are there, or one is not let in for a while.
fn most_at_once(permits: &Semaphore) -> usize {
    let all = Barrier::new(PLACES + 1);
    let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..all.parties() {
            scope.spawn(|| {
                let _permit = permits.acquire();
                most.fetch_max(inside.fetch_add(1, Relaxed) + 1, Relaxed);
                let _ = all.wait_for(Duration::from_secs(5));
                inside.fetch_sub(1, Relaxed);
            });
        }
    });
    most.into_inner()
}

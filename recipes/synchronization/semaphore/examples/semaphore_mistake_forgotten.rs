//! Forgets a permit, and adds it again at the end of a thread that may return earlier. After three
//! bad requests no permit is left, and the fourth request waits forever.
//!
//! ```text
//! cargo run -p semaphore --example semaphore_mistake_forgotten
//! ```
//!
//! `forget_and_add` is wrong: the early `return` skips `add_permits`, and so would a panic. `keep`
//! is right: the permit has moved into the thread, which drops it however the thread ends.

use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use sync_primitives::{OwnedSemaphorePermit, Semaphore};

const REQUESTS: [&str; 5] = ["one", "", "1.5", "15", "21"];

fn main() -> ExitCode {
    let total = REQUESTS.len();
    let wrong = count_started(forget_and_add, Duration::from_millis(300));
    println!("permits forgotten and added: {wrong} of {total} requests started");
    let right = count_started(keep, Duration::from_secs(10));
    println!("permits moved into the threads: {right} of {total} requests started");
    if wrong == total {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "the fourth request waits forever: three requests ended without giving their permits back"
    );
    eprintln!("move a permit from acquire_owned into the thread, which drops it on every path");
    ExitCode::FAILURE
}

/// Takes a permit for each request, starts a thread for it, and returns how many it started.
fn count_started(work: fn(OwnedSemaphorePermit, &Semaphore, &str), patience: Duration) -> usize {
    let permits = Arc::new(Semaphore::new(3));
    let mut started = 0;
    thread::scope(|scope| {
        for request in REQUESTS {
            // `acquire_owned` alone would wait forever. No other thread takes permits, so a permit
            // that is free here is still free on the next line.
            if permits.try_acquire_for(patience).is_none() {
                break;
            }
            let permit = permits.clone().acquire_owned();
            scope.spawn(|| work(permit, &permits, request));
            started += 1;
        }
    });
    started
}

fn forget_and_add(permit: OwnedSemaphorePermit, permits: &Semaphore, request: &str) {
    permit.forget(); // Wrong: if `add_permits` is skipped, the permit is lost.
    let Ok(number) = request.parse::<u64>() else {
        return;
    };
    serve(number);
    permits.add_permits(1);
}

fn keep(_permit: OwnedSemaphorePermit, _: &Semaphore, request: &str) {
    let Ok(number) = request.parse::<u64>() else {
        return;
    };
    serve(number);
}

fn serve(number: u64) {
    assert!(number > 1, "a number has a prime factor");
}

//! Forgets permits, to give them back by hand in another thread, which does so only if all goes well there. After three
//! bad requests no permit is left, and the fourth waits for ever.
//!
//! ```text
//! cargo run -p semaphore --example semaphore_mistake_forgotten
//! ```
//!
//! `forget_and_add` is wrong: the `return` for a bad number leaves out the `add_permits`, and so would a panic. `keep`
//! is right: the permit has moved into the thread, which drops it however it ends.

use std::sync::Arc;
use std::{process::ExitCode, thread, time::Duration};
use sync_primitives::{OwnedSemaphorePermit, Semaphore};

const REQUESTS: [&str; 5] = ["one", "", "1.5", "15", "21"];

fn main() -> ExitCode {
    let forgotten = begun(forget_and_add, Duration::from_millis(300));
    println!(
        "permits forgotten and added: {forgotten} of {} requests begun",
        REQUESTS.len()
    );
    let moved = begun(keep, Duration::from_secs(10));
    println!(
        "permits moved into the threads: {moved} of {} requests begun",
        REQUESTS.len()
    );
    if forgotten == REQUESTS.len() {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "no permit is left, and nobody has one who could give it back: three requests ended without add_permits"
    );
    eprintln!("move an acquire_owned permit into the thread: no early return forgets to drop it");
    ExitCode::FAILURE
}

/// Begins a thread for each request, with a permit, and returns how many it came to.
fn begun(work: fn(OwnedSemaphorePermit, &Semaphore, &str), patience: Duration) -> usize {
    let permits = Arc::new(Semaphore::new(3));
    let mut begun = 0;
    thread::scope(|scope| {
        for request in REQUESTS {
            // `acquire_owned` alone would wait for ever. Nobody else takes permits: what is free here, is free there.
            if permits.try_acquire_for(patience).is_none() {
                break;
            }
            let permit = permits.clone().acquire_owned();
            scope.spawn(|| work(permit, &permits, request));
            begun += 1;
        }
    });
    begun
}

fn forget_and_add(permit: OwnedSemaphorePermit, permits: &Semaphore, request: &str) {
    permit.forget(); // "It is given back below."
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
    assert!(number > 1, "a server would send the largest prime factor");
}

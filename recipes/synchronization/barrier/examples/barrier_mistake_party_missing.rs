//! It hangs: the barrier is for four threads, but only three are started. Nine rows in four parts
//! would be 2.25 rows each. That is rounded up to 3, so there are three parts.
//!
//! ```text
//! cargo run -p barrier --example barrier_mistake_party_missing
//! ```
//!
//! `Barrier::new(THREADS)` is wrong. The right number is how many threads really start:
//! `parts.len()`.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use sync_primitives::Barrier;

const THREADS: usize = 4;
const ROWS: [u32; 9] = [3, 1, 4, 1, 5, 9, 2, 6, 5];

fn main() -> ExitCode {
    let parts: Vec<&[u32]> = ROWS.chunks(ROWS.len().div_ceil(THREADS)).collect();
    let threads = parts.len();
    let barrier = Barrier::new(THREADS); // Wrong: nine rows make only three parts.
    let passed = meet(&parts, &barrier, Duration::from_millis(300));
    println!("a barrier for {THREADS}: {passed} of {threads} threads passed it");
    let barrier = Barrier::new(threads);
    let all_passed = meet(&parts, &barrier, Duration::from_secs(10));
    println!("a barrier for {threads}: {all_passed} of {threads} threads passed it");
    if passed == threads {
        return ExitCode::SUCCESS;
    }
    eprintln!("deadlock: {threads} threads wait for a fourth that was never started");
    eprintln!("take the number of parties from the threads that you start");
    ExitCode::FAILURE
}

/// Starts a thread for each part. The thread does its part of the work, then meets the others.
/// Returns how many threads get past the barrier.
fn meet(parts: &[&[u32]], barrier: &Barrier, patience: Duration) -> usize {
    thread::scope(|scope| {
        let mut workers = Vec::new();
        for part in parts {
            workers.push(scope.spawn(move || {
                let _sum: u32 = part.iter().sum();
                barrier.wait_for(patience).is_ok() // `wait` would wait forever.
            }));
        }
        let mut passed = 0;
        for worker in workers {
            passed += usize::from(worker.join().expect("a thread panicked"));
        }
        passed
    })
}

//! Makes a barrier for four, and comes with three: nine rows in bands of at least nine quarters of a row are three
//! bands.
//!
//! ```text
//! cargo run -p barrier --example barrier_mistake_party_missing
//! ```
//!
//! `Barrier::new(THREADS)` is wrong. Right is the number of threads that are really started: `bands.len()`.

use std::{process::ExitCode, thread, time::Duration};
use sync_primitives::Barrier;

const THREADS: usize = 4;
const ROWS: [u32; 9] = [3, 1, 4, 1, 5, 9, 2, 6, 5];

fn main() -> ExitCode {
    let bands: Vec<_> = ROWS.chunks(ROWS.len().div_ceil(THREADS)).collect();
    let passed = meet(&bands, &Barrier::new(THREADS), Duration::from_millis(300));
    println!(
        "a barrier for {THREADS}: {passed} of {} threads passed it",
        bands.len()
    );
    let all_passed = meet(&bands, &Barrier::new(bands.len()), Duration::from_secs(10));
    println!(
        "a barrier for {}: {all_passed} of {} threads passed it",
        bands.len(),
        bands.len()
    );
    if passed == bands.len() {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "nobody goes on: {} threads wait for a fourth, which was never started",
        bands.len()
    );
    eprintln!("count the parties where you start them, not where you wish for them");
    ExitCode::FAILURE
}

/// A thread for each band meets the others when it has done its part. How many get past the meeting?
fn meet(bands: &[&[u32]], meeting: &Barrier, patience: Duration) -> usize {
    thread::scope(|scope| {
        let part = |band: &[u32]| (band.iter().sum::<u32>(), meeting.wait_for(patience)); // `wait` would wait for ever.
        let threads: Vec<_> = bands
            .iter()
            .map(|band| scope.spawn(move || part(band)))
            .collect();
        let ends = threads
            .into_iter()
            .map(|thread| thread.join().expect("a thread panicked"));
        ends.filter(|(_, passed)| passed.is_ok()).count()
    })
}

//! The result is wrong: threads read each other's cells, wait at the barrier, and write their own
//! cells, step after step on one board. A thread that is ahead reads a cell for the next step that
//! its owner has not yet written in this one: a race condition.
//!
//! ```text
//! cargo run -p barrier --example barrier_mistake_one_wait
//! ```
//!
//! One wait in each step is wrong here: nothing separates writing from the next reading. Two waits
//! are right. So are two boards, as in the recipe, where the threads read from a board to which no
//! thread writes.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use sync_primitives::{Barrier, Event};

/// Each cell becomes the sum of both: 1 2, then 3 3, then 6 6.
const START: [u32; 2] = [1, 2];
const STEPS: usize = 2;

fn main() -> ExitCode {
    let one = play(1, Duration::from_secs(10)); // Wrong: no wait between writing and reading.
    println!("one wait in each step: {one:?}");
    let two = play(2, Duration::from_millis(100));
    println!("two waits in each step: {two:?}");
    if one == [6, 6] {
        return ExitCode::SUCCESS;
    }
    eprintln!("race condition: in step 2 a thread read 3 and 2, although step 1 makes both 3");
    eprintln!("wait after writing as well, or read from one board and write to another");
    ExitCode::FAILURE
}

fn play(waits: usize, patience: Duration) -> [u32; 2] {
    let cells = START.map(AtomicU32::new);
    let barrier = Barrier::new(cells.len());
    let ahead = Event::new();
    let play_cell = |own: usize| {
        for step in 1..=STEPS {
            let sum = cells.iter().map(|cell| cell.load(Relaxed)).sum();
            if own == 0 && step == 2 {
                ahead.set();
            }
            barrier.wait().expect("no thread breaks the barrier");
            if own == 1 && step == 1 {
                // The scheduler may stop this thread here until the other one has read again. This
                // makes it happen on every run, unless a second wait prevents it.
                let _ = ahead.wait_for(patience);
            }
            cells[own].store(sum, Relaxed);
            if waits == 2 {
                barrier.wait().expect("no thread breaks the barrier");
            }
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| play_cell(0));
        scope.spawn(|| play_cell(1));
    });
    cells.map(AtomicU32::into_inner)
}

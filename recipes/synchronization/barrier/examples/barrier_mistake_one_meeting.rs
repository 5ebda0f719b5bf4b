//! Threads read each other's cells, meet, and write their own, round after round on one board. One that is ahead reads
//! in the next round what another has yet to write in this one.
//!
//! ```text
//! cargo run -p barrier --example barrier_mistake_one_meeting
//! ```
//!
//! One meeting a round is wrong here: nothing stands between writing and the next reading. Two are right, and so are
//! two boards, as in the recipe: there the next reading is on the board that nobody writes to.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::{process::ExitCode, thread, time::Duration};
use sync_primitives::{Barrier, Event};

/// Each cell becomes the sum of both: 1 2, then 3 3, then 6 6.
const START: [u32; 2] = [1, 2];
const ROUNDS: usize = 2;

fn main() -> ExitCode {
    let one = play(1, Duration::from_secs(10));
    println!("one meeting a round: {one:?}");
    println!(
        "two meetings a round: {:?}",
        play(2, Duration::from_millis(100))
    );
    if one == [6, 6] {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "wrong sum: in round 2 a thread read 3 and 2, since the other had not written its 3 of round 1"
    );
    eprintln!("meet after writing, too, or read from one board and write to another");
    ExitCode::FAILURE
}

fn play(meetings: usize, patience: Duration) -> [u32; 2] {
    let cells = START.map(AtomicU32::new);
    let (meeting, ahead) = (Barrier::new(cells.len()), Event::new());
    let play = |own: usize| {
        for round in 1..=ROUNDS {
            let sum = cells.iter().map(|cell| cell.load(Relaxed)).sum();
            if (own, round) == (0, 2) {
                ahead.set();
            }
            meeting.wait().expect("nobody breaks it");
            if (own, round) == (1, 1) {
                // The scheduler can stop this thread here until the other one has read again. This makes it happen at
                // every run, unless a second meeting is in the way.
                let _ = ahead.wait_for(patience);
            }
            cells[own].store(sum, Relaxed);
            if meetings == 2 {
                meeting.wait().expect("nobody breaks it");
            }
        }
    };
    thread::scope(|scope| (0..cells.len()).for_each(|own| drop(scope.spawn(move || play(own)))));
    cells.map(AtomicU32::into_inner)
}

//! The channel has no bound, and the reader is faster than the counter. The whole book is in memory
//! before the counter takes the second piece.
//!
//! ```text
//! cargo run -p pipeline --example pipeline_mistake_unbounded
//! ```
//!
//! A send to an unbounded channel never waits, so nothing slows the reader down. With a file that
//! is larger than the memory, the program is killed. Here the counter is so slow that the reader
//! does all that it can before the counter takes the next piece: without a bound the reader comes
//! to its end, and with a bound it waits in `send`.

use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam::channel::{self, Receiver, Sender};

const PIECES: usize = 10_000;
const CAPACITY: usize = 4;
/// Far longer than the reader needs.
const PATIENCE: Duration = Duration::from_secs(4);

fn main() -> ExitCode {
    let unbounded = peak(channel::unbounded()); // Wrong: the reader never waits.
    println!("unbounded: {unbounded} of {PIECES} pieces were in the channel at once");
    let bounded = peak(channel::bounded(CAPACITY));
    println!("bounded: {bounded} of {PIECES} pieces were in the channel at once");
    if unbounded < PIECES - 1 {
        return ExitCode::SUCCESS;
    }
    eprintln!("the reader ran ahead of the counter, and the whole book was in memory");
    eprintln!("use a bounded channel: its `send` waits until the counter has made room");
    ExitCode::FAILURE
}

/// Returns how many pieces were in the channel when the reader could not go on.
fn peak((sender, pieces): (Sender<usize>, Receiver<usize>)) -> usize {
    let reader = thread::spawn(|| read(sender));
    pieces.recv().expect("the reader sends a first piece");

    // The counter works on the first piece until the reader has ended or the channel is full.
    let start = Instant::now();
    while !reader.is_finished() && !pieces.is_full() {
        assert!(start.elapsed() < PATIENCE, "the reader hangs");
        thread::yield_now();
    }
    let peak = pieces.len();
    drop(pieces); // Ends the reader, if it waits in `send`.
    reader.join().expect("the reader does not panic");
    peak
}

fn read(sender: Sender<usize>) {
    for number in 0..PIECES {
        if sender.send(number).is_err() {
            return;
        }
    }
}

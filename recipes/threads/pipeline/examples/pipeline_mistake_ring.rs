//! The second stage sends work back to the first, and both channels have a bound. When both are
//! full, each stage waits for the other to receive: a deadlock.
//!
//! ```text
//! cargo run -p pipeline --example pipeline_mistake_ring
//! ```
//!
//! The second stage finds that a piece is too long, cuts it in two and sends both halves back. So
//! one piece goes out and two come in, and the ring fills up. The first call of `count` is wrong,
//! whatever the capacities, because a longer piece fills them as well. The second one is right: the
//! channel that leads back has no bound, so its sender never waits.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use crossbeam::channel::{self, Receiver, Sender};

const CAPACITY: usize = 4;
/// The first piece has this many words. A piece of one word is not cut anymore.
const WORDS: usize = 32;

struct Outcome {
    words: usize,
    /// How many stages gave up, because they could not send.
    stuck: usize,
}

fn main() -> ExitCode {
    let bounded = count(channel::bounded(CAPACITY), Duration::from_millis(300)); // Wrong: is full.
    println!("bounded: all words counted: {}", bounded.words == WORDS);
    println!("bounded: {} stages are stuck in `send`", bounded.stuck);
    let unbounded = count(channel::unbounded(), Duration::from_secs(4));
    println!("unbounded: all words counted: {}", unbounded.words == WORDS);
    if bounded.stuck == 0 {
        return ExitCode::SUCCESS;
    }
    eprintln!("deadlock: both channels are full, and each stage waits for the other to receive");
    eprintln!("make the way back unbounded, or limit the pieces in the ring to what fits into it");
    ExitCode::FAILURE
}

/// Runs both stages, and gives up when one cannot send for this long. The channel given is the one
/// that leads back.
fn count((back, halves): (Sender<usize>, Receiver<usize>), patience: Duration) -> Outcome {
    let (piece_sender, pieces) = channel::bounded(CAPACITY);
    back.send(WORDS).expect("the receiver exists");
    thread::scope(|scope| {
        let first = scope.spawn(move || pass_on(halves, piece_sender, patience));
        let second = scope.spawn(move || cut_in_two(pieces, back, patience));
        let first_is_stuck = first.join().expect("the first stage does not panic");
        let mut outcome = second.join().expect("the second stage does not panic");
        outcome.stuck += usize::from(first_is_stuck);
        outcome
    })
}

/// Returns `true` if it is stuck.
fn pass_on(halves: Receiver<usize>, pieces: Sender<usize>, patience: Duration) -> bool {
    for piece in halves {
        // `send` would wait forever.
        if pieces.send_timeout(piece, patience).is_err() {
            return true;
        }
    }
    false
}

fn cut_in_two(pieces: Receiver<usize>, back: Sender<usize>, patience: Duration) -> Outcome {
    let mut words = 0;
    for piece in pieces {
        if piece == 1 {
            words += 1;
            if words == WORDS {
                break; // Drops the sender, so that the first stage ends too.
            }
            continue;
        }
        for half in [piece / 2, piece - piece / 2] {
            if back.send_timeout(half, patience).is_err() {
                return Outcome { words, stuck: 1 };
            }
        }
    }
    Outcome { words, stuck: 0 }
}

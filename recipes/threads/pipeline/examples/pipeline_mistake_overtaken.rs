//! Every channel is bounded, but one slow piece fills the memory: all the others overtake it, and
//! the counter keeps them until their turn comes.
//!
//! ```text
//! cargo run -p pipeline --example pipeline_mistake_overtaken
//! ```
//!
//! The counter must put pieces aside until all earlier ones have come, and nothing limits how many.
//! Tokens are the way out: one for each piece that has been begun and not been counted yet, in a
//! channel with a bound. The reader sends a token before each piece, and the counter takes one out
//! after each piece that it has counted. Here the first piece is delayed until every other piece
//! has overtaken it or is waiting for a token.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use crossbeam::channel::{self, Receiver, Sender};

const PIECES: usize = 100;
const CUTTERS: usize = 3;
const CAPACITY: usize = 4;
const IN_FLIGHT: usize = 16;

/// The ends of the channel of tokens.
struct Tokens {
    enter: Sender<()>,
    leave: Receiver<()>,
}

fn main() -> ExitCode {
    let without = most_put_aside(PIECES); // Wrong: nothing limits the total.
    println!("without tokens: {without} of {PIECES} pieces were put aside at once");
    let with = most_put_aside(IN_FLIGHT);
    println!("with {IN_FLIGHT} tokens: {with} of {PIECES} pieces were put aside at once");
    if without < PIECES - 1 {
        return ExitCode::SUCCESS;
    }
    eprintln!("a bound on each channel does not limit the pieces that have overtaken a slow one");
    eprintln!("limit the pieces in all stages together, with a token for each piece");
    ExitCode::FAILURE
}

/// Sends all pieces through three stages with this many tokens, and returns how many were put aside
/// at most. As many tokens as pieces are the same as none.
fn most_put_aside(tokens: usize) -> usize {
    let (piece_sender, pieces) = channel::bounded(CAPACITY);
    let (cut_sender, cuts) = channel::bounded(CAPACITY);
    let (enter, leave) = channel::bounded(tokens);
    let tokens = Tokens { enter, leave };
    // The slow piece is done when all others that can come have been put aside.
    let (slow_sender, slow) = channel::bounded(1);
    thread::scope(|scope| {
        scope.spawn(|| read(&tokens.enter, piece_sender));
        for _ in 0..CUTTERS {
            let pieces = pieces.clone();
            let cut_sender = cut_sender.clone();
            let slow = slow.clone();
            scope.spawn(|| cut_pieces(pieces, cut_sender, slow));
        }
        drop(pieces);
        drop(cut_sender);
        let counter = scope.spawn(|| count(cuts, &tokens.leave, slow_sender));
        counter.join().expect("the counter does not panic")
    })
}

fn read(enter: &Sender<()>, pieces: Sender<usize>) {
    for number in 0..PIECES {
        enter.send(()).expect("the counter is there until the end");
        pieces
            .send(number)
            .expect("the cutters are there until the end");
    }
}

fn cut_pieces(pieces: Receiver<usize>, cuts: Sender<usize>, slow: Receiver<()>) {
    for number in pieces {
        if number == 0 {
            slow.recv_timeout(Duration::from_secs(4))
                .expect("the counter ends the wait");
        }
        cuts.send(number)
            .expect("the counter is there until the end");
    }
}

/// Returns how many pieces it has put aside at most.
fn count(cuts: Receiver<usize>, leave: &Receiver<()>, slow: Sender<()>) -> usize {
    let tokens = leave.capacity().expect("the channel has a bound");
    let mut early = BTreeSet::new();
    let mut peak = 0;
    let mut next = 0;
    for number in cuts {
        early.insert(number);
        while early.remove(&next) {
            next += 1;
            leave.recv().expect("each piece has a token");
        }
        peak = peak.max(early.len());
        if early.len() == tokens - 1 {
            // Only the slow piece is missing. It needs to be told once.
            let _ = slow.try_send(());
        }
    }
    assert_eq!(next, PIECES, "a piece was lost");
    peak
}

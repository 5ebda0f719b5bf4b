//! The same job with a channel of crossbeam instead of the buffer.
//!
//! ```text
//! cargo run -p condition --example condition_crossbeam
//! ```
//!
//! The difference from the recipe: a bounded channel is this buffer, finished. `send` waits while
//! the channel is full, and `recv` while it is empty. The channel closes by itself when the last
//! sender or the last receiver is dropped. Choose it when you wait for an item or for room, and a
//! condition when you wait for anything else.

#[path = "../src/cli.rs"]
mod cli;

use std::thread;

use cli::{Reading, Statistics};
use crossbeam::channel::{self, Receiver, Sender};

const CAPACITY: usize = 10;

fn main() {
    let (sender, receiver) = channel::bounded(CAPACITY);
    let second_receiver = receiver.clone();

    let outcome = thread::scope(|scope| {
        // Each thread owns its end. If both consumers panic, `send` fails instead of waiting.
        let first = scope.spawn(|| consume(receiver));
        let second = scope.spawn(|| consume(second_receiver));

        let count = produce(sender)?;

        let mut statistics = first.join().expect("a consumer panicked");
        statistics.merge(second.join().expect("a consumer panicked"));
        assert_eq!(
            statistics.count(),
            count,
            "the channel lost or duplicated a reading"
        );
        Ok(statistics)
    });

    cli::print_or_exit(outcome);
}

/// Owns the only sender. The channel closes when this function returns, also with an error.
fn produce(sender: Sender<Reading>) -> Result<u64, String> {
    let mut count = 0;
    for reading in cli::readings() {
        sender.send(reading?).expect("both consumers panicked");
        count += 1;
    }
    Ok(count)
}

/// Receives readings until the channel is closed and empty.
fn consume(receiver: Receiver<Reading>) -> Statistics {
    let mut statistics = Statistics::default();
    for reading in receiver {
        statistics.add(reading);
    }
    statistics
}

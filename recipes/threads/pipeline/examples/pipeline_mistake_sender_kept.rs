//! `main` keeps a sender. All pieces have been counted, and the counter waits for one more forever.
//!
//! ```text
//! cargo run -p pipeline --example pipeline_mistake_sender_kept
//! ```
//!
//! A loop over a receiver ends when the channel is empty and the last sender has been dropped. Here
//! each cutter gets a clone of the sender, and `main` still has the original. Before the call of
//! `drop` the program is wrong. After it, the program is right. The same happens if a struct keeps
//! the sender, or a thread that has nothing more to send.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use crossbeam::channel::{self, Receiver, RecvTimeoutError};

/// Far longer than the cutters need.
const PATIENCE: Duration = Duration::from_millis(300);

fn main() -> ExitCode {
    let (sender, words) = channel::bounded(4);
    let has_ended = thread::scope(|scope| {
        for line in ["down down down", "would the fall", "never come to an end"] {
            let sender = sender.clone(); // Wrong: `main` keeps the original.
            scope.spawn(move || {
                for word in line.split(' ') {
                    sender
                        .send(word)
                        .expect("the counter receives until the end");
                }
            });
        }
        // Without the time limit, this would wait forever.
        let (count, has_ended) = count(&words);
        println!("sender kept: {count} words, the channel is closed: {has_ended}");
        has_ended
    });
    drop(sender);
    let (count, has_ended_now) = count(&words);
    println!("sender dropped: {count} more words, the channel is closed: {has_ended_now}");
    if has_ended {
        return ExitCode::SUCCESS;
    }
    eprintln!("deadlock: the channel is empty but open, so the counter waits for another word");
    eprintln!("drop the sender of `main` after the last clone, or move it into the last thread");
    ExitCode::FAILURE
}

/// Counts words until the channel is closed, or until none has come for a while. Returns `true` if
/// the channel is closed.
fn count(words: &Receiver<&str>) -> (usize, bool) {
    let mut count = 0;
    loop {
        match words.recv_timeout(PATIENCE) {
            Ok(_) => count += 1,
            Err(error) => return (count, error == RecvTimeoutError::Disconnected),
        }
    }
}

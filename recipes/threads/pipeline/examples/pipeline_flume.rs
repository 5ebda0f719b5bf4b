//! The same job with the channels of flume.
//!
//! ```text
//! cargo run -p pipeline --example pipeline_flume
//! ```
//!
//! The difference from the recipe: only the names. Both ends of a channel of flume can also be used
//! in async code, where `send_async` and `recv_async` wait without blocking the thread. Choose it
//! if one stage of your pipeline is async and another one is not.

#[path = "../src/cli.rs"]
mod cli;

use std::any::Any;
use std::collections::BTreeMap;
use std::panic;
use std::thread;

use flume::{Receiver, Sender};

use cli::{Book, Table, Text, Words};

const CUTTERS: usize = 3;
/// How many pieces a channel holds.
const CAPACITY: usize = 4;
/// How many pieces there are at most in all stages together.
const IN_FLIGHT: usize = 16;

/// What the reader sends: a piece of the book, or why it could not be read.
struct Piece {
    number: usize,
    text: Result<Text, String>,
}

/// What a cutter sends: the words of a piece, or why there are none.
struct Cut {
    number: usize,
    words: Result<Words, String>,
}

fn main() {
    let book = cli::book_or_exit();
    let (piece_sender, pieces) = flume::bounded(CAPACITY);
    let (cut_sender, cuts) = flume::bounded(CAPACITY);
    // This channel holds a token for each piece that has been begun and not been counted yet.
    let (enter, leave) = flume::bounded(IN_FLIGHT);

    let table = thread::scope(|scope| {
        scope.spawn(|| read(book, enter, piece_sender));
        for _ in 0..CUTTERS {
            let pieces = pieces.clone();
            let cut_sender = cut_sender.clone();
            scope.spawn(|| cut_pieces(pieces, cut_sender));
        }
        // From here on, only the threads of a stage hold its ends of the channels.
        drop(pieces);
        drop(cut_sender);
        let counter = scope.spawn(|| count(cuts, leave));
        counter.join().unwrap_or_else(|panic| Err(message(panic)))
    });

    cli::print_or_exit(table);
}

/// The first stage. Ends with the book, or when nobody receives anymore.
fn read(mut book: Book, enter: Sender<()>, pieces: Sender<Piece>) {
    for number in 0.. {
        if enter.send(()).is_err() {
            return;
        }
        let Some(text) = book.next_piece() else {
            return;
        };
        if pieces.send(Piece { number, text }).is_err() {
            return;
        }
    }
}

/// The second stage. Ends when the reader has, or when the counter has left.
fn cut_pieces(pieces: Receiver<Piece>, cuts: Sender<Cut>) {
    for piece in pieces {
        let number = piece.number;
        let words = piece.text.and_then(cut);
        if cuts.send(Cut { number, words }).is_err() {
            return;
        }
    }
}

/// Turns a panic into an error. Otherwise the piece would be lost, and the counter would wait for
/// its number.
fn cut(text: Text) -> Result<Words, String> {
    panic::catch_unwind(|| text.cut()).map_err(message)
}

/// The third stage. Ends with the book, or at the first piece that has failed.
fn count(cuts: Receiver<Cut>, leave: Receiver<()>) -> Result<Table, String> {
    let mut table = Table::new();
    let mut early = BTreeMap::new(); // Pieces that have overtaken an earlier one.
    let mut next = 0;
    for cut in cuts {
        early.insert(cut.number, cut.words);
        while let Some(words) = early.remove(&next) {
            table.add(words?);
            if table.is_complete() {
                return Ok(table);
            }
            next += 1;
            leave.recv().expect("each piece has a token");
        }
    }
    assert!(early.is_empty(), "a piece was lost");
    Ok(table)
}

/// The message of a panic. It is a `&str` if the message has no arguments.
fn message(payload: Box<dyn Any + Send>) -> String {
    if let Some(message) = payload.downcast_ref::<&str>() {
        return message.to_string();
    }
    match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(_) => "a stage panicked".to_string(),
    }
}

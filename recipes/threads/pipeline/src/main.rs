//! Count the words of a book, and how many of them are new in each chapter, in three stages.
//!
//! One thread reads the book piece by piece. Three threads cut the pieces into words. One thread
//! counts them. Each stage receives from one channel and sends to the next, so all of them work at
//! the same time, and the book is never in memory as a whole.
//!
//! A word is new where the book uses it for the first time, so the pieces must be counted in the
//! order of the book. The three threads finish them in any order. Each piece has a number, and the
//! counter puts a piece aside until all earlier ones are counted.
//!
//! ```text
//! cargo run -p pipeline               # the book in input/
//! cargo run -p pipeline -- mine.txt   # your own book; src/cli.rs says what is counted
//! ```
//!
//! Prints a row for each chapter. The output is the same on every run. Standard error says how many
//! pieces were in memory at once, which varies.

mod cli;

use std::any::Any;
use std::collections::BTreeMap;
use std::panic;
use std::thread;

use crossbeam::channel::{self, Receiver, Sender};

use cli::{Book, Table, Text, Words};

const CUTTERS: usize = 3;
/// How many pieces a channel holds.
const CAPACITY: usize = 4;
/// How many pieces there are at most in all stages together.
const IN_FLIGHT: usize = 16;

/// A message from the reader: a piece of the book, or the reason why it could not be read.
struct Piece {
    number: usize,
    text: Result<Text, String>,
}

/// A message from a cutter: the words of a piece, or the reason why there are none.
struct Cut {
    number: usize,
    words: Result<Words, String>,
}

// ANCHOR: main
fn main() {
    let book = cli::book_or_exit();
    let (piece_sender, pieces) = channel::bounded(CAPACITY);
    let (cut_sender, cuts) = channel::bounded(CAPACITY);
    // A semaphore: a token for each piece that has been started and not been counted yet.
    let (token_sender, tokens) = channel::bounded(IN_FLIGHT);

    let table = thread::scope(|scope| {
        scope.spawn(|| read(book, token_sender, piece_sender));
        for _ in 0..CUTTERS {
            let pieces = pieces.clone();
            let cut_sender = cut_sender.clone();
            scope.spawn(|| cut_pieces(pieces, cut_sender));
        }
        // From here on, only the threads of a stage hold its ends of the channels.
        drop(pieces);
        drop(cut_sender);
        // `join` returns the panic of the counter, so that it is reported like any other failure.
        let counter = scope.spawn(|| count(cuts, tokens));
        counter.join().unwrap_or_else(|panic| Err(message(panic)))
    });

    cli::print_or_exit(table);
}
// ANCHOR_END: main

// ANCHOR: read
/// The first stage. Returns at the end of the book, or when a later stage has ended.
fn read(mut book: Book, tokens: Sender<()>, pieces: Sender<Piece>) {
    for number in 0.. {
        if tokens.send(()).is_err() {
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
// ANCHOR_END: read

// ANCHOR: cut
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
// ANCHOR_END: cut

// ANCHOR: count
/// The third stage. Ends with the book, or at the first piece that has failed.
fn count(cuts: Receiver<Cut>, tokens: Receiver<()>) -> Result<Table, String> {
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
            tokens.recv().expect("each piece has a token");
        }
    }
    assert!(early.is_empty(), "a piece was lost");
    Ok(table)
}
// ANCHOR_END: count

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

//! The solution of the exercise: no numbers, and the order is that of the book.
//!
//! ```text
//! cargo run -p pipeline --example pipeline_solution
//! ```
//!
//! The reader makes a channel of capacity 1 for each piece. It sends the receiver to the counter,
//! and the piece with the sender to the cutters. The counter gets the receivers in the order of the
//! book, and waits at each until its words arrive. The capacity of the channel of receivers limits
//! the pieces in flight, so there are no tokens. If the cutting panics, the sender is dropped, and
//! the counter learns at once that these words will not come.

#[path = "../src/cli.rs"]
mod cli;

use std::thread;

use crossbeam::channel::{self, Receiver, Sender};

use cli::{Book, Table, Text, Words};

const CUTTERS: usize = 3;
/// How many pieces a channel holds.
const CAPACITY: usize = 4;
/// How many pieces wait for their turn to be counted.
const IN_ORDER: usize = 14;

/// A piece of the book, or why it could not be read, and where the answer goes.
struct Piece {
    text: Result<Text, String>,
    answer: Sender<Answer>,
}

/// The words of a piece, or why there are none.
type Answer = Result<Words, String>;

fn main() {
    let book = cli::book_or_exit();
    let (piece_sender, pieces) = channel::bounded(CAPACITY);
    let (in_order_sender, in_order) = channel::bounded(IN_ORDER);

    let table = thread::scope(|scope| {
        scope.spawn(|| read(book, in_order_sender, piece_sender));
        let mut cutters = Vec::new();
        for _ in 0..CUTTERS {
            let pieces = pieces.clone();
            cutters.push(scope.spawn(|| cut_pieces(pieces)));
        }
        drop(pieces);
        let table = count(in_order);
        for cutter in cutters {
            let _ = cutter.join(); // The scope panics if a thread that nobody joins has panicked.
        }
        table
    });

    cli::print_or_exit(table);
}

fn read(mut book: Book, in_order: Sender<Receiver<Answer>>, pieces: Sender<Piece>) {
    while let Some(text) = book.next_piece() {
        let (answer, words) = channel::bounded(1);
        if in_order.send(words).is_err() {
            return;
        }
        if pieces.send(Piece { text, answer }).is_err() {
            return;
        }
    }
}

fn cut_pieces(pieces: Receiver<Piece>) {
    for piece in pieces {
        let words = piece.text.map(Text::cut);
        if piece.answer.send(words).is_err() {
            return;
        }
    }
}

fn count(in_order: Receiver<Receiver<Answer>>) -> Result<Table, String> {
    let mut table = Table::new();
    for words in in_order {
        let Ok(words) = words.recv() else {
            return Err("a cutter panicked".to_string());
        };
        table.add(words?);
        if table.is_complete() {
            break;
        }
    }
    Ok(table)
}

//! The same job with the `Queue` of this book's library.
//!
//! ```text
//! cargo run -p pipeline --example pipeline_sync-primitives
//! ```
//!
//! The difference from the recipe: a queue has no ends that close it when they are dropped, so each
//! stage holds a guard for the queue that it takes from and one for the queue that it fills. The
//! cutters share their guards, and the last of them closes both queues. The threads borrow the
//! queues. Choose it if you want to see in a timeline which stage waits.

#[path = "../src/cli.rs"]
mod cli;

use std::any::Any;
use std::collections::BTreeMap;
use std::panic;
use std::thread::{self, Builder, Scope, ScopedJoinHandle};

use sync_primitives::{CloseOnDrop, Queue};

use cli::{Book, Table, Text, Words};

const CUTTERS: usize = 3;
/// How many pieces a queue holds.
const CAPACITY: usize = 4;
/// How many pieces there are at most in all stages together.
const IN_FLIGHT: usize = 16;

/// A queue that is closed when the last thread of a stage has ended, also by a panic.
type Stage<'queue, T> = CloseOnDrop<'queue, Queue<T>>;

/// What the reader pushes: a piece of the book, or why it could not be read.
struct Piece {
    number: usize,
    text: Result<Text, String>,
}

/// What a cutter pushes: the words of a piece, or why there are none.
struct Cut {
    number: usize,
    words: Result<Words, String>,
}

fn main() {
    let book = cli::book_or_exit();
    let pieces = Queue::bounded(CAPACITY);
    let cuts = Queue::bounded(CAPACITY);
    // A semaphore: a token for each piece that has been started and not been counted yet.
    let tokens = Queue::bounded(IN_FLIGHT);

    let table = thread::scope(|scope| {
        // The guard of a stage that pushes leaves the items in the queue for the next stage. The
        // guard of a stage that pops discards them, because nobody is left to pop them.
        let pieces_pushed = pieces.close_on_drop();
        start(scope, "reader", || read(book, &tokens, pieces_pushed));

        let pieces_popped = pieces.close_now_on_drop();
        let cuts_pushed = cuts.close_on_drop();
        for number in 1..=CUTTERS {
            let pieces_popped = pieces_popped.clone();
            let cuts_pushed = cuts_pushed.clone();
            start(scope, &format!("cutter {number}"), || {
                cut_pieces(pieces_popped, cuts_pushed)
            });
        }
        // From here on, only the cutters hold these guards.
        drop(pieces_popped);
        drop(cuts_pushed);

        let cuts_popped = cuts.close_now_on_drop();
        let tokens_popped = tokens.close_now_on_drop();
        let counter = start(scope, "counter", || count(cuts_popped, tokens_popped));
        counter.join().unwrap_or_else(|panic| Err(message(panic)))
    });

    cli::print_or_exit(table);
}

/// Starts a thread with a name, which a timeline shows.
fn start<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &str,
    stage: impl FnOnce() -> T + Send + 'scope,
) -> ScopedJoinHandle<'scope, T> {
    let builder = Builder::new().name(name.to_string());
    builder
        .spawn_scoped(scope, stage)
        .expect("the system can start a thread")
}

fn read(mut book: Book, tokens: &Queue<()>, pieces: Stage<Piece>) {
    for number in 0.. {
        if tokens.push(()).is_err() {
            return;
        }
        let Some(text) = book.next_piece() else {
            return;
        };
        if pieces.push(Piece { number, text }).is_err() {
            return;
        }
    }
}

fn cut_pieces(pieces: Stage<Piece>, cuts: Stage<Cut>) {
    for piece in pieces.iter() {
        let number = piece.number;
        let words = piece.text.and_then(cut);
        if cuts.push(Cut { number, words }).is_err() {
            return;
        }
    }
}

fn cut(text: Text) -> Result<Words, String> {
    panic::catch_unwind(|| text.cut()).map_err(message)
}

fn count(cuts: Stage<Cut>, tokens: Stage<()>) -> Result<Table, String> {
    let mut table = Table::new();
    let mut early = BTreeMap::new(); // Pieces that have overtaken an earlier one.
    let mut next = 0;
    for cut in cuts.iter() {
        early.insert(cut.number, cut.words);
        while let Some(words) = early.remove(&next) {
            table.add(words?);
            if table.is_complete() {
                return Ok(table);
            }
            next += 1;
            tokens.pop().expect("each piece has a token");
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

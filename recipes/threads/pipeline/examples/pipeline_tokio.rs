//! The same job with tasks and channels of tokio.
//!
//! ```text
//! cargo run -p pipeline --example pipeline_tokio
//! ```
//!
//! The difference from the recipe: reading a file and cutting would block other tasks, so both run
//! on tokio's threads for blocking work. A receiver cannot be shared, so one task receives the
//! pieces and starts a blocking task for each. It sends their handles to the counter, which awaits
//! them in the order of the book: no piece needs a number, no piece overtakes another in the
//! channel, and a panic comes back as a `JoinError`. Choose it if your program is async already.

#[path = "../src/cli.rs"]
mod cli;

use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::{self, JoinError, JoinHandle};

use cli::{Book, Table, Text, Words};

/// How many pieces wait to be cut.
const CAPACITY: usize = 4;
/// How many handles the channel holds. The counter awaits one more, and another one waits for room,
/// so up to five pieces are being cut or wait to be counted.
const CUTS: usize = 3;

/// A piece that has been read, or why it could not be read.
type Piece = Result<Text, String>;

/// A piece that is being cut. At its end there are words, or a reason why there are none.
type Cut = JoinHandle<Result<Words, String>>;

#[tokio::main]
async fn main() {
    let book = cli::book_or_exit(); // Blocks this thread, but no task is running yet.
    let (piece_sender, pieces) = mpsc::channel(CAPACITY);
    let (cut_sender, cuts) = mpsc::channel(CUTS);

    let reader = task::spawn_blocking(|| read(book, piece_sender));
    task::spawn(cut_pieces(pieces, cut_sender));
    let table = count(cuts).await;
    // If the reader has panicked, the counter has seen only a part of the book.
    let table = reader.await.map_err(message).and(table);

    cli::print_or_exit(table);
}

fn read(mut book: Book, pieces: Sender<Piece>) {
    while let Some(text) = book.next_piece() {
        if pieces.blocking_send(text).is_err() {
            return;
        }
    }
}

async fn cut_pieces(mut pieces: Receiver<Piece>, cuts: Sender<Cut>) {
    while let Some(piece) = pieces.recv().await {
        let cut = task::spawn_blocking(|| piece.map(Text::cut));
        if cuts.send(cut).await.is_err() {
            return;
        }
    }
}

async fn count(mut cuts: Receiver<Cut>) -> Result<Table, String> {
    let mut table = Table::new();
    while let Some(cut) = cuts.recv().await {
        table.add(cut.await.map_err(message)??);
        if table.is_complete() {
            break;
        }
    }
    Ok(table)
}

/// The message of a panic in a task. A task also fails if it is aborted, but nobody aborts these.
fn message(error: JoinError) -> String {
    let payload = error.into_panic();
    if let Some(message) = payload.downcast_ref::<&str>() {
        return message.to_string();
    }
    match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(_) => "a stage panicked".to_string(),
    }
}

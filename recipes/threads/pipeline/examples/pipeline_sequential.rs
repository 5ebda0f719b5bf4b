//! The same job on one thread.
//!
//! ```text
//! cargo run -p pipeline --example pipeline_sequential
//! ```
//!
//! The difference from the recipe: one loop reads a piece, cuts it and counts it. Only one piece is
//! in memory at a time, and the order is that of the book. Choose it if the work is short, and to
//! find out what the stages gain.

#[path = "../src/cli.rs"]
mod cli;

use cli::{Book, Table};

fn main() {
    let book = cli::book_or_exit();
    let table = count(book);
    cli::print_or_exit(table);
}

fn count(mut book: Book) -> Result<Table, String> {
    let mut table = Table::new();
    while let Some(text) = book.next_piece() {
        table.add(text?.cut());
        if table.is_complete() {
            break;
        }
    }
    Ok(table)
}

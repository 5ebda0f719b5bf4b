//! The same job with one table behind a `Mutex` of parking_lot.
//!
//! ```text
//! cargo run -p map-reduce --example map-reduce_parking_lot
//! ```
//!
//! The difference from the recipe: the threads share one table. Each thread counts a piece in a
//! table of its own, and locks the shared table only to merge the two. Choose it if something has
//! to read the table while the threads are still counting.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use parking_lot::Mutex;

use cli::{BadLine, Log, Request, Traffic};

/// The size of a piece in bytes. It is large enough that merging a table costs little beside
/// filling it. The log of the recipe is short, so it has only a few pieces.
const PIECE: usize = 64 * 1024;

/// The traffic of each host.
type Hosts<'log> = HashMap<&'log str, Traffic>;

fn main() {
    let paths = cli::paths();
    let results = paths.iter().map(|path| cli::read(path)).collect();
    let logs = cli::logs_or_exit(results);
    let outcome = count_in_threads(&pieces(&logs));
    cli::print_or_exit(&logs, outcome);
}

fn count_in_threads<'log>(pieces: &[&'log str]) -> Result<Hosts<'log>, BadLine> {
    let next_piece = AtomicUsize::new(0);
    let hosts = Mutex::new(Hosts::new());
    thread::scope(|scope| {
        let mut counters = Vec::new();
        for _ in 0..threads() {
            counters.push(scope.spawn(|| count_all(pieces, &next_piece, &hosts)));
        }
        for counter in counters {
            counter.join().expect("no thread should panic")?;
        }
        Ok(())
    })?;
    Ok(hosts.into_inner())
}

/// Counts one piece after another until all are taken. Adds each to the shared table.
fn count_all<'log>(
    pieces: &[&'log str],
    next_piece: &AtomicUsize,
    hosts: &Mutex<Hosts<'log>>,
) -> Result<(), BadLine> {
    loop {
        // Relaxed is enough: no two threads get the same number, and the pieces do not change.
        let number = next_piece.fetch_add(1, Ordering::Relaxed);
        let Some(piece) = pieces.get(number) else {
            return Ok(());
        };
        let own = count(piece)?;
        merge(&mut hosts.lock(), own);
    }
}

fn count(piece: &str) -> Result<Hosts<'_>, BadLine> {
    let mut hosts = Hosts::new();
    for line in piece.lines() {
        let Request { host, traffic } = cli::parse(line)?;
        *hosts.entry(host).or_default() += traffic;
    }
    Ok(hosts)
}

fn merge<'log>(hosts: &mut Hosts<'log>, others: Hosts<'log>) {
    for (host, traffic) in others {
        *hosts.entry(host).or_default() += traffic;
    }
}

/// Cuts the logs at line ends into pieces of about `PIECE` bytes.
fn pieces(logs: &[Log]) -> Vec<&str> {
    let mut pieces = Vec::new();
    for log in logs {
        let mut rest = log.text();
        while rest.len() > PIECE {
            let line_end = rest.as_bytes()[PIECE..].iter().position(|b| *b == b'\n');
            let Some(line_end) = line_end else { break };
            let (piece, after) = rest.split_at(PIECE + line_end + 1);
            pieces.push(piece);
            rest = after;
        }
        pieces.push(rest);
    }
    pieces
}

fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

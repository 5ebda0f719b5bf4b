//! The same job with one table behind a `Mutex` of parking_lot.
//!
//! ```text
//! cargo run -p map-reduce --example map-reduce_parking_lot
//! ```
//!
//! The difference from the recipe: the threads share one table. Each of them counts in a table of its
//! own, and locks the shared one only once, when no piece is left. Choose it if something has to
//! read the table while the threads still count, and merge more often then.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use parking_lot::Mutex;

use cli::{BadLine, Log, Request, Traffic};

/// The size of a piece. Small enough that no thread runs out of pieces long before the others, and
/// large enough that taking a piece costs nothing beside counting it.
const PIECE: usize = 64 * 1024;

/// The traffic of each host.
type Hosts<'log> = HashMap<&'log str, Traffic>;

fn main() {
    let paths = cli::paths();
    let outcomes = paths.iter().map(|path| cli::read(path)).collect();
    let logs = cli::logs_or_exit(outcomes);
    let hosts = count_in_threads(&pieces(&logs));
    cli::print_or_exit(&logs, hosts);
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
            counter.join().expect("no thread panics")?;
        }
        Ok(())
    })?;
    Ok(hosts.into_inner())
}

/// Counts one piece after another until all are taken, and then adds to the shared table.
fn count_all<'log>(
    pieces: &[&'log str],
    next_piece: &AtomicUsize,
    hosts: &Mutex<Hosts<'log>>,
) -> Result<(), BadLine> {
    let mut own = Hosts::new();
    // Relaxed: this only makes sure that no two threads take the same piece.
    while let Some(piece) = pieces.get(next_piece.fetch_add(1, Ordering::Relaxed)) {
        count(piece, &mut own)?;
    }
    merge(&mut hosts.lock(), own);
    Ok(())
}

fn count<'log>(piece: &'log str, hosts: &mut Hosts<'log>) -> Result<(), BadLine> {
    for line in piece.lines() {
        let Request { host, traffic } = cli::parse(line)?;
        *hosts.entry(host).or_default() += traffic;
    }
    Ok(())
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

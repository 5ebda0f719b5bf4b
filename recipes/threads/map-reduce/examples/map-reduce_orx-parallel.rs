//! The same job with orx-parallel.
//!
//! ```text
//! cargo run -p map-reduce --example map-reduce_orx-parallel
//! ```
//!
//! The difference from the recipe: orx-parallel cannot cut a text at its line ends, so this program
//! does it. The threads take pieces from a shared iterator, and no work is stolen. `into_fallible`
//! stops at the first error, so the steps after it need not handle errors. Choose it if your input
//! is an iterator and the results must stay in its order: rayon's `par_bridge` loses the order. Or
//! choose it if each thread needs one value of its own that it may change.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::HashMap;

use orx_parallel::*;

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
    let pieces = pieces(&logs);
    let outcome = pieces
        .par()
        .map(|piece| count(piece))
        .into_fallible()
        .reduce(merge);
    // If there is no piece, there is no table.
    let outcome = outcome.map(Option::unwrap_or_default);
    cli::print_or_exit(&logs, outcome);
}

fn count(piece: &str) -> Result<Hosts<'_>, BadLine> {
    let mut hosts = Hosts::new();
    for line in piece.lines() {
        let Request { host, traffic } = cli::parse(line)?;
        *hosts.entry(host).or_default() += traffic;
    }
    Ok(hosts)
}

/// Adds the smaller of two tables to the larger one.
fn merge<'log>(left: Hosts<'log>, right: Hosts<'log>) -> Hosts<'log> {
    let (mut larger, smaller) = if left.len() >= right.len() {
        (left, right)
    } else {
        (right, left)
    };
    for (host, traffic) in smaller {
        *larger.entry(host).or_default() += traffic;
    }
    larger
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

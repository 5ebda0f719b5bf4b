//! The same job with the standard library alone.
//!
//! ```text
//! cargo run -p map-reduce --example map-reduce_std
//! ```
//!
//! The difference from the recipe: this program cuts the logs itself, starts one thread for each
//! processor, gives each thread an equal share of the pieces, and merges the tables one by one. A
//! thread that is done early does not help the others. Choose it if you want no dependency and all
//! lines take about equally long.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::HashMap;
use std::num::NonZero;
use std::thread;

use cli::{BadLine, Log, Request, Traffic};

/// The size of a piece in bytes. It is small, so that the shares are about equal even if the log is
/// as short as that of the recipe.
const PIECE: usize = 16 * 1024;

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
    let threads = threads();
    thread::scope(|scope| {
        let mut counters = Vec::new();
        for thread in 0..threads {
            let start = thread * pieces.len() / threads;
            let end = (thread + 1) * pieces.len() / threads;
            let share = &pieces[start..end];
            counters.push(scope.spawn(move || count(share)));
        }
        let mut hosts = Hosts::new();
        for counter in counters {
            let others = counter.join().expect("no thread should panic")?;
            merge(&mut hosts, others);
        }
        Ok(hosts)
    })
}

fn count<'log>(pieces: &[&'log str]) -> Result<Hosts<'log>, BadLine> {
    let mut hosts = Hosts::new();
    for piece in pieces {
        for line in piece.lines() {
            let Request { host, traffic } = cli::parse(line)?;
            *hosts.entry(host).or_default() += traffic;
        }
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

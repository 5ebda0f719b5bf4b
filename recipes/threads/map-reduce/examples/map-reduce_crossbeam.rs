//! The same job with a channel of crossbeam.
//!
//! ```text
//! cargo run -p map-reduce --example map-reduce_crossbeam
//! ```
//!
//! The difference from the recipe: the program starts one thread for each processor, and all
//! threads take pieces of the logs from one channel. So a thread that is done early takes more of
//! them. Choose it if the pieces arrive one after the other, from a network or from a file that
//! does not fit into memory. Because the channel is bounded, the reader is then only a few pieces
//! ahead.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::HashMap;
use std::num::NonZero;
use std::thread;

use crossbeam::channel;

use cli::{BadLine, Log, Request, Traffic};

/// The size of a piece in bytes. It is large enough that taking a piece costs little beside
/// counting its lines, and small enough to cut even the short log of the recipe into many pieces.
const PIECE: usize = 16 * 1024;

/// The traffic of each host.
type Hosts<'log> = HashMap<&'log str, Traffic>;

fn main() {
    let paths = cli::paths();
    let results = paths.iter().map(|path| cli::read(path)).collect();
    let logs = cli::logs_or_exit(results);
    let outcome = count_in_threads(pieces(&logs));
    cli::print_or_exit(&logs, outcome);
}

fn count_in_threads(pieces: Vec<&str>) -> Result<Hosts<'_>, BadLine> {
    let threads = threads();
    let (sender, receiver) = channel::bounded(2 * threads);
    thread::scope(|scope| {
        let mut counters = Vec::new();
        for _ in 0..threads {
            let receiver = receiver.clone();
            counters.push(scope.spawn(|| count_all(receiver)));
        }
        drop(receiver); // Only the threads receive, so `send` fails when all of them have ended.

        for piece in pieces {
            if sender.send(piece).is_err() {
                break; // Every thread has met a bad line.
            }
        }
        drop(sender); // This closes the channel, so the threads end when it is empty.

        let mut hosts = Hosts::new();
        for counter in counters {
            let others = counter.join().expect("no thread should panic")?;
            merge(&mut hosts, others);
        }
        Ok(hosts)
    })
}

fn count_all(pieces: channel::Receiver<&str>) -> Result<Hosts<'_>, BadLine> {
    let mut hosts = Hosts::new();
    for piece in pieces {
        count(piece, &mut hosts)?;
    }
    Ok(hosts)
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

//! Count the requests, bytes and errors of each host in a web server's log by map, fold and reduce.
//!
//! rayon cuts the log into pieces and counts them on all processors. *Map* turns each line into a
//! request. *Fold* adds the requests of a piece to a table that only this piece has. *Reduce*
//! merges the tables, two at a time, until one is left. No two threads share a table, so there is
//! no lock.
//!
//! ```text
//! cargo run -p map-reduce                              # the log in input/
//! cargo run -p map-reduce -- access.log access.log.1   # your own files
//! ```
//!
//! Prints the totals, and the ten hosts with the most requests. The result is the same on every
//! run, because a sum of whole numbers does not depend on where the log is cut.

mod cli;

use std::collections::HashMap;

use rayon::prelude::*;

use cli::{BadLine, Request, Traffic};

// ANCHOR: main
/// The traffic of each host. The names are borrowed from the log, not copied.
type Hosts<'log> = HashMap<&'log str, Traffic>;

fn main() {
    let paths = cli::paths();
    let results = paths.par_iter().map(|path| cli::read(path)).collect();
    let logs = cli::logs_or_exit(results);

    let outcome = logs
        .par_iter()
        .flat_map(|log| log.text().par_lines())
        .map(cli::parse)
        .try_fold(Hosts::new, add)
        .try_reduce(Hosts::new, merge);
    // Exits if there is a bad line.
    cli::print_or_exit(&logs, outcome);
}
// ANCHOR_END: main

// ANCHOR: steps
/// The fold: adds a request to the table of its piece. The request is a `Result`, because `parse`
/// returns one. After a bad line, rayon stops all pieces.
fn add<'log>(
    mut hosts: Hosts<'log>,
    request: Result<Request<'log>, BadLine>,
) -> Result<Hosts<'log>, BadLine> {
    let Request { host, traffic } = request?;
    *hosts.entry(host).or_default() += traffic;
    Ok(hosts)
}

/// The reduce: adds the smaller of two tables to the larger one. This cannot fail, but `try_reduce`
/// expects a `Result`.
fn merge<'log>(left: Hosts<'log>, right: Hosts<'log>) -> Result<Hosts<'log>, BadLine> {
    let (mut larger, smaller) = if left.len() >= right.len() {
        (left, right)
    } else {
        (right, left)
    };
    for (host, traffic) in smaller {
        *larger.entry(host).or_default() += traffic;
    }
    Ok(larger)
}
// ANCHOR_END: steps

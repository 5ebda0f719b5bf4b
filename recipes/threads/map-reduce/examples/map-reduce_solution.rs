//! The solution: the tables are split by host, so that they can be merged on all processors.
//!
//! ```text
//! cargo run -p map-reduce --example map-reduce_solution
//! ```
//!
//! The difference from the recipe: a piece has sixteen tables, and the hash of a host decides in
//! which of them the host is counted. After the fold, the first tables of all pieces form a group,
//! the second tables form the next group, and so on. This step is the *shuffle* of MapReduce. A
//! host is in only one of the sixteen groups, so the groups can be merged in parallel.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use rayon::prelude::*;

use cli::{BadLine, Log, Request, Traffic};

const SHARDS: usize = 16;

/// The traffic of each host.
type Hosts<'log> = HashMap<&'log str, Traffic>;

fn main() {
    let paths = cli::paths();
    let results = paths.par_iter().map(|path| cli::read(path)).collect();
    let logs = cli::logs_or_exit(results);
    let outcome = count(&logs);
    cli::print_or_exit(&logs, outcome);
}

fn count(logs: &[Log]) -> Result<Hosts<'_>, BadLine> {
    let pieces: Vec<Vec<Hosts>> = logs
        .par_iter()
        .flat_map(|log| log.text().par_lines())
        .map(cli::parse)
        .try_fold(|| vec![Hosts::new(); SHARDS], add)
        .collect::<Result<_, _>>()?;
    let merged: Vec<Hosts> = shuffle(pieces).into_par_iter().map(merge).collect();
    // No host is in two tables.
    Ok(merged.into_iter().flatten().collect())
}

/// Adds a request to one of the tables of its piece.
fn add<'log>(
    mut tables: Vec<Hosts<'log>>,
    request: Result<Request<'log>, BadLine>,
) -> Result<Vec<Hosts<'log>>, BadLine> {
    let Request { host, traffic } = request?;
    *tables[shard(host)].entry(host).or_default() += traffic;
    Ok(tables)
}

/// Returns the index of the table that a host belongs to. It is the same in every piece.
fn shard(host: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    host.hash(&mut hasher);
    hasher.finish() as usize % SHARDS
}

/// Puts the tables with the same hosts together. This moves tables, not their rows.
fn shuffle(pieces: Vec<Vec<Hosts<'_>>>) -> Vec<Vec<Hosts<'_>>> {
    let mut shards = vec![Vec::new(); SHARDS];
    for tables in pieces {
        for (shard, table) in shards.iter_mut().zip(tables) {
            shard.push(table);
        }
    }
    shards
}

/// Merges all tables of a shard into one.
fn merge(tables: Vec<Hosts<'_>>) -> Hosts<'_> {
    let mut merged = Hosts::new();
    for table in tables {
        for (host, traffic) in table {
            *merged.entry(host).or_default() += traffic;
        }
    }
    merged
}

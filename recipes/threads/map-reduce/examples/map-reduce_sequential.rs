//! The same job on one thread.
//!
//! ```text
//! cargo run -p map-reduce --example map-reduce_sequential
//! ```
//!
//! The difference from the recipe: one loop fills one table. Choose it if the log is small, or to
//! find out what the other programs gain.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::HashMap;

use cli::{BadLine, Log, Request, Traffic};

/// The traffic of each host.
type Hosts<'log> = HashMap<&'log str, Traffic>;

fn main() {
    let paths = cli::paths();
    let results = paths.iter().map(|path| cli::read(path)).collect();
    let logs = cli::logs_or_exit(results);
    let outcome = count(&logs);
    cli::print_or_exit(&logs, outcome);
}

fn count(logs: &[Log]) -> Result<Hosts<'_>, BadLine> {
    let mut hosts = Hosts::new();
    for log in logs {
        for line in log.text().lines() {
            let Request { host, traffic } = cli::parse(line)?;
            *hosts.entry(host).or_default() += traffic;
        }
    }
    Ok(hosts)
}

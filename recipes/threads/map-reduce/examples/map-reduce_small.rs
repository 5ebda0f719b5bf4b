//! Adds up the bytes that were sent to each host. Every piece of the log has a table of its own, so
//! no thread needs a lock.

use rayon::prelude::*;
use std::collections::BTreeMap;

type Table<'log> = BTreeMap<&'log str, u64>;

fn main() {
    let log = ["ant 200", "bee 20", "ant 5", "cat 7", "bee 1"];
    let bytes = log
        .into_par_iter()
        .map(parse)
        .fold(Table::new, add)
        .reduce(Table::new, merge);
    println!("{bytes:?}");
}

fn parse(line: &str) -> (&str, u64) {
    let (host, bytes) = line.split_once(' ').expect("a host and a number");
    (host, bytes.parse().expect("a number"))
}

fn add<'log>(mut table: Table<'log>, (host, bytes): (&'log str, u64)) -> Table<'log> {
    *table.entry(host).or_default() += bytes;
    table
}

fn merge<'log>(mut left: Table<'log>, right: Table<'log>) -> Table<'log> {
    for row in right {
        left = add(left, row);
    }
    left
}

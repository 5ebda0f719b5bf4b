//! All threads add their lines to one table behind a `Mutex`. The threads take turns, so the
//! program is slower than a loop.
//!
//! ```text
//! cargo run -p map-reduce --example map-reduce_mistake_one_mutex
//! ```
//!
//! `count_each_line` is wrong: nearly all the work is to find the row of a host, and each thread
//! does it while it holds the lock. `count_each_piece` is right: it locks only once for each piece.
//! The recipe's `reduce` needs no lock at all. The counts are right in both cases, so the exit
//! status is 0. But only one thread works at a time, and all of them pay for the lock.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

use rayon::prelude::*;

const PIECES: usize = 4;

/// How many requests came from each host.
type Table = BTreeMap<&'static str, u64>;

/// A table behind a lock that counts how often it is taken.
#[derive(Default)]
struct Shared {
    table: Mutex<Table>,
    locks: AtomicUsize,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.locks.fetch_add(1, Ordering::Relaxed);
        self.table.lock().expect("no thread should panic")
    }
}

fn main() {
    let log = ["ant", "bee", "cat", "ant"].repeat(250);

    let each_line = Shared::default();
    count_each_line(&log, &each_line);
    let locks_of_lines = report("one table for all threads", each_line);

    let each_piece = Shared::default();
    count_each_piece(&log, &each_piece);
    let locks_of_pieces = report("one table for each piece", each_piece);

    if locks_of_lines > locks_of_pieces {
        eprintln!("contention: the threads take the lock for every line, so they take turns");
        eprintln!("count each piece in a table of its own, and merge the tables at the end");
    }
}

fn count_each_line(log: &[&'static str], shared: &Shared) {
    log.par_iter().for_each(|host| {
        *shared.lock().entry(host).or_default() += 1; // Wrong: a lock for each line.
    });
}

fn count_each_piece(log: &[&'static str], shared: &Shared) {
    log.par_chunks(log.len() / PIECES).for_each(|piece| {
        let mut own = Table::new();
        for host in piece {
            *own.entry(host).or_default() += 1;
        }
        let mut table = shared.lock();
        for (host, requests) in own {
            *table.entry(host).or_default() += requests;
        }
    });
}

/// Prints what is in the table, and returns how often it was locked.
fn report(title: &str, shared: Shared) -> usize {
    let locks = shared.locks.into_inner();
    let table = shared.table.into_inner().expect("no thread should panic");
    println!("{title}: {table:?}, {locks} locks");
    locks
}

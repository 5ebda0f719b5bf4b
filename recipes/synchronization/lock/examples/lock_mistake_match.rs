//! A guard in the head of a `match` lives to the end of the `match`: whoever locks in one of its
//! arms waits for itself.
//!
//! ```text
//! cargo run -p lock --example lock_mistake_match
//! ```
//!
//! The first `match` is wrong: nothing in its arms needs the guard, but a temporary value lives as
//! long as the statement that it stands in. An `if let` keeps it to the end of its block too, a
//! `while let` to the end of each round. The second `match` is right: the `let` ends, and with it
//! the guard, before the `match` begins.

use std::{collections::HashMap, process::ExitCode, time::Duration};
use sync_primitives::Lock;

type Table = HashMap<&'static str, u64>;

fn main() -> ExitCode {
    let table = Lock::new(Table::from([("the", 3129), ("and", 3091)]));

    let in_the_head = match table.lock().get("the").copied() {
        Some(count) => share(&table, count), // Held by this thread.
        None => Some(0),
    };
    println!("guard in the head of the match: {in_the_head:?}");

    let count = table.lock().get("the").copied();
    let before = match count {
        Some(count) => share(&table, count), // Free.
        None => Some(0),
    };
    println!("guard in a statement before it: {before:?}");

    if in_the_head.is_some() {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "deadlock: `share` locks in an arm of a match whose head has locked, and this thread waits for itself"
    );
    eprintln!("copy what you need out of the guard with a `let`, and match that");
    ExitCode::FAILURE
}

/// Of a hundred words, how many are this one, or `None` if the lock is not to be had. `lock()` would never return.
fn share(table: &Lock<Table>, count: u64) -> Option<u64> {
    let table = table.try_lock_for(Duration::from_millis(200))?;
    Some(100 * count / table.values().sum::<u64>())
}

//! The guard in a `match` expression lives until the end of the `match`. If one of the arms locks
//! again, the thread waits for itself.
//!
//! ```text
//! cargo run -p lock --example lock_mistake_match
//! ```
//!
//! The first `match` is wrong. Nothing in its arms needs the guard, but a temporary value lives as
//! long as the statement it is part of. An `if let` also keeps it until the end of its block, and a
//! `while let` until the end of each iteration. The second `match` is right: the guard is dropped
//! at the end of the `let` statement, before the `match` begins.

use std::collections::HashMap;
use std::process::ExitCode;
use std::time::Duration;

use sync_primitives::Lock;

type Counts = HashMap<&'static str, u64>;

fn main() -> ExitCode {
    let table = Lock::new(Counts::from([("the", 3129), ("and", 3091)]));

    let inside = match table.lock().get("the").copied() {
        Some(count) => percentage(&table, count), // Wrong: this thread still holds the lock.
        None => Some(0),
    };
    println!("guard in the match expression: {inside:?}");

    let count = table.lock().get("the").copied();
    let before = match count {
        Some(count) => percentage(&table, count), // Nobody holds the lock.
        None => Some(0),
    };
    println!("guard in a statement before it: {before:?}");

    if inside.is_some() {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "deadlock: `percentage` waits for the lock that its caller holds for the whole match"
    );
    eprintln!("copy what you need out of the guard with a `let`, and match on that");
    ExitCode::FAILURE
}

/// Returns how many of a hundred words are this one, or `None` if it cannot get the lock.
/// `lock()` instead of `try_lock_for` would wait forever.
fn percentage(table: &Lock<Counts>, count: u64) -> Option<u64> {
    let table = table.try_lock_for(Duration::from_millis(200))?;
    let total: u64 = table.values().sum();
    Some(100 * count / total)
}

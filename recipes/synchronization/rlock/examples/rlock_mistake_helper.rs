//! A thread holds an `RLock`, starts a helper and waits for it. The helper locks: it is another thread, and not the owner.
//!
//! ```text
//! cargo run -p rlock --example rlock_mistake_helper
//! ```
//!
//! `restock` is wrong: re-entry belongs to the thread, not to the job that it does. `restock_first` is right: the owner
//! releases every level before it waits for another thread. A job handed to a pool of threads is such a helper too.

use std::{cell::Cell, process::ExitCode, thread, time::Duration};
use sync_primitives::RLock;

fn main() -> ExitCode {
    let bolts = RLock::new(Cell::new(100));
    let restocked = restock(&bolts);
    println!(
        "held while waiting: restocked: {restocked}, {} bolts",
        bolts.lock().get()
    );

    let bolts = RLock::new(Cell::new(100));
    let restocked_first = restock_first(&bolts);
    println!(
        "released before: restocked: {restocked_first}, {} bolts",
        bolts.lock().get()
    );
    if restocked {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "deadlock: the owner waits for its helper, and the helper for the lock, which only lets the owner in again"
    );
    eprintln!(
        "release the lock before you wait for a thread, or let the helper return what you then add yourself"
    );
    ExitCode::FAILURE
}

fn restock(bolts: &RLock<Cell<i64>>) -> bool {
    let stock = bolts.lock();
    stock.set(stock.get() - 10);
    thread::scope(|scope| {
        scope
            .spawn(|| add(bolts, 50))
            .join()
            .expect("the helper does not panic")
    })
}

fn restock_first(bolts: &RLock<Cell<i64>>) -> bool {
    bolts.lock().update(|there| there - 10); // The guard ends with the statement.
    thread::scope(|scope| {
        scope
            .spawn(|| add(bolts, 50))
            .join()
            .expect("the helper does not panic")
    })
}

/// Whether it could be done. `lock()` in place of `try_lock_for` would never return.
fn add(bolts: &RLock<Cell<i64>>, quantity: i64) -> bool {
    let stock = bolts.try_lock_for(Duration::from_millis(200));
    stock
        .map(|stock| stock.update(|there| there + quantity))
        .is_some()
}

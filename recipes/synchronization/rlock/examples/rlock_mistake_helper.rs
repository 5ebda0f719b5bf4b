//! A thread holds an `RLock`, starts a helper thread, and waits for it. The helper deadlocks when
//! it takes the same lock, because it is not the owner.
//!
//! ```text
//! cargo run -p rlock --example rlock_mistake_helper
//! ```
//!
//! `restock` is wrong: only the owning thread may lock again, not every thread that works for it.
//! `restock_first` is right: the owner releases the lock before it waits for another thread. A job
//! that you hand to a thread pool is such a helper as well.

use std::cell::Cell;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use sync_primitives::RLock;

fn main() -> ExitCode {
    let bolts = RLock::new(Cell::new(100));
    let restocked = restock(&bolts);
    let left = bolts.lock().get();
    println!("lock held during the join: restocked: {restocked}, {left} bolts");

    let bolts = RLock::new(Cell::new(100));
    let restocked_first = restock_first(&bolts);
    let left = bolts.lock().get();
    println!("lock released before it: restocked: {restocked_first}, {left} bolts");
    if restocked {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "deadlock: the owner waits for the helper, and the helper waits for the owner's lock"
    );
    eprintln!("release the lock before you wait for a thread, or let the helper return its result");
    ExitCode::FAILURE
}

fn restock(bolts: &RLock<Cell<i64>>) -> bool {
    let stock = bolts.lock();
    stock.set(stock.get() - 10);
    thread::scope(|scope| {
        let helper = scope.spawn(|| add(bolts, 50));
        helper.join().expect("the helper does not panic") // Wrong: it needs the lock held here.
    })
}

fn restock_first(bolts: &RLock<Cell<i64>>) -> bool {
    bolts.lock().update(|stock| stock - 10); // The guard is dropped at the end of this statement.
    thread::scope(|scope| {
        let helper = scope.spawn(|| add(bolts, 50));
        helper.join().expect("the helper does not panic")
    })
}

/// Returns whether it got the lock. `lock()` instead of `try_lock_for` would wait forever.
fn add(bolts: &RLock<Cell<i64>>, quantity: i64) -> bool {
    let Some(stock) = bolts.try_lock_for(Duration::from_millis(200)) else {
        return false;
    };
    stock.set(stock.get() + quantity);
    true
}

// error: E0277
//! Waits with the guard of an `RLock` that protects a `RefCell`. The wait releases every level of
//! the lock, but through another guard this thread may still hold a borrow of the `RefCell` when
//! the next thread borrows it, and a `RefCell` is not `Sync`. If this is the thread's only guard,
//! wait with `RLockGuard::outermost(&mut guard)`. Otherwise use a `Lock` instead of the `RefCell`.

use std::cell::RefCell;
use sync_primitives::{Condition, RLock};

fn main() {
    let stock = RLock::new(RefCell::new(vec!["hex bolt"]));
    let delivered = Condition::new();
    let mut guard = stock.lock();
    delivered.wait_while(&mut guard, |stock| stock.borrow().is_empty()); // refused
    println!("{:?}", guard.borrow());
}

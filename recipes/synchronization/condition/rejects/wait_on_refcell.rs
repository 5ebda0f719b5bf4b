// error: E0277
//! Waits on the guard of an `RLock` with a `RefCell` inside. Waiting gives up every level, and an outer level of this
//! thread may hold a borrow that goes on while another thread takes its own: a `RefCell` is not `Sync`. Wait on
//! `RLockGuard::outermost(&mut guard)`, which there is at one level only, or put a `Lock` where the `RefCell` is.

use std::cell::RefCell;
use sync_primitives::{Condition, RLock};

fn main() {
    let stock = RLock::new(RefCell::new(vec!["hex bolt"]));
    let delivered = Condition::new();
    let mut guard = stock.lock();
    delivered.wait_while(&mut guard, |stock| stock.borrow().is_empty()); // refused
    println!("{:?}", guard.borrow());
}

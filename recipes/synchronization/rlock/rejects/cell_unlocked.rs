// error: E0277
//! Leaves the lock out: two threads change the stock by methods that do not lock. A `Cell` is for one thread at a time, so
//! it is not `Sync`, and what holds one is not either. An `RLock` around it is `Sync`: it lets one thread in at a time.

use std::{cell::Cell, thread};

struct Inventory {
    bolts: Cell<i64>,
}

fn main() {
    let inventory = Inventory { bolts: Cell::new(100) };
    thread::scope(|scope| {
        scope.spawn(|| inventory.bolts.update(|bolts| bolts + 10)); // refused
    });
    inventory.bolts.update(|bolts| bolts - 5);
}

// error: E0277
//! Has no lock: two threads change the stock through methods that do not lock. Only one thread at a
//! time may use a `Cell`, so it is not `Sync`, and neither is a struct that contains one. Put it
//! into an `RLock`, which is `Sync` because it lets in one thread at a time.

use std::{cell::Cell, thread};

struct Inventory {
    bolts: Cell<i64>,
}

fn main() {
    let inventory = Inventory {
        bolts: Cell::new(100),
    };
    thread::scope(|scope| {
        scope.spawn(|| inventory.bolts.update(|bolts| bolts + 10)); // refused
    });
    inventory.bolts.update(|bolts| bolts - 5);
}

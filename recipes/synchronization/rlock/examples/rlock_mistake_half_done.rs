//! An `RLock` lets its owner in again, also where the owner has left the data half changed: a method sees goods that are
//! nowhere.
//!
//! ```text
//! cargo run -p rlock --example rlock_mistake_half_done
//! ```
//!
//! `transfer` is wrong: between its two steps it calls `audit`, which locks, gets in and counts what is not yet complete.
//! With a `Lock` it would deadlock there, and you would notice. `transfer_then_audit` is right: it calls when the change
//! is complete. Better still is one method that locks and private ones that get `&mut`, as in rlock_std.

use std::{cell::Cell, process::ExitCode};
use sync_primitives::RLock;

struct Warehouse {
    shelves: RLock<[Cell<i64>; 2]>,
}

fn main() -> ExitCode {
    let warehouse = Warehouse {
        shelves: RLock::new([Cell::new(100), Cell::new(0)]),
    };
    let half_way = warehouse.transfer(10);
    println!("audit between the steps: {half_way} of 100");
    let complete = warehouse.transfer_then_audit(10);
    println!("audit after them: {complete} of 100");
    if half_way == 100 {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "`audit` came between the two steps of `transfer`: the lock keeps other threads out, not its own"
    );
    eprintln!("call other methods before the change begins or after it is complete");
    ExitCode::FAILURE
}

impl Warehouse {
    fn transfer(&self, quantity: i64) -> i64 {
        let shelves = self.shelves.lock();
        shelves[0].update(|there| there - quantity);
        let audited = self.audit(); // Ten are on neither shelf.
        shelves[1].update(|there| there + quantity);
        audited
    }

    fn transfer_then_audit(&self, quantity: i64) -> i64 {
        let shelves = self.shelves.lock();
        shelves[0].update(|there| there - quantity);
        shelves[1].update(|there| there + quantity);
        self.audit()
    }

    fn audit(&self) -> i64 {
        self.shelves.lock().iter().map(Cell::get).sum()
    }
}

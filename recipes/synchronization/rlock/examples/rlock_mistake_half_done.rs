//! An `RLock` lets its owner in again even if the owner has changed only half of the data. The
//! inner method then misses the goods that are in transit.
//!
//! ```text
//! cargo run -p rlock --example rlock_mistake_half_done
//! ```
//!
//! `transfer` is wrong: it calls `audit` between its two steps. `audit` locks, gets in, and counts
//! a stock that is incomplete. With a `Lock` it would deadlock there, and you would notice.
//! `transfer_then_audit` is right: it calls `audit` when the change is complete. It is even better
//! to lock once and pass `&mut` to private methods, as in rlock_std.

use std::cell::Cell;
use std::process::ExitCode;

use sync_primitives::RLock;

struct Warehouse {
    shelves: RLock<Shelves>,
}

struct Shelves {
    reserve: Cell<i64>,
    picking: Cell<i64>,
}

fn main() -> ExitCode {
    let warehouse = Warehouse {
        shelves: RLock::new(Shelves {
            reserve: Cell::new(100),
            picking: Cell::new(0),
        }),
    };
    let half_done = warehouse.transfer(10);
    println!("audit between the two steps: {half_done} of 100");
    let complete = warehouse.transfer_then_audit(10);
    println!("audit after both steps: {complete} of 100");
    if half_done == 100 {
        return ExitCode::SUCCESS;
    }
    eprintln!("`audit` saw a half-done transfer: an `RLock` keeps out only other threads");
    eprintln!("call other methods before the change begins, or after it is complete");
    ExitCode::FAILURE
}

impl Warehouse {
    fn transfer(&self, quantity: i64) -> i64 {
        let shelves = self.shelves.lock();
        shelves.reserve.update(|bolts| bolts - quantity);
        let audited = self.audit(); // Wrong: ten bolts are on neither shelf.
        shelves.picking.update(|bolts| bolts + quantity);
        audited
    }

    fn transfer_then_audit(&self, quantity: i64) -> i64 {
        let shelves = self.shelves.lock();
        shelves.reserve.update(|bolts| bolts - quantity);
        shelves.picking.update(|bolts| bolts + quantity);
        self.audit()
    }

    fn audit(&self) -> i64 {
        let shelves = self.shelves.lock();
        shelves.reserve.get() + shelves.picking.get()
    }
}

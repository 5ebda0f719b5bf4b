//! Methods that call one another and all take the same `Lock`: the second `lock()` waits for its own thread, for ever.
//!
//! ```text
//! cargo run -p rlock --example rlock_mistake_lock
//! ```
//!
//! `Locked` is wrong: `transfer` holds the lock, and `add`, which it calls, wants it. `Split` is right, and what to do
//! first: the public method locks once and passes `&mut` on. Where the methods cannot be taken apart, an `RLock` lets its
//! owner in again, as in the recipe.

use std::{process::ExitCode, time::Duration};
use sync_primitives::Lock;

fn main() -> ExitCode {
    let locked = Locked {
        shelves: Lock::new([100, 0]),
    };
    let done = locked.transfer(10);
    println!(
        "each method locks: transferred: {done}, {:?}",
        locked.shelves.into_inner()
    );

    let split = Split {
        shelves: Lock::new([100, 0]),
    };
    split.transfer(10);
    println!(
        "one method locks: transferred: true, {:?}",
        split.shelves.into_inner()
    );
    if done {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "deadlock: `transfer` holds the lock and calls `add`, which waits for this very thread to release it"
    );
    eprintln!(
        "lock in the public method and pass `&mut` to a private one; if that cannot be, use an `RLock`"
    );
    ExitCode::FAILURE
}

struct Locked {
    shelves: Lock<[i64; 2]>,
}

impl Locked {
    fn transfer(&self, quantity: i64) -> bool {
        let _whole = self.shelves.lock(); // Nobody is to see the goods on neither shelf.
        self.add(0, -quantity) && self.add(1, quantity)
    }

    /// Whether it could be done. `lock()` in place of `try_lock_for` would never return.
    fn add(&self, shelf: usize, quantity: i64) -> bool {
        self.shelves
            .try_lock_for(Duration::from_millis(200))
            .map(|mut shelves| shelves[shelf] += quantity)
            .is_some()
    }
}

struct Split {
    shelves: Lock<[i64; 2]>,
}

impl Split {
    fn transfer(&self, quantity: i64) {
        let mut shelves = self.shelves.lock();
        add(&mut shelves[0], -quantity);
        add(&mut shelves[1], quantity);
    }
}

fn add(shelf: &mut i64, quantity: i64) {
    *shelf += quantity;
}

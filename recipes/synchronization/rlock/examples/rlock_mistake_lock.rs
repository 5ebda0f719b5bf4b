//! Methods that call one another all take the same `Lock`. The second `lock()` waits for its own
//! thread, forever.
//!
//! ```text
//! cargo run -p rlock --example rlock_mistake_lock
//! ```
//!
//! `EachLocks` is wrong: `transfer` holds the lock when it calls `add`, which takes it too.
//! `OneLocks` is right, and what to try first: the public method locks once and passes `&mut` to
//! private ones. If you cannot take the methods apart like this, use an `RLock`, as in the recipe.

use std::process::ExitCode;
use std::time::Duration;

use sync_primitives::Lock;

fn main() -> ExitCode {
    let each_locks = EachLocks {
        shelves: Lock::new([100, 0]),
    };
    let transferred = each_locks.transfer(10);
    let shelves = each_locks.shelves.into_inner();
    println!("each method locks: transferred: {transferred}, {shelves:?}");

    let one_locks = OneLocks {
        shelves: Lock::new([100, 0]),
    };
    one_locks.transfer(10);
    let shelves = one_locks.shelves.into_inner();
    println!("one method locks: transferred: true, {shelves:?}");
    if transferred {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "deadlock: `transfer` holds the lock and calls `add`, which waits for it to be released"
    );
    eprintln!("lock once in the public method and pass `&mut` on; if you cannot, use an `RLock`");
    ExitCode::FAILURE
}

struct EachLocks {
    shelves: Lock<[i64; 2]>,
}

impl EachLocks {
    fn transfer(&self, quantity: i64) -> bool {
        let _guard = self.shelves.lock(); // No other thread may see the goods on neither shelf.
        self.add(0, -quantity) && self.add(1, quantity) // Wrong: `add` locks again.
    }

    /// Returns whether it got the lock. `lock()` instead of `try_lock_for` would wait forever.
    fn add(&self, shelf: usize, quantity: i64) -> bool {
        let Some(mut shelves) = self.shelves.try_lock_for(Duration::from_millis(200)) else {
            return false;
        };
        shelves[shelf] += quantity;
        true
    }
}

struct OneLocks {
    shelves: Lock<[i64; 2]>,
}

impl OneLocks {
    fn transfer(&self, quantity: i64) {
        let mut shelves = self.shelves.lock();
        add(&mut shelves[0], -quantity);
        add(&mut shelves[1], quantity);
    }
}

fn add(shelf: &mut i64, quantity: i64) {
    *shelf += quantity;
}

// error: E0277
//! Counts rounds in a `Cell`. At each round another thread may be the last and run the action, all through one shared
//! reference, which a `Cell` does not allow: it is not `Sync`. Use an atomic, or a `Lock` around the count.

use std::cell::Cell;
use sync_primitives::Barrier;

fn main() {
    let rounds = Cell::new(0);
    let barrier = Barrier::with_action(1, || {
        rounds.set(rounds.get() + 1); // refused
    });
    barrier.wait().expect("nobody breaks it");
    println!("{}", rounds.get());
}

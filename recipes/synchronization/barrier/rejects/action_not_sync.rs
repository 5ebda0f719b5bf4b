// error: E0277
//! Counts rounds in a `Cell`. In each round, another thread may arrive last and run the action, and
//! all of them use the same shared reference. A `Cell` does not allow that, because it is not
//! `Sync`. Keep the count in an atomic or in a `Lock`.

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

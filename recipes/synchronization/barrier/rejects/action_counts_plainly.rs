// error: E0594
//! Counts rounds in a plain variable. The action is an `Fn`, run through a shared reference by whichever thread arrives
//! last; so it changes nothing that it has captured. Put the count into an atomic or a `Lock`.

use sync_primitives::Barrier;

fn main() {
    let mut rounds = 0;
    let barrier = Barrier::with_action(1, || {
        rounds += 1; // refused
    });
    barrier.wait().expect("nobody breaks it");
    drop(barrier);
    rounds *= 2;
    println!("{rounds}");
}

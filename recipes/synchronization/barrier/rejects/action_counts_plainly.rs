// error: E0594
//! Counts rounds in a plain variable. The action is an `Fn` closure, because the thread that
//! arrives last runs it through a shared reference. So it cannot change a variable that it
//! captures. Keep the count in an atomic or in a `Lock`.

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

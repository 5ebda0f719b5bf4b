// error: E0502
//! Uses a guard while the `Outermost` made from it is alive. During a wait on an `Outermost`, other
//! threads may change the value, so nobody may look at it through the guard: the `Outermost`
//! borrows the guard exclusively. Use the `Outermost` itself to look at the value.

use sync_primitives::{RLock, RLockGuard};

fn main() {
    let counter = RLock::new(1);
    let mut guard = counter.lock();
    let outermost = RLockGuard::outermost(&mut guard).expect("one level is held");
    println!("{}", *guard); // refused
    println!("{}", *outermost);
}

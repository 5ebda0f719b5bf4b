// error: E0502
//! Uses a guard while the `Outermost` made from it is alive. A `Condition` may wait on an `Outermost` for any value,
//! because nobody looks at the value meanwhile: it borrows its guard alone. Look through the `Outermost` itself.

use sync_primitives::{RLock, RLockGuard};

fn main() {
    let counter = RLock::new(1);
    let mut guard = counter.lock();
    let outermost = RLockGuard::outermost(&mut guard).expect("one level is held");
    println!("{}", *guard); // refused
    println!("{}", *outermost);
}

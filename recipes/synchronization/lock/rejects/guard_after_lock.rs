// error: E0505
//! Drops a lock while its guard is in use. The guard borrows the lock: the value it leads to lies inside, and would be
//! gone. Let the guard end first, or take the value out with `into_inner` when nobody locks any more.

use sync_primitives::Lock;

fn main() {
    let counter = Lock::new(1);
    let guard = counter.lock();
    drop(counter); // refused
    println!("{}", *guard);
}

// error: E0505
//! Drops a lock while its guard is in use. The guard borrows the lock, because the value it refers
//! to lies inside and would be gone. Drop the guard first, or take the value out with `into_inner`
//! when nobody needs the lock anymore.

use sync_primitives::Lock;

fn main() {
    let counter = Lock::new(1);
    let guard = counter.lock();
    drop(counter); // refused
    println!("{}", *guard);
}

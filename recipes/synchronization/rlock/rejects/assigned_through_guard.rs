// error: E0594
//! Changes the value through the guard of an `RLock`. The same thread may lock again and hold a
//! second guard, so a guard lends `&T` and never `&mut T`. Put what changes into a `Cell` or a
//! `RefCell`, or use a `Lock` if one level is enough.

use sync_primitives::RLock;

fn main() {
    let counter = RLock::new(1);
    let mut guard = counter.lock();
    *guard += 1; // refused
    println!("{}", *guard);
}

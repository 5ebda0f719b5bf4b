// error: E0502
//! Keeps a reference to the data while it waits. During the wait other threads may change or remove
//! that data, so `wait` borrows the guard as mutable and no reference can outlive the call. Look at
//! the data again after the wait.

use sync_primitives::{Condition, Lock};

fn main() {
    let readings = Lock::new(vec![33, 44]);
    let changed = Condition::new();
    let mut guard = readings.lock();
    let first = &guard[0];
    changed.wait(&mut guard); // refused
    println!("{first}");
}

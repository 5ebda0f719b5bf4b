// error: E0502
//! Looks at the data, waits, and goes on with what it saw before. Waiting lets other threads in, and they may have taken
//! what was seen: `wait` borrows the guard as mutable, so nothing borrowed from it lives on. Look again after the wait.

use sync_primitives::{Condition, Lock};

fn main() {
    let readings = Lock::new(vec![33, 44]);
    let changed = Condition::new();
    let mut guard = readings.lock();
    let first = &guard[0];
    changed.wait(&mut guard); // refused
    println!("{first}");
}

// error: E0499
//! Changes one table from two threads without a lock. In Python this is `merge` without its `with
//! lock:`, and Python runs it. Put the table into a `Lock`: then each thread borrows the lock, and
//! the table only while it holds the lock.

use std::{collections::HashMap, thread};

fn main() {
    let mut table = HashMap::new();
    thread::scope(|scope| {
        scope.spawn(|| table.insert("the", 3129));
        scope.spawn(|| table.insert("and", 3091)); // refused
    });
}

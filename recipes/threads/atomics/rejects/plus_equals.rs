// error: E0368
//! Adds to an atomic with `+=`. Atomics have no operators, so that you see each step in the code
//! and choose its ordering. Call `fetch_add`.

use std::sync::atomic::{AtomicU64, Ordering};

static ERRORS: AtomicU64 = AtomicU64::new(0);

fn main() {
    ERRORS += 1; // refused
    println!("{}", ERRORS.load(Ordering::Relaxed));
}

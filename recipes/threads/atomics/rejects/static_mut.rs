// error: E0133
//! Two threads add to a `static mut`. Every use of it is unsafe, because the compiler cannot check
//! that only one thread at a time uses it. Make it a `static` of the type `AtomicU64`.

use std::thread;

static mut ERRORS: u64 = 0;

fn main() {
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                ERRORS += 1; // refused
            });
        }
    });
}

// error: E0277
//! Sends the guard of std's `Mutex` to another thread. On some systems a mutex must be released by the thread that locked
//! it, so a `MutexGuard` stays in its thread, as a `LockGuard` does. Send a reference to the mutex, and lock over there.

use std::sync::Mutex;
use std::thread;

fn main() {
    let counter = Mutex::new(1);
    let mut guard = counter.lock().expect("no holder panics");
    thread::scope(|scope| {
        scope.spawn(move || *guard += 1); // refused
    });
}

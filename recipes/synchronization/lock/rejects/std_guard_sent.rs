// error: E0277
//! Sends the guard of std's `Mutex` to another thread. On some systems the thread that locked a
//! mutex must also unlock it, so a `MutexGuard` stays in its thread, as a `LockGuard` does. Send a
//! reference to the mutex instead, and lock in the other thread.

use std::sync::Mutex;
use std::thread;

fn main() {
    let counter = Mutex::new(1);
    let mut guard = counter.lock().expect("no holder panics");
    thread::scope(|scope| {
        scope.spawn(move || *guard += 1); // refused
    });
}

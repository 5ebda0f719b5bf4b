// error: E0373
//! Lets a thread wait at a barrier that belongs to the function which starts the thread. Nothing
//! makes this function wait for the thread, so the barrier could be gone before the thread reaches
//! it. Start the thread in a `thread::scope`, which waits for it, or make the barrier a `static`.

use std::thread;
use sync_primitives::Barrier;

fn main() {
    let barrier = Barrier::new(2);
    let other = thread::spawn(|| barrier.wait()); // refused
    barrier.wait().expect("nobody breaks it");
    other.join().expect("a thread panicked").expect("nobody breaks it"); // refused
}

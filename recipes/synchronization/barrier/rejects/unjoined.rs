// error: E0373
//! Lets a thread wait at a barrier of the function that starts it, and nothing makes the function wait for the thread.
//! The barrier could be gone before the thread comes to it. Start it in a `thread::scope`, which ends after its
//! threads, or make the barrier a `static`.

use std::thread;
use sync_primitives::Barrier;

fn main() {
    let meeting = Barrier::new(2);
    let other = thread::spawn(|| meeting.wait()); // refused
    meeting.wait().expect("nobody breaks it");
    other.join().expect("a thread panicked").expect("nobody breaks it"); // refused
}

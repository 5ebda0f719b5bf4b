// error: E0597
//! Moves a permit into a thread that may live longer than the semaphore. A permit borrows the semaphore, and nobody
//! promises that the thread ends before it does. Start the thread in a `thread::scope`, or take an `acquire_owned`
//! permit from an `Arc`.

use std::thread;
use sync_primitives::Semaphore;

fn main() {
    let places = Semaphore::new(3);
    let permit = places.acquire(); // refused
    thread::spawn(move || drop(permit)); // refused
}

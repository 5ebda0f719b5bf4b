// error: E0597
//! Moves a permit into a thread that may outlive the semaphore. The permit borrows the semaphore,
//! but a thread from `thread::spawn` may run longer than the semaphore lives. Start the thread in a
//! `thread::scope`, or share the semaphore in an `Arc` and call `acquire_owned`.

use std::thread;
use sync_primitives::Semaphore;

fn main() {
    let places = Semaphore::new(3);
    let permit = places.acquire(); // refused
    thread::spawn(move || drop(permit)); // refused
}

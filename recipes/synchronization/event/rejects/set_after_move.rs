// error: E0382
//! Sets an event that has moved into the thread that waits for it. An event has no other end that stays behind, as a
//! channel has: both threads need the same one. Start the thread in a `thread::scope` and lend the event to it.

use std::thread;
use sync_primitives::Event;

fn main() {
    let stop = Event::new();
    let waiter = thread::spawn(move || drop(stop));
    stop.set(); // refused
    waiter.join().expect("the thread does not panic");
}

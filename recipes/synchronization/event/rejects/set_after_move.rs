// error: E0382
//! Sets an event that has moved into the thread that waits for it. Unlike a channel, an event has
//! no second end that stays behind: both threads need the same event. Start the thread in a
//! `thread::scope` and lend it the event.

use std::thread;
use sync_primitives::Event;

fn main() {
    let stop = Event::new();
    let waiter = thread::spawn(move || drop(stop));
    stop.set(); // refused
    waiter.join().expect("the thread does not panic");
}

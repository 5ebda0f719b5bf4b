// error: E0373
//! Lends an event to a thread that may outlive it. `thread::spawn` starts a thread that nothing holds back when `main`
//! returns and its variables go. Start it in a `thread::scope`, which ends after it; or share the event as a `static`
//! or in an `Arc`.

use std::thread;
use sync_primitives::Event;

fn main() {
    let stop = Event::new();
    thread::spawn(|| stop.wait()); // refused
    stop.set();
}

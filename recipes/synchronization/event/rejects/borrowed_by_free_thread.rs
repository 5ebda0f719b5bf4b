// error: E0373
//! Lends an event to a thread that may outlive it: a thread started by `thread::spawn` goes on when
//! `main` returns and drops its variables. Start the thread in a `thread::scope`, which waits for
//! it, or share the event as a `static` or in an `Arc`.

use std::thread;
use sync_primitives::Event;

fn main() {
    let stop = Event::new();
    thread::spawn(|| stop.wait()); // refused
    stop.set();
}

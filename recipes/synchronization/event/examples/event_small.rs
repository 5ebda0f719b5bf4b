//! One event stops three threads at once, although each of them pauses for a minute at a time.

use std::{thread, time::Duration};
use sync_primitives::Event;

fn main() {
    let stop = Event::new();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.wait_for(Duration::from_secs(60)) {
                    println!("nothing new"); // Once a minute, until the event is set.
                }
                println!("stopped");
            });
        }
        // Lets the threads begin their pauses. The output would be the same without this.
        thread::sleep(Duration::from_millis(100));
        stop.set(); // Ends the pause of every thread. A later pause ends before it begins.
    });
}

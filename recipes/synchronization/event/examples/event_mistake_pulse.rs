//! `set` and `clear` in one go, taken as a signal: a monitor that comes to wait a moment later sleeps for ever.
//!
//! ```text
//! cargo run -p event --example event_mistake_pulse
//! ```
//!
//! `pulse` is wrong: an event is a state, and one that nobody is there to see says nothing. `open` is right: leave the event
//! set, and whoever comes later goes through. For a signal that waits for its receiver, use a queue or a semaphore.

use std::{process::ExitCode, sync::Barrier, thread, time::Duration};
use sync_primitives::Event;

fn main() -> ExitCode {
    let pulsed = late_monitor_starts(pulse);
    println!("set and clear: the late monitor started: {pulsed}");
    let opened = late_monitor_starts(open);
    println!("set: the late monitor started: {opened}");
    if pulsed {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "the event was set and cleared before the monitor came to wait, and nobody will set it again"
    );
    eprintln!("leave it set as long as what it stands for is true");
    ExitCode::FAILURE
}

fn pulse(start: &Event) {
    start.set();
    start.clear();
}

fn open(start: &Event) {
    start.set();
}

/// Whether a monitor starts that comes to wait after `signal`. `wait()` in place of `wait_for` would never return.
fn late_monitor_starts(signal: fn(&Event)) -> bool {
    let start = Event::new();
    let signalled = Barrier::new(2);
    thread::scope(|scope| {
        let monitor = scope.spawn(|| {
            signalled.wait(); // By chance it is seldom so late. This makes it certain.
            start.wait_for(Duration::from_millis(200))
        });
        signal(&start);
        signalled.wait();
        monitor.join().expect("the monitor does not panic")
    })
}

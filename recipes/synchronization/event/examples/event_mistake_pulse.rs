//! It hangs: `set` followed at once by `clear` is used as a signal. A monitor that begins to wait a
//! moment later has missed it (a lost wakeup) and sleeps forever.
//!
//! ```text
//! cargo run -p event --example event_mistake_pulse
//! ```
//!
//! `pulse` is wrong: an event is a state, and nobody can see a state that is over already. `open`
//! is right: leave the event set, and threads that come later go through. If each signal must
//! reach one receiver, use a queue or a semaphore.

use std::process::ExitCode;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use sync_primitives::Event;

fn main() -> ExitCode {
    let pulsed = late_monitor_starts(pulse);
    println!("set and clear: the late monitor started: {pulsed}");
    let opened = late_monitor_starts(open);
    println!("set: the late monitor started: {opened}");
    if pulsed {
        return ExitCode::SUCCESS;
    }
    eprintln!("lost wakeup: the event was set and cleared before the monitor began to wait");
    eprintln!("leave the event set for as long as what it stands for is true");
    ExitCode::FAILURE
}

fn pulse(start: &Event) {
    start.set();
    start.clear(); // Wrong: a thread that begins to wait now has missed it.
}

fn open(start: &Event) {
    start.set();
}

/// Whether a monitor starts that begins to wait after `signal`. With `wait` instead of `wait_for`,
/// the monitor would never return.
fn late_monitor_starts(signal: fn(&Event)) -> bool {
    let start = Event::new();
    let signaled = Barrier::new(2);
    thread::scope(|scope| {
        let monitor = scope.spawn(|| {
            signaled.wait(); // Without this, the monitor would be late only now and then.
            start.wait_for(Duration::from_millis(200))
        });
        signal(&start);
        signaled.wait();
        monitor.join().expect("the monitor does not panic")
    })
}

//! It is slow: a monitor calls `is_set` in a loop instead of waiting. It keeps a processor busy
//! until the event is set.
//!
//! ```text
//! cargo run -p event --example event_mistake_busy
//! ```
//!
//! `watch_busily` is wrong: a million looks see no change, and on a single processor they delay the
//! thread that would set the event. `watch` is right: `wait` sleeps until the event is set, and
//! `wait_for` until the event is set or the time is over. Nothing hangs here and the result is
//! right, so the exit status is 0: only the wasted time tells you that something is wrong.

use std::sync::mpsc::{self, Sender};
use std::{hint, thread};

use sync_primitives::Event;

const LOOKS: u64 = 1_000_000;

fn main() {
    let stop = Event::new();
    let (report, reported) = mpsc::channel();
    let looks = thread::scope(|scope| {
        let monitor = scope.spawn(|| watch_busily(&stop, report));
        reported.recv().expect("the monitor looks a million times");
        stop.set();
        monitor.join().expect("the monitor does not panic")
    });
    let is_busy = looks >= LOOKS;
    println!("is_set in a loop: at least {LOOKS} looks: {is_busy}");

    let stop = Event::new();
    let looks = thread::scope(|scope| {
        let monitor = scope.spawn(|| watch(&stop));
        stop.set();
        monitor.join().expect("the monitor does not panic")
    });
    println!("wait: {looks} look");
    eprintln!("busy waiting: the monitor looked a million times and found nothing new");
    eprintln!("let it sleep in `wait()`, or in `wait_for(pause)` if it has work to do in between");
}

/// Returns how often it looked.
fn watch_busily(stop: &Event, report: Sender<()>) -> u64 {
    let mut looks = 1;
    while !stop.is_set() {
        looks += 1;
        if looks == LOOKS {
            report.send(()).expect("main listens");
        }
        // A spin hint leaves more of the core to its other hardware thread. It stays busy.
        hint::spin_loop(); // Wrong: spins instead of sleeping.
    }
    looks
}

fn watch(stop: &Event) -> u64 {
    stop.wait();
    1
}

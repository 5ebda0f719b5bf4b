//! A monitor asks `is_set` in a loop instead of waiting: it keeps a processor busy until the event is set.
//!
//! ```text
//! cargo run -p event --example event_mistake_busy
//! ```
//!
//! `watch_busily` is wrong: a million looks see the same, and on one processor they keep the thread that would set the
//! event from running. `watch` is right: `wait` sleeps until the event is set, and `wait_for` until then or until a time.
//! Nothing hangs here and the result is right, so the exit status is 0; what it costs does not show in it.

use std::sync::mpsc::{self, Sender};
use std::{hint, thread};
use sync_primitives::Event;

const LOOKS: u64 = 1_000_000;

fn main() {
    let stop = Event::new();
    let (report, reported) = mpsc::channel();
    let looks = thread::scope(|scope| {
        let monitor = scope.spawn(|| watch_busily(&stop, report));
        reported.recv().expect("the monitor looks often");
        stop.set();
        monitor.join().expect("the monitor does not panic")
    });
    println!(
        "is_set in a loop: {LOOKS} looks or more: {}",
        looks >= LOOKS
    );

    let stop = Event::new();
    let looks = thread::scope(|scope| {
        let monitor = scope.spawn(|| watch(&stop));
        stop.set();
        monitor.join().expect("the monitor does not panic")
    });
    println!("wait: looks: {looks}");
    eprintln!(
        "the monitor looked a million times for nothing, and a processor did nothing else meanwhile"
    );
    eprintln!(
        "let it sleep: `wait()`, or `wait_for(pause)` where it has something to do now and then"
    );
}

/// How often it looked.
fn watch_busily(stop: &Event, report: Sender<()>) -> u64 {
    let mut looks = 1;
    while !stop.is_set() {
        looks += 1;
        if looks == LOOKS {
            report.send(()).expect("main listens");
        }
        hint::spin_loop(); // Kind to the processor's other half; still busy.
    }
    looks
}

fn watch(stop: &Event) -> u64 {
    stop.wait();
    1
}

//! It hangs: a monitor checks for the stop only between two earthquakes. The feed falls silent, so
//! the monitor never checks again and never ends.
//!
//! ```text
//! cargo run -p event --example event_mistake_between
//! ```
//!
//! `watch_between` is wrong: while it sleeps in `recv`, no event can wake it. `watch` is right: it
//! needs no event, because dropping the sender ends its loop. The recipe shows another way: wait
//! for the stop with a timeout, and look at the feed after each timeout.

use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use sync_primitives::Event;

struct Outcome {
    seen: usize,
    ended: bool,
}

fn main() -> ExitCode {
    let Outcome { seen, ended } = stop_by_event();
    println!("checks for the stop between earthquakes: seen {seen}, ended {ended}");
    let seen = stop_by_end_of_feed();
    println!("stops at the end of the feed: seen {seen}");
    if ended {
        return ExitCode::SUCCESS;
    }
    eprintln!("deadlock: the monitor waits for an earthquake, and does not notice the stop");
    eprintln!("end what it waits for, or let it wait for the stop, with a timeout");
    ExitCode::FAILURE
}

/// How many earthquakes the monitor saw, and whether it ended when it was told to.
fn stop_by_event() -> Outcome {
    let stop = Event::new();
    let (feed, quakes) = mpsc::channel();
    let (checking, checks) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let monitor = scope.spawn(|| {
            let _end = end; // Dropped when the thread ends, which disconnects `ended`.
            watch_between(&stop, quakes, checking)
        });
        checks.recv().expect("the monitor checks before it waits");
        feed.send("Hualian").expect("the monitor listens");
        checks.recv().expect("the monitor checks after each one"); // Now it waits for the next.
        stop.set();
        let outcome = ended.recv_timeout(Duration::from_millis(300));
        drop(feed); // Otherwise this program would not end either.
        Outcome {
            seen: monitor.join().expect("the monitor does not panic"),
            ended: outcome == Err(RecvTimeoutError::Disconnected),
        }
    })
}

fn watch_between(stop: &Event, quakes: Receiver<&str>, checking: Sender<()>) -> usize {
    let mut seen = 0;
    while !stop.is_set() {
        checking.send(()).expect("main listens");
        let Ok(_quake) = quakes.recv() else { break }; // Wrong: setting `stop` does not end it.
        seen += 1;
    }
    seen
}

fn stop_by_end_of_feed() -> usize {
    let (feed, quakes) = mpsc::channel();
    thread::scope(|scope| {
        let monitor = scope.spawn(|| watch(quakes));
        feed.send("Hualian").expect("the monitor listens");
        drop(feed);
        monitor.join().expect("the monitor does not panic")
    })
}

fn watch(quakes: Receiver<&str>) -> usize {
    let mut seen = 0;
    for _quake in quakes {
        seen += 1;
    }
    seen
}

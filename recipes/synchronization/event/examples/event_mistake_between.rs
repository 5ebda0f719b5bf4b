//! A monitor asks for the stop only between two earthquakes. The feed is silent, so it never asks again, and never ends.
//!
//! ```text
//! cargo run -p event --example event_mistake_between
//! ```
//!
//! `watch_between` is wrong: while it sleeps in `recv`, setting an event wakes nobody. `watch` is right: the stop is the end of
//! the very thing that it sleeps for, the feed. The recipe shows another way: sleep for the stop, and look at the feed
//! when the time is up.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::{process::ExitCode, thread, time::Duration};
use sync_primitives::Event;

fn main() -> ExitCode {
    let (seen, ended) = stop_by_event();
    println!("stop asked for between earthquakes: seen {seen}, ended {ended}");
    println!(
        "stop by the end of the feed: seen {}, ended true",
        stop_by_end()
    );
    if ended {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "the monitor waits for an earthquake, not for the stop: it would ask for the stop after the next one"
    );
    eprintln!("end what it waits for, or wait for the stop itself with a time limit");
    ExitCode::FAILURE
}

/// How many earthquakes the monitor saw, and whether it ended when told to.
fn stop_by_event() -> (usize, bool) {
    let stop = Event::new();
    let (feed, quakes) = mpsc::channel();
    let (ask, asked) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let monitor = scope.spawn(|| {
            let _end = end; // Dropped at the end, which ends `ended` too.
            watch_between(&stop, quakes, ask)
        });
        asked.recv().expect("the monitor asks at first");
        feed.send("Hualian").expect("the monitor listens");
        asked.recv().expect("the monitor asks after an earthquake"); // From here on it waits for the next one.
        stop.set();
        let has_ended =
            ended.recv_timeout(Duration::from_millis(300)) == Err(RecvTimeoutError::Disconnected);
        drop(feed); // Otherwise this program would not end either.
        (
            monitor.join().expect("the monitor does not panic"),
            has_ended,
        )
    })
}

fn watch_between(stop: &Event, quakes: Receiver<&str>, ask: Sender<()>) -> usize {
    let mut seen = 0;
    while !stop.is_set() {
        ask.send(()).expect("main listens");
        let Ok(_quake) = quakes.recv() else { break };
        seen += 1;
    }
    seen
}

fn stop_by_end() -> usize {
    let (feed, quakes) = mpsc::channel();
    thread::scope(|scope| {
        let monitor = scope.spawn(|| watch(quakes));
        feed.send("Hualian").expect("the monitor listens");
        drop(feed);
        monitor.join().expect("the monitor does not panic")
    })
}

fn watch(quakes: Receiver<&str>) -> usize {
    quakes.into_iter().count()
}

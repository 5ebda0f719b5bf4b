//! The same job with crossbeam.
//!
//! ```text
//! cargo run -p event --example event_crossbeam
//! ```
//!
//! The difference from the recipe: crossbeam has no event, but both uses of one. A `WaitGroup` is
//! the start: `wait` returns when `main` and all monitors have called it. The end of a channel that
//! carries no messages is the stop: dropping its only sender, even in a panic, wakes all receivers.
//! Choose it when the start and the stop each come once. If a monitor panics, the others go on
//! until the feed ends.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use crossbeam::channel::{self, Receiver, RecvTimeoutError};
use crossbeam::sync::WaitGroup;

use cli::{Quake, Report};

/// The time between two batches of the feed. A batch is usually a day.
const BATCH: Duration = Duration::from_millis(20);
/// How long a monitor pauses between two looks at the feed.
const PAUSE: Duration = Duration::from_millis(5);

/// The earthquakes known so far.
type Feed<'a> = Mutex<Vec<&'a Quake>>;

/// What a thread holds of the service. Each has a clone of its own.
#[derive(Clone)]
struct Service<'f, 'a> {
    start: WaitGroup,
    /// Nothing is ever sent: `stop` ends when its sender is dropped.
    stop: Receiver<()>,
    feed: &'f Feed<'a>,
}

/// Calls `visit` with every earthquake of the feed, until the service stops.
fn watch<'a>(service: Service<'_, 'a>, mut visit: impl FnMut(&'a Quake)) {
    service.start.wait();
    let mut seen = 0;
    let mut stopped = false;
    while !stopped {
        // First the pause, then the look: so nothing that arrives during the last pause is missed.
        let pause = service.stop.recv_timeout(PAUSE);
        stopped = pause == Err(RecvTimeoutError::Disconnected);
        for quake in look(service.feed, seen) {
            visit(quake);
            seen += 1;
        }
    }
}

fn count_by_day(service: Service) -> BTreeMap<String, usize> {
    let mut days = BTreeMap::new();
    watch(service, |quake| {
        *days.entry(quake.day().to_string()).or_default() += 1;
    });
    days
}

fn count_by_magnitude(service: Service) -> BTreeMap<i8, usize> {
    let mut magnitudes = BTreeMap::new();
    watch(service, |quake| {
        *magnitudes.entry(quake.whole_magnitude()).or_default() += 1;
    });
    magnitudes
}

fn find_strong(service: Service) -> Vec<Quake> {
    let mut strong = Vec::new();
    watch(service, |quake| {
        if quake.magnitude >= 6.0 {
            strong.push(quake.clone());
        }
    });
    strong
}

fn main() {
    let quakes = cli::load_or_exit();
    let batches = cli::batches(&quakes);
    let feed = Feed::default();

    let report = thread::scope(|scope| {
        let (stop_on_drop, stop) = channel::bounded(0);
        let service = Service {
            start: WaitGroup::new(),
            stop,
            feed: &feed,
        };
        let for_days = service.clone();
        let for_magnitudes = service.clone();
        let for_strong = service.clone();
        let days = scope.spawn(|| count_by_day(for_days));
        let magnitudes = scope.spawn(|| count_by_magnitude(for_magnitudes));
        let strong = scope.spawn(|| find_strong(for_strong));

        service.start.wait(); // Returns when every monitor waits too: now all begin.
        play(&feed, &batches);
        drop(stop_on_drop);

        Report {
            days: days.join().expect("a monitor panicked"),
            magnitudes: magnitudes.join().expect("a monitor panicked"),
            strong: strong.join().expect("a monitor panicked"),
        }
    });

    report.assert_complete(quakes.len());
    cli::print_report(&report);
}

/// Adds batch after batch to the feed.
fn play<'a>(feed: &Feed<'a>, batches: &[&'a [Quake]]) {
    let ticks = channel::tick(BATCH);
    for batch in batches {
        ticks.recv().expect("a ticker never ends");
        feed.lock().unwrap().extend(*batch);
    }
}

/// The earthquakes that were added after the first `seen`.
fn look<'a>(feed: &Feed<'a>, seen: usize) -> Vec<&'a Quake> {
    feed.lock().unwrap()[seen..].to_vec()
}

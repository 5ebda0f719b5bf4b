//! Start three monitors together, and stop them without missing an earthquake: two `Event`s.
//!
//! Three threads watch a feed of earthquakes and check it every 5 milliseconds for new ones. They
//! all wait for the event `start`, so none of them begins before all three have been spawned.
//! Setting the event `stop` wakes them from their pauses immediately. Each monitor then looks one
//! last time, because earthquakes may have arrived since its last look. `main` simulates the
//! feed: every 20 milliseconds it adds a batch, usually one day of earthquakes.
//!
//! ```text
//! cargo run -p event                        # the feed in input/earthquakes.txt
//! cargo run -p event -- may.txt june.txt    # your own feed; src/cli.rs describes the format
//! ```
//!
//! Prints the number of earthquakes on each day and of each magnitude, rounded down, and lists
//! those of magnitude 6 or more. The output is the same on every run.

mod cli;

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use sync_primitives::{Event, Lock};

use cli::{Quake, Report};

/// The time between two batches of the feed. A batch is usually a day.
const BATCH: Duration = Duration::from_millis(20);
/// How long a monitor pauses between two looks at the feed.
const PAUSE: Duration = Duration::from_millis(5);

// ANCHOR: service
/// The state that all threads share.
struct Service<'a> {
    start: Event,
    stop: Event,
    feed: Lock<Feed<'a>>,
}

/// A feed like one on the web: nobody is notified when an earthquake is added.
#[derive(Default)]
struct Feed<'a> {
    quakes: Vec<&'a Quake>,
    /// How often the monitors have looked, all together. It depends on the scheduler.
    looks: usize,
}

/// Sets both events when a thread ends, even if it panics. Otherwise the other threads could wait
/// forever. `main` and each monitor hold one. A monitor that ends normally has already seen `stop`,
/// so this changes nothing.
struct StopOnDrop<'s, 'a> {
    service: &'s Service<'a>,
}

impl Drop for StopOnDrop<'_, '_> {
    fn drop(&mut self) {
        // A monitor may still wait for `start`, so set it too. The monitor then looks once and
        // ends.
        self.service.stop.set();
        self.service.start.set();
    }
}
// ANCHOR_END: service

// ANCHOR: watch
/// Calls `visit` with every earthquake of the feed, until the service stops.
fn watch<'a>(service: &Service<'a>, mut visit: impl FnMut(&'a Quake)) {
    let _stop_on_drop = StopOnDrop { service };
    service.start.wait();
    let mut seen = 0;
    let mut stopped = false;
    while !stopped {
        // `wait_for` returns `true` as soon as the event is set. Pause first, then look, so that
        // nothing that arrives during the last pause is missed.
        stopped = service.stop.wait_for(PAUSE);
        for quake in service.new_quakes(seen) {
            visit(quake);
            seen += 1;
        }
    }
}

fn count_by_day(service: &Service) -> BTreeMap<String, usize> {
    let mut days = BTreeMap::new();
    watch(service, |quake| {
        *days.entry(quake.day().to_string()).or_default() += 1;
    });
    days
}

fn count_by_magnitude(service: &Service) -> BTreeMap<i8, usize> {
    let mut magnitudes = BTreeMap::new();
    watch(service, |quake| {
        *magnitudes.entry(quake.whole_magnitude()).or_default() += 1;
    });
    magnitudes
}

fn find_strong(service: &Service) -> Vec<Quake> {
    let mut strong = Vec::new();
    watch(service, |quake| {
        if quake.magnitude >= 6.0 {
            strong.push(quake.clone());
        }
    });
    strong
}
// ANCHOR_END: watch

// ANCHOR: main
fn main() {
    let quakes = cli::load_or_exit();
    let batches = cli::batches(&quakes);
    let service = Service {
        start: Event::new(),
        stop: Event::new(),
        feed: Lock::new(Feed::default()),
    };

    let report = thread::scope(|scope| {
        let _stop_on_drop = StopOnDrop { service: &service }; // Also if a `spawn` panics.
        let days = scope.spawn(|| count_by_day(&service));
        let magnitudes = scope.spawn(|| count_by_magnitude(&service));
        let strong = scope.spawn(|| find_strong(&service));

        service.start.set(); // All threads have been spawned, so they may begin.
        service.play(&batches);
        service.stop.set(); // Ends the pause of every monitor.

        Report {
            days: days.join().expect("a monitor panicked"),
            magnitudes: magnitudes.join().expect("a monitor panicked"),
            strong: strong.join().expect("a monitor panicked"),
        }
    });

    report.assert_complete(quakes.len());
    let looks = service.feed.into_inner().looks;
    eprintln!("{} batches, {looks} looks at the feed", batches.len());
    cli::print_report(&report);
}
// ANCHOR_END: main

// ANCHOR: feed
impl<'a> Service<'a> {
    /// Adds batch after batch to the feed.
    fn play(&self, batches: &[&'a [Quake]]) {
        for batch in batches {
            if self.stop.wait_for(BATCH) {
                return; // A monitor has panicked.
            }
            self.feed.lock().quakes.extend(*batch);
        }
    }

    /// Returns the earthquakes after the first `seen`.
    fn new_quakes(&self, seen: usize) -> Vec<&'a Quake> {
        let mut feed = self.feed.lock();
        feed.looks += 1;
        feed.quakes[seen..].to_vec()
    }
}
// ANCHOR_END: feed

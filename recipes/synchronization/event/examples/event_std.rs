//! The same job with the standard library.
//!
//! ```text
//! cargo run -p event --example event_std
//! ```
//!
//! The difference from the recipe: std has no event. A `OnceLock` is enough for `start`, which is
//! set once and never cleared. `stop` needs a timeout, so it is a `bool` in a `Mutex`, with a
//! `Condvar`. Choose it when you want no dependency and never clear an event: a flag that can be
//! cleared would also have to count how often it was set, or a waiter could sleep through a `set`
//! that is followed by a `clear`.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use cli::{Quake, Report};

/// The time between two batches of the feed. A batch is usually a day.
const BATCH: Duration = Duration::from_millis(20);
/// How long a monitor pauses between two looks at the feed.
const PAUSE: Duration = Duration::from_millis(5);

/// What all threads share.
#[derive(Default)]
struct Service<'a> {
    start: OnceLock<()>,
    stop: Flag,
    feed: Mutex<Vec<&'a Quake>>,
}

/// An event that is never cleared.
#[derive(Default)]
struct Flag {
    is_set: Mutex<bool>,
    changed: Condvar,
}

impl Flag {
    fn set(&self) {
        *self.is_set.lock().unwrap() = true;
        self.changed.notify_all();
    }

    /// Returns whether the flag was set before the time was over.
    fn wait_for(&self, timeout: Duration) -> bool {
        let is_set = self.is_set.lock().unwrap();
        let (is_set, _) = self
            .changed
            .wait_timeout_while(is_set, timeout, |is_set| !*is_set)
            .unwrap();
        *is_set
    }
}

/// Stops the service for all threads when one of them ends, even if it panics.
struct StopOnDrop<'s, 'a> {
    service: &'s Service<'a>,
}

impl Drop for StopOnDrop<'_, '_> {
    fn drop(&mut self) {
        // A monitor may still wait for `start`, so set it too. The monitor then looks once and
        // ends.
        self.service.stop.set();
        self.service.begin();
    }
}

/// Calls `visit` with every earthquake of the feed, until the service stops.
fn watch<'a>(service: &Service<'a>, mut visit: impl FnMut(&'a Quake)) {
    let _stop_on_drop = StopOnDrop { service };
    service.start.wait();
    let mut seen = 0;
    let mut stopped = false;
    while !stopped {
        // First the pause, then the look: so nothing that arrives during the last pause is missed.
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

fn main() {
    let quakes = cli::load_or_exit();
    let batches = cli::batches(&quakes);
    let service = Service::default();

    let report = thread::scope(|scope| {
        let stop_on_drop = StopOnDrop { service: &service };
        let days = scope.spawn(|| count_by_day(&service));
        let magnitudes = scope.spawn(|| count_by_magnitude(&service));
        let strong = scope.spawn(|| find_strong(&service));

        service.begin(); // All threads have been spawned, so they may begin.
        service.play(&batches);
        drop(stop_on_drop); // Sets `stop`.

        Report {
            days: days.join().expect("a monitor panicked"),
            magnitudes: magnitudes.join().expect("a monitor panicked"),
            strong: strong.join().expect("a monitor panicked"),
        }
    });

    report.assert_complete(quakes.len());
    cli::print_report(&report);
}

impl<'a> Service<'a> {
    fn begin(&self) {
        let _ = self.start.set(()); // An error means that it was set before, which is fine.
    }

    /// Adds batch after batch to the feed.
    fn play(&self, batches: &[&'a [Quake]]) {
        for batch in batches {
            if self.stop.wait_for(BATCH) {
                return; // A monitor has panicked.
            }
            self.feed.lock().unwrap().extend(*batch);
        }
    }

    /// Returns the earthquakes after the first `seen`.
    fn new_quakes(&self, seen: usize) -> Vec<&'a Quake> {
        self.feed.lock().unwrap()[seen..].to_vec()
    }
}

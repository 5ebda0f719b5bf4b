//! The solution of the exercise: monitors that look only when there is news.
//!
//! ```text
//! cargo run -p event --example event_solution
//! ```
//!
//! The difference from the recipe: each monitor has an event of its own, which the feed sets after
//! each batch. The monitor clears the event before it looks. If it cleared the event after the
//! look, it could sleep although a batch has arrived in between.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use sync_primitives::{Event, Lock};

use cli::{Quake, Report};

/// The time between two batches of the feed. A batch is usually a day.
const BATCH: Duration = Duration::from_millis(20);

/// What all threads share.
struct Service<'a> {
    start: Event,
    stop: Event,
    news: News,
    feed: Lock<Feed<'a>>,
}

/// One event for each monitor, because each clears its own.
struct News {
    for_days: Event,
    for_magnitudes: Event,
    for_strong: Event,
}

impl News {
    fn set_all(&self) {
        self.for_days.set();
        self.for_magnitudes.set();
        self.for_strong.set();
    }
}

#[derive(Default)]
struct Feed<'a> {
    quakes: Vec<&'a Quake>,
    /// How often the monitors have looked, all together. It depends on the scheduler.
    looks: usize,
}

/// Stops the service for all threads when one of them ends, even if it panics. Otherwise the
/// other threads could wait forever. `main` and each monitor hold one.
struct StopOnDrop<'s, 'a> {
    service: &'s Service<'a>,
}

impl Drop for StopOnDrop<'_, '_> {
    fn drop(&mut self) {
        // `stop` comes first, so a monitor that another event wakes finds it set.
        self.service.stop.set();
        self.service.start.set();
        self.service.news.set_all();
    }
}

/// Calls `visit` with every earthquake of the feed, until the service stops.
fn watch<'a>(service: &Service<'a>, news: &Event, mut visit: impl FnMut(&'a Quake)) {
    let _stop_on_drop = StopOnDrop { service };
    service.start.wait();
    let mut seen = 0;
    let mut stopped = false;
    while !stopped {
        news.wait();
        news.clear();
        // Asked before the look, which therefore sees all that was added before the stop.
        stopped = service.stop.is_set();
        for quake in service.new_quakes(seen) {
            visit(quake);
            seen += 1;
        }
    }
}

fn count_by_day(service: &Service) -> BTreeMap<String, usize> {
    let news = &service.news.for_days;
    let mut days = BTreeMap::new();
    watch(service, news, |quake| {
        *days.entry(quake.day().to_string()).or_default() += 1;
    });
    days
}

fn count_by_magnitude(service: &Service) -> BTreeMap<i8, usize> {
    let news = &service.news.for_magnitudes;
    let mut magnitudes = BTreeMap::new();
    watch(service, news, |quake| {
        *magnitudes.entry(quake.whole_magnitude()).or_default() += 1;
    });
    magnitudes
}

fn find_strong(service: &Service) -> Vec<Quake> {
    let news = &service.news.for_strong;
    let mut strong = Vec::new();
    watch(service, news, |quake| {
        if quake.magnitude >= 6.0 {
            strong.push(quake.clone());
        }
    });
    strong
}

fn main() {
    let quakes = cli::load_or_exit();
    let batches = cli::batches(&quakes);
    let service = Service {
        start: Event::new(),
        stop: Event::new(),
        news: News {
            for_days: Event::new(),
            for_magnitudes: Event::new(),
            for_strong: Event::new(),
        },
        feed: Lock::new(Feed::default()),
    };

    let report = thread::scope(|scope| {
        let stop_on_drop = StopOnDrop { service: &service };
        let days = scope.spawn(|| count_by_day(&service));
        let magnitudes = scope.spawn(|| count_by_magnitude(&service));
        let strong = scope.spawn(|| find_strong(&service));

        service.start.set(); // All threads have been spawned, so they may begin.
        service.play(&batches);
        drop(stop_on_drop); // Sets `stop`.

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

impl<'a> Service<'a> {
    /// Adds batch after batch to the feed.
    fn play(&self, batches: &[&'a [Quake]]) {
        for batch in batches {
            if self.stop.wait_for(BATCH) {
                return; // A monitor has panicked.
            }
            self.feed.lock().quakes.extend(*batch);
            self.news.set_all();
        }
    }

    /// Returns the earthquakes after the first `seen`.
    fn new_quakes(&self, seen: usize) -> Vec<&'a Quake> {
        let mut feed = self.feed.lock();
        feed.looks += 1;
        feed.quakes[seen..].to_vec()
    }
}

//! The same job with tokio.
//!
//! ```text
//! cargo run -p event --example event_tokio
//! ```
//!
//! The difference from the recipe: the monitors are async tasks. `start` is a `watch` channel,
//! whose receivers wait until its value is `true`. `stop` is a `CancellationToken` from tokio-util:
//! its drop guard cancels in a panic too, and a cancelled token cannot be cleared. A task may
//! outlive `main`'s variables, so the tasks share the service in an `Arc`. Choose it to start and
//! stop async tasks.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use cli::{Quake, Report};

/// The time between two batches of the feed. A batch is usually a day.
const BATCH: Duration = Duration::from_millis(20);
/// How long a monitor pauses between two looks at the feed.
const PAUSE: Duration = Duration::from_millis(5);

/// What all tasks share.
struct Service {
    start: watch::Receiver<bool>,
    stop: CancellationToken,
    /// The earthquakes known so far. A std lock will do: no task holds it across an `.await`.
    feed: Mutex<Vec<Arc<Quake>>>,
}

/// Calls `visit` with every earthquake of the feed, until the service stops.
async fn visit_all(service: &Service, mut visit: impl FnMut(&Quake)) {
    let _stop_on_drop = service.stop.clone().drop_guard(); // If one monitor panics, all stop.
    // An error means that `main` has ended before the start. Then the service has stopped, too.
    let _ = service.start.clone().wait_for(|started| *started).await;
    let mut seen = 0;
    let mut stopped = false;
    while !stopped {
        // First the pause, then the look: so nothing that arrives during the last pause is missed.
        stopped = service.stopped_within(PAUSE).await;
        for quake in service.new_quakes(seen) {
            visit(&quake);
            seen += 1;
        }
    }
}

async fn count_by_day(service: Arc<Service>) -> BTreeMap<String, usize> {
    let mut days = BTreeMap::new();
    let count = |quake: &Quake| *days.entry(quake.day().to_string()).or_default() += 1;
    visit_all(&service, count).await;
    days
}

async fn count_by_magnitude(service: Arc<Service>) -> BTreeMap<i8, usize> {
    let mut magnitudes = BTreeMap::new();
    let count = |quake: &Quake| *magnitudes.entry(quake.whole_magnitude()).or_default() += 1;
    visit_all(&service, count).await;
    magnitudes
}

async fn find_strong(service: Arc<Service>) -> Vec<Quake> {
    let mut strong = Vec::new();
    let keep_strong = |quake: &Quake| {
        if quake.magnitude >= 6.0 {
            strong.push(quake.clone());
        }
    };
    visit_all(&service, keep_strong).await;
    strong
}

#[tokio::main]
async fn main() {
    let quakes = cli::load_or_exit(); // Blocks, but no task runs yet.
    let batches = cli::batches(&quakes);
    let (start, started) = watch::channel(false);
    let service = Arc::new(Service {
        start: started,
        stop: CancellationToken::new(),
        feed: Mutex::default(),
    });
    let days = tokio::spawn(count_by_day(service.clone()));
    let magnitudes = tokio::spawn(count_by_magnitude(service.clone()));
    let strong = tokio::spawn(find_strong(service.clone()));

    start.send_replace(true);
    service.play(&batches).await;
    service.stop.cancel();

    let report = Report {
        days: days.await.expect("a monitor panicked"),
        magnitudes: magnitudes.await.expect("a monitor panicked"),
        strong: strong.await.expect("a monitor panicked"),
    };
    report.assert_complete(quakes.len());
    cli::print_report(&report);
}

impl Service {
    /// Pauses. Returns `true` as soon as the service stops, or `false` when the time is over.
    async fn stopped_within(&self, pause: Duration) -> bool {
        let finished = self.stop.run_until_cancelled(sleep(pause)).await;
        finished.is_none()
    }

    /// Adds batch after batch to the feed.
    async fn play(&self, batches: &[&[Quake]]) {
        for batch in batches {
            if self.stopped_within(BATCH).await {
                return; // A monitor has panicked.
            }
            let news = batch.iter().cloned().map(Arc::new);
            self.feed.lock().unwrap().extend(news);
        }
    }

    /// Returns the earthquakes after the first `seen`.
    fn new_quakes(&self, seen: usize) -> Vec<Arc<Quake>> {
        self.feed.lock().unwrap()[seen..].to_vec()
    }
}

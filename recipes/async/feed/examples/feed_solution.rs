//! The solution of the exercise: the slow subscriber of the watch channel learns the lowest rate,
//! although it misses most rates.
//!
//! ```text
//! cargo run -p feed --example feed_solution
//! ```
//!
//! With the latest rate, the publisher sends a summary of all rates so far: the lowest one. A
//! receiver that skips a value loses nothing of the summary, because the next value has all of it.
//! This works for anything that the publisher can keep up to date, such as a count or a sum.

#[path = "../src/cli.rs"]
mod cli;

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{self, Instant};

use cli::{Log, Rate, Replay};

/// The publisher sends a rate at this interval.
const INTERVAL: Duration = Duration::from_secs(1);
/// The time that the fast subscriber needs for a rate.
const FAST: Duration = Duration::from_millis(10);
/// The time that the slow subscriber needs for a rate. With exactly four seconds, it would ask for
/// a rate just when one is sent, and the runtime would decide which of the two happens first.
const SLOW: Duration = Duration::from_millis(4010);

/// The latest rate, and the lowest rate so far.
#[derive(Clone, Copy)]
struct Summary {
    latest: Rate,
    lowest: Rate,
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let rates = cli::rates_or_exit(); // Blocks the thread, but no other task is running yet.
    let replay = over_watch(&rates).await;
    cli::print_report(&rates, &[replay]);
}

async fn over_watch(rates: &[Rate]) -> Replay {
    let start = Instant::now();
    let (sender, receiver) = watch::channel(None); // No rate has arrived yet.
    let fast = tokio::spawn(follow_watch(receiver.clone(), FAST, start));
    let slow = tokio::spawn(follow_watch(receiver, SLOW, start));

    let mut ticks = time::interval_at(start, INTERVAL);
    let mut publisher_delay = Duration::ZERO;
    let mut lowest = rates[0];
    for rate in rates {
        ticks.tick().await;
        if rate.price < lowest.price {
            lowest = *rate;
        }
        let latest = *rate;
        sender.send_replace(Some(Summary { latest, lowest }));
        publisher_delay = delay(rate, start);
    }
    drop(sender); // The subscribers end when they have seen the last summary.

    Replay {
        channel: "watch",
        publisher_delay,
        fast: fast.await.expect("the fast subscriber panicked"),
        slow: slow.await.expect("the slow subscriber panicked"),
    }
}

async fn follow_watch(
    mut summaries: watch::Receiver<Option<Summary>>,
    pace: Duration,
    start: Instant,
) -> Log {
    let mut log = Log::default();
    while summaries.changed().await.is_ok() {
        let summary = *summaries.borrow_and_update();
        let Summary { latest, lowest } = summary.expect("only summaries are sent");
        log.add(latest, delay(&latest, start));
        log.lowest = Some(lowest);
        time::sleep(pace).await;
    }
    log
}

/// How much time has passed since a rate was due.
fn delay(rate: &Rate, start: Instant) -> Duration {
    let due = start + INTERVAL * rate.number;
    due.elapsed()
}

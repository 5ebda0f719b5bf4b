//! Replay a year of exchange rates to a fast and a slow subscriber, through three kinds of
//! channels.
//!
//! A publisher sends one rate a second. The fast subscriber keeps up. The slow one needs four
//! seconds for each rate, so something has to give, and the kind of channel decides what. *watch*
//! shows the slow subscriber only the latest rate. *broadcast* keeps a few rates and tells it how
//! many it has lost. *mpsc* loses nothing, but makes the publisher wait.
//!
//! ```text
//! cargo run -p feed              # the year 2015 of the Swiss franc, from input/
//! cargo run -p feed -- GBP.csv   # your own file; src/cli.rs describes the format
//! ```
//!
//! Prints how many rates each subscriber has seen and missed, and how late they came. The clock is
//! paused: when all tasks wait, it jumps to the next timer. So the replay takes no time, and its
//! times are the same on every run.

mod cli;

use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::time::{self, Instant, Interval, MissedTickBehavior};

use cli::{Log, Rate, Replay};

/// The publisher sends a rate at this interval.
const INTERVAL: Duration = Duration::from_secs(1);
/// The time that the fast subscriber needs for a rate.
const FAST: Duration = Duration::from_millis(10);
/// The time that the slow subscriber needs for a rate. With exactly four seconds, it would ask for
/// a rate just when one is sent, and the runtime would decide which of the two happens first.
const SLOW: Duration = Duration::from_millis(4010);
/// How many rates a broadcast or mpsc channel holds.
const CAPACITY: usize = 4;

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let rates = cli::rates_or_exit(); // Blocks the thread, but no other task is running yet.
    let replays = [
        over_watch(&rates).await,
        over_broadcast(&rates).await,
        over_mpsc(&rates).await,
    ];
    cli::print_report(&rates, &replays);
}

// ANCHOR: watch
/// A watch channel holds one value. A new value replaces it, whether anybody has seen it or not.
async fn over_watch(rates: &[Rate]) -> Replay {
    let start = Instant::now();
    let (sender, latest) = watch::channel(None); // No rate has arrived yet.
    let fast = tokio::spawn(follow_watch(latest.clone(), Subscriber::new(FAST, start)));
    let slow = tokio::spawn(follow_watch(latest, Subscriber::new(SLOW, start)));

    let mut ticks = ticks(start);
    let mut publisher_delay = Duration::ZERO;
    for rate in rates {
        ticks.tick().await;
        sender.send_replace(Some(*rate));
        publisher_delay = delay(rate, start);
    }
    drop(sender); // The subscribers end when they have seen the last rate.

    Replay {
        channel: "watch",
        publisher_delay,
        fast: fast.await.expect("the fast subscriber panicked"),
        slow: slow.await.expect("the slow subscriber panicked"),
    }
}
// ANCHOR_END: watch

// ANCHOR: watch-follow
async fn follow_watch(
    mut latest: watch::Receiver<Option<Rate>>,
    mut subscriber: Subscriber,
) -> Log {
    // `changed` returns an error when the sender is gone and this receiver has seen the last value.
    while latest.changed().await.is_ok() {
        let rate = *latest.borrow_and_update();
        subscriber.handle(rate.expect("only rates are sent")).await;
    }
    subscriber.log
}
// ANCHOR_END: watch-follow

/// A broadcast channel holds the newest rates. When it is full, the sender overwrites the oldest.
async fn over_broadcast(rates: &[Rate]) -> Replay {
    let start = Instant::now();
    let (sender, for_fast) = broadcast::channel(CAPACITY);
    let for_slow = sender.subscribe();
    let fast = tokio::spawn(follow_broadcast(for_fast, Subscriber::new(FAST, start)));
    let slow = tokio::spawn(follow_broadcast(for_slow, Subscriber::new(SLOW, start)));

    let mut ticks = ticks(start);
    let mut publisher_delay = Duration::ZERO;
    for rate in rates {
        ticks.tick().await;
        let _ = sender.send(*rate); // Fails only if both subscribers have panicked.
        publisher_delay = delay(rate, start);
    }
    drop(sender);

    Replay {
        channel: "broadcast",
        publisher_delay,
        fast: fast.await.expect("the fast subscriber panicked"),
        slow: slow.await.expect("the slow subscriber panicked"),
    }
}

async fn follow_broadcast(mut rates: broadcast::Receiver<Rate>, mut subscriber: Subscriber) -> Log {
    let mut reported = 0;
    // ANCHOR: broadcast
    loop {
        match rates.recv().await {
            Ok(rate) => subscriber.handle(rate).await,
            // The next call returns the oldest rate that the channel still holds.
            Err(RecvError::Lagged(lost)) => reported += lost,
            Err(RecvError::Closed) => break,
        }
    }
    // ANCHOR_END: broadcast
    let missed = u64::from(subscriber.log.missed);
    assert_eq!(reported, missed, "a loss was not reported");
    subscriber.log
}

/// An mpsc channel has one receiver, so each subscriber gets a channel of its own. A sender waits
/// while its channel is full.
async fn over_mpsc(rates: &[Rate]) -> Replay {
    let start = Instant::now();
    let (to_fast, for_fast) = mpsc::channel(CAPACITY);
    let (to_slow, for_slow) = mpsc::channel(CAPACITY);
    let fast = tokio::spawn(follow_mpsc(for_fast, Subscriber::new(FAST, start)));
    let slow = tokio::spawn(follow_mpsc(for_slow, Subscriber::new(SLOW, start)));

    let mut ticks = ticks(start);
    let mut publisher_delay = Duration::ZERO;
    // ANCHOR: mpsc
    for rate in rates {
        ticks.tick().await;
        // While the slow subscriber's channel is full, the fast one gets nothing either.
        let _ = to_slow.send(*rate).await; // Fails only if the subscriber has panicked.
        let _ = to_fast.send(*rate).await;
        publisher_delay = delay(rate, start);
    }
    // ANCHOR_END: mpsc
    drop(to_slow);
    drop(to_fast);

    Replay {
        channel: "mpsc",
        publisher_delay,
        fast: fast.await.expect("the fast subscriber panicked"),
        slow: slow.await.expect("the slow subscriber panicked"),
    }
}

async fn follow_mpsc(mut rates: mpsc::Receiver<Rate>, mut subscriber: Subscriber) -> Log {
    while let Some(rate) = rates.recv().await {
        subscriber.handle(rate).await;
    }
    assert_eq!(subscriber.log.missed, 0, "a rate was lost");
    subscriber.log
}

// ANCHOR: ticks
/// Ticks once a second. The first tick comes at once.
fn ticks(start: Instant) -> Interval {
    let mut ticks = time::interval_at(start, INTERVAL);
    // A full channel can hold the publisher up, so that it misses ticks. With `Delay`, one tick
    // then comes at once and the next a second later. With the default, `Burst`, all missed ticks
    // come at once.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
// ANCHOR_END: ticks

/// How much time has passed since a rate was due.
fn delay(rate: &Rate, start: Instant) -> Duration {
    let due = start + INTERVAL * rate.number;
    due.elapsed()
}

struct Subscriber {
    /// The time that the subscriber needs for a rate.
    pace: Duration,
    start: Instant,
    log: Log,
}

impl Subscriber {
    fn new(pace: Duration, start: Instant) -> Self {
        let log = Log::default();
        Subscriber { pace, start, log }
    }

    async fn handle(&mut self, rate: Rate) {
        self.log.add(rate, delay(&rate, self.start));
        time::sleep(self.pace).await; // Stands for work that waits, such as a request.
    }
}

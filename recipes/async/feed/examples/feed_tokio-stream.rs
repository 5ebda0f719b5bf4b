//! The same job with tokio's channels as streams.
//!
//! ```text
//! cargo run -p feed --example feed_tokio-stream
//! ```
//!
//! The difference from the recipe: a stream is the async form of an iterator, and has adapters such
//! as `map` and `filter`. The publisher needs no interval, because `throttle` waits a second after
//! each rate. (In real time, its small delays add up. An `IntervalStream` stays on time.) `follow`
//! takes the rates from any stream. Only a stream of a broadcast channel has a loop of its own: its
//! items are `Result`s, because a receiver can lag. Choose it if the items pass through adapters,
//! or if a function should accept any source.

#[path = "../src/cli.rs"]
mod cli;

use std::pin::pin;
use std::time::Duration;

use tokio::sync::{broadcast, mpsc, watch};
use tokio::time::{self, Instant};
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;
use tokio_stream::wrappers::{BroadcastStream, ReceiverStream, WatchStream};
use tokio_stream::{Stream, StreamExt};

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

async fn over_watch(rates: &[Rate]) -> Replay {
    let start = Instant::now();
    let (sender, latest) = watch::channel(None); // No rate has arrived yet.
    let fast_rates = WatchStream::from_changes(latest.clone()).filter_map(|rate| rate);
    let slow_rates = WatchStream::from_changes(latest).filter_map(|rate| rate);
    let fast = tokio::spawn(follow(fast_rates, Subscriber::new(FAST, start)));
    let slow = tokio::spawn(follow(slow_rates, Subscriber::new(SLOW, start)));

    let mut rates = pin!(one_a_second(rates));
    let mut publisher_delay = Duration::ZERO;
    while let Some(rate) = rates.next().await {
        sender.send_replace(Some(rate));
        publisher_delay = delay(&rate, start);
    }
    drop(sender); // The streams end after the last rate.

    Replay {
        channel: "watch",
        publisher_delay,
        fast: fast.await.expect("the fast subscriber panicked"),
        slow: slow.await.expect("the slow subscriber panicked"),
    }
}

async fn over_broadcast(rates: &[Rate]) -> Replay {
    let start = Instant::now();
    let (sender, receiver) = broadcast::channel(CAPACITY);
    let fast_rates = BroadcastStream::new(sender.subscribe());
    let slow_rates = BroadcastStream::new(receiver);
    let fast = tokio::spawn(follow_lossy(fast_rates, Subscriber::new(FAST, start)));
    let slow = tokio::spawn(follow_lossy(slow_rates, Subscriber::new(SLOW, start)));

    let mut rates = pin!(one_a_second(rates));
    let mut publisher_delay = Duration::ZERO;
    while let Some(rate) = rates.next().await {
        let _ = sender.send(rate); // Fails only if both subscribers have panicked.
        publisher_delay = delay(&rate, start);
    }
    drop(sender);

    Replay {
        channel: "broadcast",
        publisher_delay,
        fast: fast.await.expect("the fast subscriber panicked"),
        slow: slow.await.expect("the slow subscriber panicked"),
    }
}

async fn over_mpsc(rates: &[Rate]) -> Replay {
    let start = Instant::now();
    let (to_fast, fast_receiver) = mpsc::channel(CAPACITY);
    let (to_slow, slow_receiver) = mpsc::channel(CAPACITY);
    let fast_rates = ReceiverStream::new(fast_receiver);
    let slow_rates = ReceiverStream::new(slow_receiver);
    let fast = tokio::spawn(follow(fast_rates, Subscriber::new(FAST, start)));
    let slow = tokio::spawn(follow(slow_rates, Subscriber::new(SLOW, start)));

    let mut rates = pin!(one_a_second(rates));
    let mut publisher_delay = Duration::ZERO;
    while let Some(rate) = rates.next().await {
        let _ = to_slow.send(rate).await; // Fails only if the subscriber has panicked.
        let _ = to_fast.send(rate).await;
        publisher_delay = delay(&rate, start);
    }
    drop(to_slow);
    drop(to_fast);

    Replay {
        channel: "mpsc",
        publisher_delay,
        fast: fast.await.expect("the fast subscriber panicked"),
        slow: slow.await.expect("the slow subscriber panicked"),
    }
}

/// The rates as a stream. If more than a second passes before the publisher asks for the next rate,
/// it gets that rate at once.
fn one_a_second(rates: &[Rate]) -> impl Stream<Item = Rate> {
    tokio_stream::iter(rates.iter().copied()).throttle(INTERVAL)
}

async fn follow(rates: impl Stream<Item = Rate>, mut subscriber: Subscriber) -> Log {
    let mut rates = pin!(rates);
    while let Some(rate) = rates.next().await {
        subscriber.handle(rate).await;
    }
    subscriber.log
}

async fn follow_lossy(mut rates: BroadcastStream<Rate>, mut subscriber: Subscriber) -> Log {
    let mut reported = 0;
    while let Some(rate) = rates.next().await {
        match rate {
            Ok(rate) => subscriber.handle(rate).await,
            Err(BroadcastStreamRecvError::Lagged(lost)) => reported += lost,
        }
    }
    let missed = u64::from(subscriber.log.missed);
    assert_eq!(reported, missed, "a loss was not reported");
    subscriber.log
}

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

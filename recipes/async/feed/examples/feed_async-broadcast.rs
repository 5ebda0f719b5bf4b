//! The same job with the channel of async-broadcast.
//!
//! ```text
//! cargo run -p feed --example feed_async-broadcast
//! ```
//!
//! The difference from the recipe: one type of channel reaches all subscribers and can do all three
//! jobs. With overflow, a full channel drops its oldest rate, and a slow subscriber gets the error
//! `Overflowed`. If its capacity is 1, it shows only the latest rate. Without overflow, the
//! publisher waits until the slowest subscriber has made room, which a broadcast channel of tokio
//! cannot do. Choose it if every subscriber must see every message.

#[path = "../src/cli.rs"]
mod cli;

use std::time::Duration;

use async_broadcast::{Receiver, RecvError};
use tokio::time::{self, Instant, Interval, MissedTickBehavior};

use cli::{Log, Rate, Replay};

/// The publisher sends a rate at this interval.
const INTERVAL: Duration = Duration::from_secs(1);
/// The time that the fast subscriber needs for a rate.
const FAST: Duration = Duration::from_millis(10);
/// The time that the slow subscriber needs for a rate. With exactly four seconds, it would ask for
/// a rate just when one is sent, and the runtime would decide which of the two happens first.
const SLOW: Duration = Duration::from_millis(4010);
/// How many rates the channel holds, unless it shows only the latest.
const CAPACITY: usize = 4;

/// What the publisher does when the channel is full.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WhenFull {
    DropOldest,
    Wait,
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let rates = cli::rates_or_exit(); // Blocks the thread, but no other task is running yet.
    let replays = [
        replay("watch", 1, WhenFull::DropOldest, &rates).await,
        replay("broadcast", CAPACITY, WhenFull::DropOldest, &rates).await,
        replay("mpsc", CAPACITY, WhenFull::Wait, &rates).await,
    ];
    cli::print_report(&rates, &replays);
}

/// Sends the rates through a channel that behaves like tokio's channel of this name.
async fn replay(
    channel: &'static str,
    capacity: usize,
    when_full: WhenFull,
    rates: &[Rate],
) -> Replay {
    let start = Instant::now();
    let (mut sender, receiver) = async_broadcast::broadcast(capacity);
    sender.set_overflow(when_full == WhenFull::DropOldest);
    let fast = tokio::spawn(follow(receiver.clone(), Subscriber::new(FAST, start)));
    let slow = tokio::spawn(follow(receiver, Subscriber::new(SLOW, start)));

    let mut ticks = ticks(start);
    let mut publisher_delay = Duration::ZERO;
    for rate in rates {
        ticks.tick().await;
        let _ = sender.broadcast_direct(*rate).await; // Fails only if both subscribers panicked.
        publisher_delay = delay(rate, start);
    }
    drop(sender);

    Replay {
        channel,
        publisher_delay,
        fast: fast.await.expect("the fast subscriber panicked"),
        slow: slow.await.expect("the slow subscriber panicked"),
    }
}

async fn follow(mut rates: Receiver<Rate>, mut subscriber: Subscriber) -> Log {
    let mut reported = 0;
    loop {
        match rates.recv_direct().await {
            Ok(rate) => subscriber.handle(rate).await,
            Err(RecvError::Overflowed(lost)) => reported += lost,
            Err(RecvError::Closed) => break,
        }
    }
    let missed = u64::from(subscriber.log.missed);
    assert_eq!(reported, missed, "a loss was not reported");
    subscriber.log
}

/// Ticks once a second. The first tick comes at once.
fn ticks(start: Instant) -> Interval {
    let mut ticks = time::interval_at(start, INTERVAL);
    // A full channel can hold the publisher up, so that it misses ticks. With `Delay`, one tick
    // then comes at once and the next a second later. With the default, `Burst`, all missed ticks
    // come at once.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
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

//! The same job with the channel of async-channel.
//!
//! ```text
//! cargo run -p feed --example feed_async-channel
//! ```
//!
//! The difference from the recipe: there is one kind of channel, and the publisher chooses for each
//! rate what happens when the channel is full. `send` waits. `force_send` replaces the oldest rate
//! and returns it. So a channel of capacity 1 shows the latest rate, as *watch* does, and a larger
//! one keeps the newest rates, as *broadcast* does. But each subscriber needs a channel of its own,
//! and only the publisher learns what was lost. Choose it if several tasks should share the items
//! of one channel, because its receivers can be cloned, or if your program does not use tokio.

#[path = "../src/cli.rs"]
mod cli;

use std::time::Duration;

use async_channel::{Receiver, Sender};
use tokio::time::{self, Instant, Interval, MissedTickBehavior};

use cli::{Log, Rate, Replay};

/// The publisher sends a rate at this interval.
const INTERVAL: Duration = Duration::from_secs(1);
/// The time that the fast subscriber needs for a rate.
const FAST: Duration = Duration::from_millis(10);
/// The time that the slow subscriber needs for a rate. With exactly four seconds, it would ask for
/// a rate just when one is sent, and the runtime would decide which of the two happens first.
const SLOW: Duration = Duration::from_millis(4010);
/// How many rates a channel holds, unless it shows only the latest.
const CAPACITY: usize = 4;

/// What the publisher does when a channel is full.
#[derive(Clone, Copy)]
enum WhenFull {
    ReplaceOldest,
    Wait,
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let rates = cli::rates_or_exit(); // Blocks the thread, but no other task is running yet.
    let replays = [
        replay("watch", 1, WhenFull::ReplaceOldest, &rates).await,
        replay("broadcast", CAPACITY, WhenFull::ReplaceOldest, &rates).await,
        replay("mpsc", CAPACITY, WhenFull::Wait, &rates).await,
    ];
    cli::print_report(&rates, &replays);
}

/// Sends the rates through channels that behave like tokio's channel of this name.
async fn replay(
    channel: &'static str,
    capacity: usize,
    when_full: WhenFull,
    rates: &[Rate],
) -> Replay {
    let start = Instant::now();
    let (to_fast, fast_receiver) = async_channel::bounded(capacity);
    let (to_slow, slow_receiver) = async_channel::bounded(capacity);
    let fast = tokio::spawn(follow(fast_receiver, Subscriber::new(FAST, start)));
    let slow = tokio::spawn(follow(slow_receiver, Subscriber::new(SLOW, start)));

    let mut ticks = ticks(start);
    let mut publisher_delay = Duration::ZERO;
    for rate in rates {
        ticks.tick().await;
        send(&to_slow, *rate, when_full).await;
        send(&to_fast, *rate, when_full).await;
        publisher_delay = delay(rate, start);
    }
    drop(to_slow);
    drop(to_fast);

    Replay {
        channel,
        publisher_delay,
        fast: fast.await.expect("the fast subscriber panicked"),
        slow: slow.await.expect("the slow subscriber panicked"),
    }
}

async fn send(sender: &Sender<Rate>, rate: Rate, when_full: WhenFull) {
    // Both fail only if the subscriber has panicked.
    match when_full {
        WhenFull::ReplaceOldest => {
            let _ = sender.force_send(rate);
        }
        WhenFull::Wait => {
            let _ = sender.send(rate).await;
        }
    }
}

async fn follow(rates: Receiver<Rate>, mut subscriber: Subscriber) -> Log {
    while let Ok(rate) = rates.recv().await {
        subscriber.handle(rate).await;
    }
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

//! The same replay, calculated in plain loops: no tasks, no channels and no clock.
//!
//! ```text
//! cargo run -p feed --example feed_sequential
//! ```
//!
//! The difference from the recipe: each loop has to know the rules of its channel, so that it can
//! calculate when a subscriber gets its next rate. Choose it to check a program such as the recipe.
//! It cannot replace one, because a real program does not know in advance when the rates will come
//! and how long a subscriber will take.

#[path = "../src/cli.rs"]
mod cli;

use std::time::Duration;

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

fn main() {
    let rates = cli::rates_or_exit();
    let replays = [
        Replay {
            channel: "watch",
            publisher_delay: Duration::ZERO,
            fast: newest(&rates, 1, FAST),
            slow: newest(&rates, 1, SLOW),
        },
        Replay {
            channel: "broadcast",
            publisher_delay: Duration::ZERO,
            fast: newest(&rates, CAPACITY, FAST),
            slow: newest(&rates, CAPACITY, SLOW),
        },
        all(&rates),
    ];
    cli::print_report(&rates, &replays);
}

/// A channel that holds only the newest rates. Times are counted from the start of the replay.
fn newest(rates: &[Rate], capacity: usize, pace: Duration) -> Log {
    let mut log = Log::default();
    let mut now = Duration::ZERO;
    let mut next = 0;
    while next < rates.len() {
        now = now.max(due(&rates[next])); // If there is no new rate, the subscriber waits for one.
        let sent = rates.partition_point(|rate| due(rate) <= now);
        next = next.max(sent.saturating_sub(capacity));
        log.add(rates[next], now - due(&rates[next]));
        next += 1;
        now += pace;
    }
    log
}

/// A channel for each subscriber, whose sender waits while the channel is full.
fn all(rates: &[Rate]) -> Replay {
    let mut fast = Subscriber::new(FAST);
    let mut slow = Subscriber::new(SLOW);
    let mut tick = Duration::ZERO;
    let mut sent = Duration::ZERO;
    for rate in rates {
        tick = sent.max(tick);
        sent = slow.send(rate, tick);
        sent = fast.send(rate, sent);
        tick += INTERVAL;
    }
    let last = due(&rates[rates.len() - 1]);
    Replay {
        channel: "mpsc",
        publisher_delay: sent - last,
        fast: fast.log,
        slow: slow.log,
    }
}

struct Subscriber {
    pace: Duration,
    /// When this subscriber has taken each rate out of its channel.
    taken: Vec<Duration>,
    log: Log,
}

impl Subscriber {
    fn new(pace: Duration) -> Self {
        Subscriber {
            pace,
            taken: Vec::new(),
            log: Log::default(),
        }
    }

    /// Returns the time at which the channel has room for the rate.
    fn send(&mut self, rate: &Rate, now: Duration) -> Duration {
        let count = self.taken.len();
        let mut sent = now;
        if count >= CAPACITY {
            sent = sent.max(self.taken[count - CAPACITY]);
        }
        let mut taken = sent;
        if let Some(last) = self.taken.last() {
            taken = taken.max(*last + self.pace);
        }
        self.taken.push(taken);
        self.log.add(*rate, taken - due(rate));
        sent
    }
}

/// When a rate should be sent.
fn due(rate: &Rate) -> Duration {
    INTERVAL * rate.number
}

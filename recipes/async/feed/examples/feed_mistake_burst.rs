//! An interval that has missed ticks makes up for all of them at once. After a stall of five and a
//! half seconds, the program sends five requests at the same moment.
//!
//! ```text
//! cargo run -p feed --example feed_mistake_burst
//! ```
//!
//! An interval begins with `MissedTickBehavior::Burst`. This is right if the number of ticks
//! counts, as in a simulation. It is wrong if each tick asks a server for something. With `Delay`
//! or `Skip`, only one tick comes at once after a stall. Then `Delay` waits a whole period for the
//! next one, while `Skip` goes back to the times at which the ticks would have come without it.

use std::process::ExitCode;
use std::time::Duration;

use tokio::time::{self, Instant, Interval, MissedTickBehavior};

const PERIOD: Duration = Duration::from_secs(1);
const STALL: Duration = Duration::from_millis(5500);

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> ExitCode {
    let interval = time::interval(PERIOD); // Wrong: missed ticks come in a burst.
    let burst = most_in_one_second(interval).await;
    println!("most requests within a second, with Burst: {burst}");

    let mut interval = time::interval(PERIOD);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let delayed = most_in_one_second(interval).await;
    println!("most requests within a second, with Delay: {delayed}");

    if burst <= 2 {
        return ExitCode::SUCCESS;
    }
    eprintln!("after the stall, the interval made up for all the ticks it had missed at once");
    eprintln!("set `MissedTickBehavior::Delay` or `Skip`, unless the number of ticks counts");
    ExitCode::FAILURE
}

/// Sends twenty requests, and stalls after the tenth. Returns the most requests in one period.
async fn most_in_one_second(mut interval: Interval) -> usize {
    let mut times: Vec<Instant> = Vec::new();
    for number in 1..=20 {
        interval.tick().await;
        times.push(Instant::now());
        if number == 10 {
            time::sleep(STALL).await;
        }
    }

    let mut most = 0;
    for first in &times {
        let end = *first + PERIOD;
        let within = times.iter().filter(|time| (*first..end).contains(time));
        most = most.max(within.count());
    }
    most
}

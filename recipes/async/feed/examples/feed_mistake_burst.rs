//! An interval that has missed ticks makes up for them all at once. After a stall of five seconds,
//! the program sends five requests in the same moment.
//!
//! ```text
//! cargo run -p feed --example feed_mistake_burst
//! ```
//!
//! The default of an interval is `MissedTickBehavior::Burst`. It is right if the number of ticks
//! counts, as in a simulation. It is wrong if each tick asks a server for something. `Delay` makes
//! up for one tick and then waits a whole period each time. `Skip` does too, but stays with the
//! full seconds.

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

/// Sends twenty requests. The tenth takes long.
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

//! A loop that should run every second sleeps for a second after its work. Each round takes a
//! second plus the time of the work, so the loop falls further and further behind.
//!
//! ```text
//! cargo run -p feed --example feed_mistake_sleep_drifts
//! ```
//!
//! `with_sleep` is wrong. `with_interval` is right: an interval counts from one tick to the next,
//! and the work takes place in between. The clock is paused, so an hour takes no time here.

use std::process::ExitCode;
use std::time::Duration;

use tokio::time::{self, Instant};

const PERIOD: Duration = Duration::from_secs(1);
const WORK: Duration = Duration::from_millis(100);
const HOUR: Duration = Duration::from_secs(3600);

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> ExitCode {
    let slept = with_sleep().await;
    println!("sleep: {slept} rounds in an hour");
    let ticked = with_interval().await;
    println!("interval: {ticked} rounds in an hour");
    if slept == ticked {
        return ExitCode::SUCCESS;
    }
    eprintln!("each round took a second plus the time of the work, so the loop fell behind");
    eprintln!("await the tick of an `interval`: it counts from tick to tick");
    ExitCode::FAILURE
}

async fn with_sleep() -> u32 {
    let start = Instant::now();
    let mut rounds = 0;
    while start.elapsed() < HOUR {
        work().await;
        rounds += 1;
        time::sleep(PERIOD).await; // Wrong: the second begins only after the work.
    }
    rounds
}

async fn with_interval() -> u32 {
    let start = Instant::now();
    let mut interval = time::interval(PERIOD);
    let mut rounds = 0;
    loop {
        interval.tick().await;
        if start.elapsed() >= HOUR {
            return rounds;
        }
        work().await;
        rounds += 1;
    }
}

async fn work() {
    time::sleep(WORK).await;
}

//! The channel to a slow subscriber has no bound. Nothing slows the publisher down, so the rates
//! that the subscriber has not seen yet fill the memory.
//!
//! ```text
//! cargo run -p feed --example feed_mistake_unbounded
//! ```
//!
//! `send` of an unbounded channel is not even async: it never waits. In a bounded channel, `send`
//! waits until there is room, so the publisher becomes as slow as its subscriber. If it must not,
//! use a watch or broadcast channel, and decide what may be lost.

use std::process::ExitCode;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time;

/// The rates of an hour, one a second.
const RATES: u32 = 60 * 60;
const INTERVAL: Duration = Duration::from_secs(1);
const SLOW: Duration = Duration::from_millis(4010);
const CAPACITY: usize = 4;

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> ExitCode {
    let unbounded = peak_of_unbounded().await;
    println!("unbounded: up to {unbounded} rates waited in the channel");
    let bounded = peak_of_bounded().await;
    println!("bounded: up to {bounded} rates waited in the channel");
    if unbounded <= CAPACITY {
        return ExitCode::SUCCESS;
    }
    eprintln!("the publisher never waited, so its rates piled up in the channel");
    eprintln!("use a bounded channel, or one that loses old rates");
    ExitCode::FAILURE
}

async fn peak_of_unbounded() -> usize {
    let (sender, mut rates) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut ticks = time::interval(INTERVAL);
        for rate in 0..RATES {
            ticks.tick().await;
            let _ = sender.send(rate); // Wrong: the publisher never waits.
        }
    });

    let mut peak = 0;
    while let Some(_rate) = rates.recv().await {
        time::sleep(SLOW).await;
        peak = peak.max(rates.len());
    }
    peak
}

async fn peak_of_bounded() -> usize {
    let (sender, mut rates) = mpsc::channel(CAPACITY);
    tokio::spawn(async move {
        let mut ticks = time::interval(INTERVAL);
        for rate in 0..RATES {
            ticks.tick().await;
            let _ = sender.send(rate).await;
        }
    });

    let mut peak = 0;
    while let Some(_rate) = rates.recv().await {
        time::sleep(SLOW).await;
        peak = peak.max(rates.len());
    }
    peak
}

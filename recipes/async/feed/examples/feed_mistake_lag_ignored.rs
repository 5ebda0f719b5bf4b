//! Adds up payments from a broadcast channel, and ignores that the channel has lost some. The sum
//! is too small, and nothing fails.
//!
//! ```text
//! cargo run -p feed --example feed_mistake_lag_ignored
//! ```
//!
//! A broadcast channel overwrites old messages when a receiver is slow. The receiver then gets the
//! error `Lagged`, which does not mean that the channel has ended. `stop_at_lag` stops all the
//! same, as a `while let Ok` loop does. `skip_lag` goes on without the lost payments. If every
//! message counts, do not use a broadcast channel. `over_mpsc` is right, because its sender waits
//! for a slow receiver.

use std::process::ExitCode;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc};
use tokio::time;

const PAYMENTS: u32 = 20;
const INTERVAL: Duration = Duration::from_secs(1);
const SLOW: Duration = Duration::from_millis(4010);
const CAPACITY: usize = 4;

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> ExitCode {
    println!("sent: {PAYMENTS} payments of one euro");
    let stopped = stop_at_lag(pay_by_broadcast()).await;
    println!("stopped at `Lagged`: a sum of {stopped} euros");
    let skipped = skip_lag(pay_by_broadcast()).await;
    println!("`Lagged` skipped: a sum of {skipped} euros");
    let complete = over_mpsc(pay_by_mpsc()).await;
    println!("mpsc: a sum of {complete} euros");
    if stopped == PAYMENTS || skipped == PAYMENTS {
        return ExitCode::SUCCESS;
    }
    eprintln!("the receiver was too slow, and the channel has overwritten payments");
    eprintln!("if every message counts, use an mpsc channel, whose sender waits");
    ExitCode::FAILURE
}

async fn stop_at_lag(mut payments: broadcast::Receiver<u32>) -> u32 {
    let mut sum = 0;
    loop {
        match payments.recv().await {
            Ok(euros) => sum += euros,
            Err(_) => return sum, // Wrong: `Lagged` is not the end.
        }
        time::sleep(SLOW).await;
    }
}

async fn skip_lag(mut payments: broadcast::Receiver<u32>) -> u32 {
    let mut sum = 0;
    loop {
        match payments.recv().await {
            Ok(euros) => sum += euros,
            Err(RecvError::Lagged(_)) => continue, // Wrong: forgets that payments were lost.
            Err(RecvError::Closed) => return sum,
        }
        time::sleep(SLOW).await;
    }
}

async fn over_mpsc(mut payments: mpsc::Receiver<u32>) -> u32 {
    let mut sum = 0;
    while let Some(euros) = payments.recv().await {
        sum += euros;
        time::sleep(SLOW).await;
    }
    sum
}

fn pay_by_broadcast() -> broadcast::Receiver<u32> {
    let (sender, payments) = broadcast::channel(CAPACITY);
    tokio::spawn(async move {
        let mut ticks = time::interval(INTERVAL);
        for _payment in 0..PAYMENTS {
            ticks.tick().await;
            if sender.send(1).is_err() {
                break; // The receiver has stopped.
            }
        }
    });
    payments
}

fn pay_by_mpsc() -> mpsc::Receiver<u32> {
    let (sender, payments) = mpsc::channel(CAPACITY);
    tokio::spawn(async move {
        let mut ticks = time::interval(INTERVAL);
        for _payment in 0..PAYMENTS {
            ticks.tick().await;
            if sender.send(1).await.is_err() {
                break; // The receiver has stopped.
            }
        }
    });
    payments
}

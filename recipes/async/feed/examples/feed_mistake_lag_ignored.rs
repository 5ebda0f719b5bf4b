//! Adds up payments from a broadcast channel, and ignores that it has lost some. The sum is too
//! small, and nothing fails.
//!
//! ```text
//! cargo run -p feed --example feed_mistake_lag_ignored
//! ```
//!
//! A broadcast channel loses old messages when a receiver is slow. `recv` then returns the error
//! `Lagged`, which is not the end. `while_ok` takes it for the end. `skip_errors` goes on without
//! the lost payments. If every message counts, a broadcast channel is the wrong one: `over_mpsc` is
//! right, because its sender waits for a slow receiver.

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
    let while_ok = while_ok(pay_by_broadcast()).await;
    println!("`while let Ok`: a sum of {while_ok} euros");
    let skip_errors = skip_errors(pay_by_broadcast()).await;
    println!("`Lagged` skipped: a sum of {skip_errors} euros");
    let over_mpsc = over_mpsc(pay_by_mpsc()).await;
    println!("mpsc: a sum of {over_mpsc} euros");
    if while_ok == PAYMENTS || skip_errors == PAYMENTS {
        return ExitCode::SUCCESS;
    }
    eprintln!("the receiver was too slow, and the channel has overwritten payments");
    eprintln!("if every message counts, use an mpsc channel, whose sender waits");
    ExitCode::FAILURE
}

async fn while_ok(mut payments: broadcast::Receiver<u32>) -> u32 {
    let mut sum = 0;
    while let Ok(euros) = payments.recv().await {
        // Wrong: `Lagged` is not the end.
        sum += euros;
        time::sleep(SLOW).await;
    }
    sum
}

async fn skip_errors(mut payments: broadcast::Receiver<u32>) -> u32 {
    let mut sum = 0;
    loop {
        match payments.recv().await {
            Ok(euros) => sum += euros,
            Err(RecvError::Lagged(_)) => continue, // Wrong: these payments are lost.
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
            let _ = sender.send(1); // Fails if the receiver has stopped.
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
            let _ = sender.send(1).await;
        }
    });
    payments
}

//! A mailbox without a bound. The customers never wait, so the mailbox grows.
//!
//! ```text
//! cargo run -p actor --example actor_mistake_unbounded
//! ```
//!
//! `send_all_unbounded` is wrong: `send` on an unbounded channel returns at once, so all orders are
//! in memory before the actor takes the first. `send_all_bounded` is right: `send` waits while the
//! mailbox is full, and meanwhile the actor works. The actor counts how many orders are in its
//! mailbox.

use std::process::ExitCode;

use tokio::sync::mpsc;

const ORDERS: usize = 10_000;
const MAILBOX: usize = 4;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let unbounded = send_all_unbounded().await;
    println!("without a bound: up to {unbounded} orders in the mailbox");
    let bounded = send_all_bounded().await;
    println!("with a bound: up to {bounded} orders in the mailbox");
    if unbounded <= MAILBOX {
        return ExitCode::SUCCESS;
    }
    eprintln!("the customers were faster than the actor, and nothing made them wait");
    eprintln!("use `mpsc::channel` with a capacity, whose `send` waits while the mailbox is full");
    ExitCode::FAILURE
}

async fn send_all_unbounded() -> usize {
    let (shop, mut mailbox) = mpsc::unbounded_channel(); // Wrong: nothing limits the mailbox.
    let actor = tokio::spawn(async move {
        let mut peak = 0;
        while let Some(_order) = mailbox.recv().await {
            peak = peak.max(mailbox.len() + 1);
        }
        peak
    });
    for order in 0..ORDERS {
        shop.send(order).expect("the actor should run");
    }
    drop(shop);
    actor.await.expect("the actor should not panic")
}

async fn send_all_bounded() -> usize {
    let (shop, mut mailbox) = mpsc::channel(MAILBOX);
    let actor = tokio::spawn(async move {
        let mut peak = 0;
        while let Some(_order) = mailbox.recv().await {
            peak = peak.max(mailbox.len() + 1);
        }
        peak
    });
    for order in 0..ORDERS {
        shop.send(order).await.expect("the actor should run");
    }
    drop(shop);
    actor.await.expect("the actor should not panic")
}

//! Two actors ask each other. Each waits for an answer, so neither reads its mailbox.
//!
//! ```text
//! cargo run -p actor --example actor_mistake_ask_each_other
//! ```
//!
//! A shop runs out, and asks its warehouse for more units. `asks_back` is wrong: before the
//! warehouse answers, it asks the shop what is left. `told_before` is right: the shop's message
//! says what is left, so questions go in one direction only. The clock of this program is paused:
//! it jumps to the time limit as soon as all tasks wait, so the program notices the hang at once.

use std::process::ExitCode;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time;

const TIME_LIMIT: Duration = Duration::from_secs(60);

enum ToShop {
    Order(oneshot::Sender<u32>),
    Count(oneshot::Sender<u32>),
}

struct ToWarehouse {
    /// How many units the shop has left, or `None` if the warehouse should ask.
    left: Option<u32>,
    answer: oneshot::Sender<u32>,
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> ExitCode {
    let asks_back = order_from(None).await;
    println!("the warehouse asks the shop: {asks_back:?}");
    let told_before = order_from(Some(0)).await;
    println!("the shop says it beforehand: {told_before:?}");
    if asks_back.is_some() {
        return ExitCode::SUCCESS;
    }
    eprintln!("deadlock: the shop waits for the warehouse, and the warehouse for the shop");
    eprintln!("let actors ask in one direction only, and put what is needed into the message");
    ExitCode::FAILURE
}

/// Orders from a shop that has nothing left. Returns the units that came, if there is an answer.
async fn order_from(left: Option<u32>) -> Option<u32> {
    let (shop, shop_mailbox) = mpsc::channel(4);
    let (warehouse, warehouse_mailbox) = mpsc::channel(4);
    // Each has a sender for the other's mailbox, so these actors end only with the runtime.
    tokio::spawn(run_shop(shop_mailbox, warehouse, left));
    tokio::spawn(run_warehouse(warehouse_mailbox, shop.clone()));

    let (answer, receiver) = oneshot::channel();
    shop.send(ToShop::Order(answer)).await.ok()?;
    // Without this limit, the program would hang here.
    time::timeout(TIME_LIMIT, receiver).await.ok()?.ok()
}

async fn run_shop(
    mut mailbox: mpsc::Receiver<ToShop>,
    warehouse: mpsc::Sender<ToWarehouse>,
    left: Option<u32>,
) {
    while let Some(message) = mailbox.recv().await {
        match message {
            ToShop::Order(customer) => {
                let (answer, receiver) = oneshot::channel();
                let _ = warehouse.send(ToWarehouse { left, answer }).await;
                let units = receiver.await.unwrap_or(0);
                let _ = customer.send(units);
            }
            ToShop::Count(answer) => {
                let _ = answer.send(0);
            }
        }
    }
}

async fn run_warehouse(mut mailbox: mpsc::Receiver<ToWarehouse>, shop: mpsc::Sender<ToShop>) {
    while let Some(ToWarehouse { left, answer }) = mailbox.recv().await {
        let left = match left {
            Some(left) => left,
            None => ask(&shop).await, // Wrong: the shop waits for this actor.
        };
        let _ = answer.send(10 - left);
    }
}

async fn ask(shop: &mpsc::Sender<ToShop>) -> u32 {
    let (answer, receiver) = oneshot::channel();
    let _ = shop.send(ToShop::Count(answer)).await;
    receiver.await.unwrap_or(0)
}

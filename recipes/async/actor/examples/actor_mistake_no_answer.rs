//! The actor forgets to answer. The sender for the answer is dropped, and the customer panics.
//!
//! ```text
//! cargo run -p actor --example actor_mistake_no_answer
//! ```
//!
//! `pack_or_skip` is wrong: when the shop has run out, it returns without an answer. `pack` is
//! right: it answers in every case, so the customer learns that there is nothing left.

use std::panic;
use std::process::ExitCode;

use tokio::sync::{mpsc, oneshot};

/// Asks for one unit. The sender is for the answer: how many units the customer gets.
type Order = oneshot::Sender<u32>;

#[tokio::main]
async fn main() -> ExitCode {
    // The default message of a panic has several lines.
    panic::set_hook(Box::new(|panic| {
        eprintln!(
            "the customer panicked: {}",
            panic.payload_as_str().unwrap_or_default()
        );
    }));
    let answered = serve(pack).await;
    println!("answered in every case: the second customer got {answered:?}");
    let skipped = serve(pack_or_skip).await;
    println!("not answered if nothing is left: the second customer got {skipped:?}");
    if skipped.is_some() {
        return ExitCode::SUCCESS;
    }
    eprintln!("the actor dropped the sender for the answer, so there is nothing to wait for");
    eprintln!("send an answer on every path, and treat `RecvError` as an error, not as a bug");
    ExitCode::FAILURE
}

/// Serves two customers from a stock of one unit. Returns what the second one got.
async fn serve(pack: fn(&mut u32, Order)) -> Option<u32> {
    let (shop, mut mailbox) = mpsc::channel(4);
    tokio::spawn(async move {
        let mut stock = 1;
        while let Some(order) = mailbox.recv().await {
            pack(&mut stock, order);
        }
    });
    let mut got = None; // Stays `None` for a customer that panicked.
    for _ in 0..2 {
        let customer = tokio::spawn(buy(shop.clone()));
        got = customer.await.ok();
    }
    got
}

async fn buy(shop: mpsc::Sender<Order>) -> u32 {
    let (answer, receiver) = oneshot::channel();
    shop.send(answer).await.unwrap();
    receiver.await.unwrap()
}

fn pack_or_skip(stock: &mut u32, answer: Order) {
    if *stock == 0 {
        return; // Wrong: this drops `answer`, although nothing was sent.
    }
    *stock -= 1;
    let _ = answer.send(1);
}

fn pack(stock: &mut u32, answer: Order) {
    let units = 1.min(*stock);
    *stock -= units;
    let _ = answer.send(units);
}

//! The same job with tokio: one task owns the stock, and the others send it their orders.
//!
//! ```text
//! cargo run -p rlock --example rlock_tokio
//! ```
//!
//! The difference from the recipe: tokio has no re-entrant lock, because a task can move from one
//! thread to another. Here the stock belongs to an actor, a task that carries out one order after
//! another. A transfer is a single order, so no other task sees it half done. Inside the actor,
//! methods call one another freely, and nothing is locked. The channel is bounded: a task that
//! sends faster than the actor works has to wait. Choose this if your program is async already.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::BTreeMap;

use tokio::sync::mpsc;

use cli::{Order, Transfer};

enum Command {
    Add(Order),
    Remove(Order),
    Transfer(Transfer),
}

/// The actor's state. No other task can reach it.
struct Stock {
    quantities: BTreeMap<String, i64>,
    total: i64,
}

impl Stock {
    /// Carries out orders until every sender is gone, and returns the closing stock.
    async fn run(mut self, mut inbox: mpsc::Receiver<Command>) -> Stock {
        while let Some(command) = inbox.recv().await {
            match command {
                Command::Add(order) => self.adjust(&order.item, order.quantity),
                Command::Remove(order) => self.adjust(&order.item, -order.quantity),
                Command::Transfer(transfer) => {
                    self.adjust(&transfer.from, -transfer.quantity);
                    self.adjust(&transfer.to, transfer.quantity);
                }
            }
        }
        self
    }

    fn adjust(&mut self, item: &str, change: i64) {
        let quantity = self
            .quantities
            .get_mut(item)
            .expect("every item has a stock row");
        *quantity += change;
        self.total += change;
    }
}

#[tokio::main]
async fn main() {
    let day = cli::load_or_exit(); // Blocks this thread, but no task is running yet.
    let total = day.opening_stock.values().sum();
    let stock = Stock {
        quantities: day.opening_stock,
        total,
    };

    let (inventory, inbox) = mpsc::channel(32);
    let actor = tokio::spawn(stock.run(inbox));

    let adds = day.adds.into_iter().map(Command::Add);
    let removes = day.removes.into_iter().map(Command::Remove);
    let transfers = day.transfers.into_iter().map(Command::Transfer);
    tokio::spawn(send_all(adds, inventory.clone()));
    tokio::spawn(send_all(removes, inventory.clone()));
    tokio::spawn(send_all(transfers, inventory)); // No sender stays here, so the actor can end.

    let Stock { quantities, total } = actor.await.expect("the actor does not panic");
    let sum: i64 = quantities.values().sum();
    assert_eq!(sum, total, "the items do not add up to the total");
    cli::print_stock(&quantities);
}

async fn send_all(commands: impl Iterator<Item = Command>, inventory: mpsc::Sender<Command>) {
    for command in commands {
        inventory
            .send(command)
            .await
            .expect("the actor receives as long as there are senders");
    }
}

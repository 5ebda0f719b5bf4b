//! Sell the stock of a shop from one task, which answers the orders of many customers.
//!
//! The actor is a task, and the stock belongs to it alone. Each customer is a task, too. It sends
//! its order as a message to the actor's mailbox and waits for the answer in a `oneshot` channel.
//! The mailbox is bounded, so customers that are faster than the actor wait. If there are too few
//! units, the actor sends what is left. If the actor panics, a supervisor starts it again.
//!
//! ```text
//! cargo run -p actor               # the orders in input/shop.csv
//! cargo run -p actor -- mine.csv   # your own orders; src/cli.rs describes the format
//! ```
//!
//! Prints how many units were ordered and sent, and the items with the most missing units. Orders
//! without an answer do not count. The result is the same on every run, because the totals of an
//! item do not depend on which customer comes first.

mod cli;

use std::sync::Arc;

use tokio::sync::oneshot::error::RecvError;
use tokio::sync::{Mutex, OwnedMutexGuard, mpsc, oneshot};
use tokio::task::{self, JoinHandle, JoinSet};

use cli::Outcome;
pub(crate) use cli::{Line, Order, Parcel, Stock};

/// The capacity of the mailbox, in messages.
pub(crate) const MAILBOX: usize = 4;

// ANCHOR: main
#[tokio::main]
async fn main() {
    let day = cli::day_or_exit();
    cli::report_panics_in_one_line();
    let (shop, supervisor) = open(day.catalog.stock());

    let mut customers = JoinSet::new();
    for orders in day.customers {
        customers.spawn(buy(shop.clone(), orders));
    }
    let mut outcomes = Vec::new();
    while let Some(customer) = customers.join_next().await {
        outcomes.extend(customer.expect("no customer should panic"));
    }

    let left = shop.count().await.expect("the actor should count");
    drop(shop); // This was the last handle, so the mailbox closes and the actor ends.
    let restarts = supervisor.await.expect("the supervisor should not panic");
    cli::print_report(&day.catalog, &outcomes, &left, restarts);
}
// ANCHOR_END: main

/// Sends the orders of one customer, each after the answer to the one before.
async fn buy(shop: ShopHandle, orders: Vec<Order>) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for order in orders {
        let answer = shop.order(order.clone()).await;
        let parcel = answer.ok();
        outcomes.push(Outcome { order, parcel });
    }
    outcomes
}

// ANCHOR: message
/// A request to the actor. Each message brings the sender for its answer.
enum Message {
    /// Send a parcel with these items.
    Order {
        order: Order,
        answer: oneshot::Sender<Parcel>,
    },
    /// Count what is left of each item.
    Count { answer: oneshot::Sender<Stock> },
}
// ANCHOR_END: message

/// Sends requests to the actor. The mailbox closes when the last handle is dropped.
#[derive(Clone)]
pub(crate) struct ShopHandle {
    mailbox: mpsc::Sender<Message>,
}

impl ShopHandle {
    // ANCHOR: order
    /// Returns an error if the actor panics or stops before it has answered this order.
    pub(crate) async fn order(&self, order: Order) -> Result<Parcel, RecvError> {
        let (answer, receiver) = oneshot::channel();
        let message = Message::Order { order, answer };
        // This waits while the mailbox is full. If nobody reads the mailbox anymore, `send` fails
        // and `answer` is dropped. Then `receiver` fails, too, so its error is enough.
        let _ = self.mailbox.send(message).await;
        receiver.await
    }
    // ANCHOR_END: order

    /// Returns how many units are left of each item.
    pub(crate) async fn count(&self) -> Result<Stock, RecvError> {
        let (answer, receiver) = oneshot::channel();
        let _ = self.mailbox.send(Message::Count { answer }).await;
        receiver.await
    }
}

/// The only owner of the stock.
struct ShopActor {
    /// The units that are left of each item.
    stock: Stock,
    kept: OwnedMutexGuard<Kept>,
}

impl ShopActor {
    // ANCHOR: run
    /// Answers one message after the other, until all handles are gone and the mailbox is empty.
    async fn run(mut self) {
        while let Some(message) = self.kept.mailbox.recv().await {
            self.handle(message);
        }
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Order { order, answer } => {
                let parcel = self.pack(order);
                self.book(&parcel);
                // If the customer has gone, `send` returns the parcel.
                if let Err(parcel) = answer.send(parcel) {
                    self.undo(parcel);
                }
            }
            Message::Count { answer } => {
                // If nobody waits for the count anymore, there is nothing to undo.
                let _ = answer.send(self.stock.clone());
            }
        }
    }
    // ANCHOR_END: run

    /// Takes the items from the stock. If there are too few units, takes those that are left.
    fn pack(&mut self, order: Order) -> Parcel {
        let number = order.number;
        let mut parcel = Parcel::default();
        for Line { item, units } in order.lines {
            let Some(left) = self.stock.get_mut(&item) else {
                // A bug: this shop forgot that customers order postage, too.
                panic!("order {number}: there is no item {item}");
            };
            let units = units.min(*left);
            *left -= units;
            parcel.lines.push(Line { item, units });
        }
        parcel
    }

    /// Records the units of a parcel in the books.
    fn book(&mut self, parcel: &Parcel) {
        for Line { item, units } in &parcel.lines {
            *self.kept.sold.entry(item.clone()).or_default() += units;
        }
    }

    /// Puts the items of a parcel back into the stock, and corrects the books.
    fn undo(&mut self, parcel: Parcel) {
        for Line { item, units } in parcel.lines {
            *self.kept.sold.entry(item.clone()).or_default() -= units;
            *self.stock.entry(item).or_default() += units;
        }
    }
}

/// Opens a shop. The task is its supervisor, and returns how often the actor was restarted.
pub(crate) fn open(stock: Stock) -> (ShopHandle, JoinHandle<usize>) {
    let (sender, receiver) = mpsc::channel(MAILBOX);
    let kept = Kept {
        mailbox: receiver,
        sold: Stock::new(),
    };
    let supervisor = task::spawn(supervise(stock, kept));
    (ShopHandle { mailbox: sender }, supervisor)
}

// ANCHOR: supervisor
/// The state that outlives a panic. A running actor holds the lock around it.
struct Kept {
    mailbox: mpsc::Receiver<Message>,
    /// The books: the units sent of each item.
    sold: Stock,
}

/// Starts the actor, and starts it again after each panic.
async fn supervise(opening: Stock, kept: Kept) -> usize {
    // A spawned task cannot borrow, so each actor owns the guard of a lock. When an actor panics,
    // its guard is dropped, and the next actor gets the lock.
    let kept = Arc::new(Mutex::new(kept));
    let mut restarts = 0;
    loop {
        let kept = Arc::clone(&kept).lock_owned().await;
        let stock = remaining(&opening, &kept.sold);
        let actor = ShopActor { stock, kept };
        match task::spawn(actor.run()).await {
            Err(error) if error.is_panic() => restarts += 1,
            _ => return restarts, // All handles are gone, or the runtime shuts down.
        }
    }
}
// ANCHOR_END: supervisor

/// Computes what is left from the opening stock and the books.
fn remaining(opening: &Stock, sold: &Stock) -> Stock {
    let mut stock = opening.clone();
    for (item, units) in sold {
        *stock.entry(item.clone()).or_default() -= units;
    }
    stock
}

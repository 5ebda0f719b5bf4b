//! The solution of the exercise: a parcel that nobody accepts returns to the stock.
//!
//! ```text
//! cargo run -p actor --example actor_solution
//! ```
//!
//! Even if `send` on a oneshot channel succeeds, the customer may leave before it reads the answer.
//! So the actor sends a `Delivery`. Dropping it returns the parcel to the actor, unless the
//! customer has called `accept`. Now it does not matter when the customer leaves: before the answer
//! or after it, the delivery is dropped, and the actor undoes the order.
//!
//! A destructor cannot wait for room in a bounded channel, so the channel for returns has no bound.
//! It still cannot grow without limit, because each customer has at most one delivery.

#[path = "../src/cli.rs"]
mod cli;

use std::sync::Arc;

use tokio::sync::oneshot::error::RecvError;
use tokio::sync::{Mutex, OwnedMutexGuard, mpsc, oneshot};
use tokio::task::{self, JoinHandle, JoinSet};

use cli::Outcome;
pub(crate) use cli::{Line, Order, Parcel, Stock};

/// The capacity of the mailbox, in messages.
const MAILBOX: usize = 4;

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

/// A request to the actor. Each message brings the sender for its answer.
enum Message {
    /// Send a parcel with these items.
    Order {
        order: Order,
        answer: oneshot::Sender<Delivery>,
    },
    /// Count what is left of each item.
    Count { answer: oneshot::Sender<Stock> },
}

/// A parcel on its way to the customer. Dropping it returns the parcel to the actor.
struct Delivery {
    /// `None` after the customer has accepted the parcel.
    parcel: Option<Parcel>,
    returns: mpsc::UnboundedSender<Parcel>,
}

impl Delivery {
    fn accept(mut self) -> Parcel {
        self.parcel.take().expect("nobody accepts a delivery twice")
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if let Some(parcel) = self.parcel.take() {
            // If the actor has ended, nobody counts the stock anymore.
            let _ = self.returns.send(parcel);
        }
    }
}

/// Sends requests to the actor. The mailbox closes when the last handle is dropped.
#[derive(Clone)]
pub(crate) struct ShopHandle {
    mailbox: mpsc::Sender<Message>,
}

impl ShopHandle {
    /// Returns an error if the actor panics or stops before it has answered this order.
    pub(crate) async fn order(&self, order: Order) -> Result<Parcel, RecvError> {
        let (answer, receiver) = oneshot::channel();
        let message = Message::Order { order, answer };
        // This waits while the mailbox is full. If nobody reads the mailbox anymore, `send` fails
        // and `answer` is dropped. Then `receiver` fails, too, so its error is enough.
        let _ = self.mailbox.send(message).await;
        let delivery = receiver.await?;
        Ok(delivery.accept())
    }

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
    /// Answers one message after the other, until all handles are gone and the mailbox is empty.
    async fn run(mut self) {
        loop {
            let kept = &mut *self.kept;
            tokio::select! {
                // Returns come first, so that the next customer finds them in the stock.
                biased;
                // Both branches are cancel-safe: `recv` loses no message if it is dropped. The
                // actor has a sender for returns, so that channel never closes.
                Some(parcel) = kept.returned.recv() => self.undo(parcel),
                message = kept.mailbox.recv() => match message {
                    Some(message) => self.handle(message),
                    None => return,
                },
            }
        }
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Order { order, answer } => {
                let parcel = self.pack(order);
                self.book(&parcel);
                let delivery = Delivery {
                    parcel: Some(parcel),
                    returns: self.kept.returns.clone(),
                };
                // If the customer has gone, this drops the delivery.
                let _ = answer.send(delivery);
            }
            Message::Count { answer } => {
                // If nobody waits for the count anymore, there is nothing to undo.
                let _ = answer.send(self.stock.clone());
            }
        }
    }

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

/// The state that outlives a panic. A running actor holds the lock around it.
struct Kept {
    mailbox: mpsc::Receiver<Message>,
    returns: mpsc::UnboundedSender<Parcel>,
    returned: mpsc::UnboundedReceiver<Parcel>,
    /// The books: the units sent of each item.
    sold: Stock,
}

/// Opens a shop. The task is its supervisor, and returns how often the actor was restarted.
pub(crate) fn open(stock: Stock) -> (ShopHandle, JoinHandle<usize>) {
    let (sender, receiver) = mpsc::channel(MAILBOX);
    let (returns, returned) = mpsc::unbounded_channel();
    let kept = Kept {
        mailbox: receiver,
        returns,
        returned,
        sold: Stock::new(),
    };
    let supervisor = task::spawn(supervise(stock, kept));
    (ShopHandle { mailbox: sender }, supervisor)
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

/// Computes what is left from the opening stock and the books.
fn remaining(opening: &Stock, sold: &Stock) -> Stock {
    let mut stock = opening.clone();
    for (item, units) in sold {
        *stock.entry(item.clone()).or_default() -= units;
    }
    stock
}

//! The same job with an actor of kameo.
//!
//! ```text
//! cargo run -p actor --example actor_kameo
//! ```
//!
//! The difference from the recipe: the library has the mailbox, the handle and the answer. A
//! message is a type, and `handle` returns its answer. When `handle` panics, kameo keeps the
//! mailbox and calls `on_panic`, where the actor computes its stock from the books. It does not
//! tell the actor whether a customer still waits for the answer, so no order is undone. Choose it
//! if you have many actors, which should stop or restart each other.

#[path = "../src/cli.rs"]
mod cli;

use std::convert::Infallible;
use std::ops::ControlFlow;

use kameo::actor::{Actor, ActorRef, Spawn, WeakActorRef};
use kameo::error::{ActorStopReason, PanicError};
use kameo::mailbox;
use kameo::message::{Context, Message};
use tokio::task::JoinSet;

use cli::{Line, Order, Outcome, Parcel, Stock};

/// The capacity of the mailbox, in messages.
const MAILBOX: usize = 4;

#[tokio::main]
async fn main() {
    let day = cli::day_or_exit();
    cli::report_panics_in_one_line();
    let books = Books::new(day.catalog.stock());
    let shop = Shop::spawn_with_mailbox(books, mailbox::bounded(MAILBOX));

    let mut customers = JoinSet::new();
    for orders in day.customers {
        customers.spawn(buy(shop.clone(), orders));
    }
    let mut outcomes = Vec::new();
    while let Some(customer) = customers.join_next().await {
        outcomes.extend(customer.expect("no customer should panic"));
    }

    let count = shop.ask(Count).await.expect("the actor should count");
    cli::print_report(&day.catalog, &outcomes, &count.left, count.restarts);
}

/// Sends the orders of one customer, each after the answer to the one before.
async fn buy(shop: ActorRef<Shop>, orders: Vec<Order>) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for order in orders {
        let answer = shop.ask(order.clone()).await;
        let parcel = answer.ok();
        outcomes.push(Outcome { order, parcel });
    }
    outcomes
}

/// The books of the shop. After a panic, they say what is left.
struct Books {
    opening: Stock,
    sold: Stock,
    restarts: usize,
}

impl Books {
    fn new(opening: Stock) -> Self {
        Books {
            opening,
            sold: Stock::new(),
            restarts: 0,
        }
    }

    /// Computes what is left from the opening stock and the books.
    fn remaining(&self) -> Stock {
        let mut stock = self.opening.clone();
        for (item, units) in &self.sold {
            *stock.entry(item.clone()).or_default() -= units;
        }
        stock
    }
}

/// The only owner of the stock.
struct Shop {
    /// The units that are left of each item.
    stock: Stock,
    books: Books,
}

impl Actor for Shop {
    type Args = Books;
    type Error = Infallible;

    async fn on_start(books: Books, _: ActorRef<Self>) -> Result<Self, Infallible> {
        let stock = books.remaining();
        Ok(Shop { stock, books })
    }

    async fn on_panic(
        &mut self,
        _: WeakActorRef<Self>,
        _: PanicError,
    ) -> Result<ControlFlow<ActorStopReason>, Infallible> {
        self.stock = self.books.remaining();
        self.books.restarts += 1;
        Ok(ControlFlow::Continue(()))
    }
}

impl Message<Order> for Shop {
    type Reply = Result<Parcel, Infallible>;

    async fn handle(&mut self, order: Order, _: &mut Context<Self, Self::Reply>) -> Self::Reply {
        let parcel = self.pack(order);
        self.book(&parcel);
        Ok(parcel)
    }
}

/// Asks what is left of each item.
struct Count;

/// The answer to `Count`.
struct Counted {
    left: Stock,
    restarts: usize,
}

impl Message<Count> for Shop {
    type Reply = Result<Counted, Infallible>;

    async fn handle(&mut self, _: Count, _: &mut Context<Self, Self::Reply>) -> Self::Reply {
        Ok(Counted {
            left: self.stock.clone(),
            restarts: self.books.restarts,
        })
    }
}

impl Shop {
    /// Takes the items from the stock. If there are too few units, takes those that are left.
    fn pack(&mut self, order: Order) -> Parcel {
        let number = order.number;
        let mut parcel = Parcel::default();
        for Line { item, units } in order.lines {
            let Some(left) = self.stock.get_mut(&item) else {
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
            *self.books.sold.entry(item.clone()).or_default() += units;
        }
    }
}

//! The same job with a std `Mutex` instead of an actor.
//!
//! ```text
//! cargo run -p actor --example actor_std
//! ```
//!
//! The difference from the recipe: there is no mailbox and no actor. Each customer locks the stock
//! and packs its own parcel. Choose it if a change of the shared value never has to wait for
//! anything: then no guard is held across an `.await`, and the lock is free again after a moment. A
//! panic ends the task of the order, and poisons the `Mutex`. The next task to lock then computes
//! the stock from the books.

#[path = "../src/cli.rs"]
mod cli;

use std::sync::{Arc, Mutex, MutexGuard};

use tokio::task::{self, JoinSet};

use cli::{Line, Order, Outcome, Parcel, Stock};

#[tokio::main]
async fn main() {
    let day = cli::day_or_exit();
    cli::report_panics_in_one_line();
    let shop = Arc::new(Shop::new(day.catalog.stock()));

    let mut customers = JoinSet::new();
    for orders in day.customers {
        customers.spawn(buy(Arc::clone(&shop), orders));
    }
    let mut outcomes = Vec::new();
    while let Some(customer) = customers.join_next().await {
        outcomes.extend(customer.expect("no customer should panic"));
    }

    let shelves = shop.lock();
    let left = &shelves.stock;
    cli::print_report(&day.catalog, &outcomes, left, shelves.repairs);
}

/// Places the orders of one customer. Each is a task, so that a panic ends only that order.
async fn buy(shop: Arc<Shop>, orders: Vec<Order>) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for order in orders {
        let shop = Arc::clone(&shop);
        let copy = order.clone();
        let task = task::spawn(async move { shop.order(copy) });
        let parcel = task.await.ok();
        outcomes.push(Outcome { order, parcel });
    }
    outcomes
}

struct Shop {
    opening: Stock,
    shelves: Mutex<Shelves>,
}

struct Shelves {
    /// The units that are left of each item.
    stock: Stock,
    /// The books: the units sent of each item.
    sold: Stock,
    /// How often the stock was computed from the books.
    repairs: usize,
}

impl Shop {
    fn new(opening: Stock) -> Self {
        let shelves = Shelves {
            stock: opening.clone(),
            sold: Stock::new(),
            repairs: 0,
        };
        Shop {
            opening,
            shelves: Mutex::new(shelves),
        }
    }

    /// This is not an async function, so it cannot hold the guard across an `.await`.
    fn order(&self, order: Order) -> Parcel {
        let mut shelves = self.lock();
        let parcel = shelves.pack(order);
        shelves.book(&parcel);
        parcel
    }

    fn lock(&self) -> MutexGuard<'_, Shelves> {
        let poisoned = match self.shelves.lock() {
            Ok(shelves) => return shelves,
            Err(poisoned) => poisoned,
        };
        // An order panicked, and may have taken only a part of its items.
        let mut shelves = poisoned.into_inner();
        shelves.stock = remaining(&self.opening, &shelves.sold);
        shelves.repairs += 1;
        self.shelves.clear_poison();
        shelves
    }
}

impl Shelves {
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
            *self.sold.entry(item.clone()).or_default() += units;
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

//! The same job with a thread as the actor, and channels of crossbeam.
//!
//! ```text
//! cargo run -p actor --example actor_crossbeam
//! ```
//!
//! The difference from the recipe: the customers come to a few counters, each of which is a thread,
//! and a thread that waits is blocked. Scoped threads can borrow, so the mailbox and the books
//! outlive the actor without a lock. The answer comes through a channel with room for one message.
//! Choose it if your program uses threads instead of tasks.

#[path = "../src/cli.rs"]
mod cli;

use std::thread;

use crossbeam::channel::{self, Receiver, RecvError, Sender};

use cli::{Line, Order, Outcome, Parcel, Stock};

/// The capacity of the mailbox, in messages.
const MAILBOX: usize = 4;

/// The number of customers that can order at the same time.
const COUNTERS: usize = 8;

fn main() {
    let day = cli::day_or_exit();
    cli::report_panics_in_one_line();
    let opening = day.catalog.stock();
    let (shop, mailbox) = channel::bounded(MAILBOX);

    let mut counters = vec![Vec::new(); COUNTERS];
    for (number, orders) in day.customers.into_iter().enumerate() {
        counters[number % COUNTERS].extend(orders);
    }

    let mut books = Books::default();
    let mut outcomes = Vec::new();
    thread::scope(|scope| {
        let supervisor = scope.spawn(|| supervise(&opening, mailbox));
        let mut threads = Vec::new();
        for orders in counters {
            let shop = shop.clone();
            threads.push(scope.spawn(move || buy(shop, orders)));
        }
        drop(shop); // The mailbox closes with the last counter.

        for thread in threads {
            outcomes.extend(thread.join().expect("no customer should panic"));
        }
        books = supervisor.join().expect("the supervisor should not panic");
    });

    let left = remaining(&opening, &books.sold);
    cli::print_report(&day.catalog, &outcomes, &left, books.restarts);
}

/// Sends orders, each after the answer to the one before.
fn buy(shop: Sender<Message>, orders: Vec<Order>) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for order in orders {
        let parcel = ask(&shop, order.clone()).ok();
        outcomes.push(Outcome { order, parcel });
    }
    outcomes
}

/// An order, and the sender for its answer.
struct Message {
    order: Order,
    answer: Sender<Parcel>,
}

fn ask(shop: &Sender<Message>, order: Order) -> Result<Parcel, RecvError> {
    let (answer, receiver) = channel::bounded(1);
    // This blocks while the mailbox is full. If it fails, it drops `answer`, so `recv` fails, too.
    let _ = shop.send(Message { order, answer });
    receiver.recv()
}

/// The state that outlives a panic, apart from the mailbox.
#[derive(Default)]
struct Books {
    sold: Stock,
    restarts: usize,
}

/// Starts the actor, and starts it again after each panic.
fn supervise(opening: &Stock, mailbox: Receiver<Message>) -> Books {
    let mut books = Books::default();
    loop {
        let stock = remaining(opening, &books.sold);
        let mut actor = ShopActor {
            stock,
            books: &mut books,
        };
        let end = thread::scope(|scope| {
            let thread = scope.spawn(|| actor.run(&mailbox));
            thread.join() // Returns an error if the actor has panicked.
        });
        if end.is_ok() {
            return books;
        }
        books.restarts += 1;
    }
}

/// The only owner of the stock.
struct ShopActor<'a> {
    /// The units that are left of each item.
    stock: Stock,
    books: &'a mut Books,
}

impl ShopActor<'_> {
    fn run(&mut self, mailbox: &Receiver<Message>) {
        for Message { order, answer } in mailbox {
            let parcel = self.pack(order);
            self.book(&parcel);
            // If the customer has gone, the error contains the parcel.
            if let Err(error) = answer.send(parcel) {
                self.undo(error.into_inner());
            }
        }
    }

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

    /// Puts the items of a parcel back into the stock, and corrects the books.
    fn undo(&mut self, parcel: Parcel) {
        for Line { item, units } in parcel.lines {
            *self.books.sold.entry(item.clone()).or_default() -= units;
            *self.stock.entry(item).or_default() += units;
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

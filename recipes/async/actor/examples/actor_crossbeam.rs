//! The same job with a thread as the actor, and channels of crossbeam.
//!
//! ```text
//! cargo run -p actor --example actor_crossbeam
//! ```
//!
//! The difference from the recipe: the customers come to a few counters, each of which is a thread,
//! and a thread that waits is blocked. A `Receiver` of crossbeam can be shared, so the mailbox
//! outlives the actor without a lock. The answer comes through a channel with room for one message.
//! Choose it if the rest of your program is threads.

#[path = "../src/cli.rs"]
mod cli;

use std::thread;

use crossbeam::channel::{self, Receiver, RecvError, Sender};

use cli::{Line, Order, Outcome, Parcel, Stock};

/// How many messages wait in the mailbox at most.
const MAILBOX: usize = 4;

/// How many customers order at the same time.
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
        let supervisor = scope.spawn(|| supervise(&opening, &mailbox));
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
    // This blocks while the mailbox is full. If `send` fails, it drops `answer`, and `recv` fails.
    let _ = shop.send(Message { order, answer });
    receiver.recv()
}

/// What outlives a panic of the actor, apart from the mailbox.
#[derive(Default)]
struct Books {
    sold: Stock,
    restarts: usize,
}

/// Starts the actor, and starts it again after each panic.
fn supervise(opening: &Stock, mailbox: &Receiver<Message>) -> Books {
    let mut books = Books::default();
    loop {
        let stock = remaining(opening, &books.sold);
        let mut actor = ShopActor {
            stock,
            books: &mut books,
        };
        // A panic in the scope's only thread comes back from `join`.
        let end = thread::scope(|scope| scope.spawn(move || actor.run(mailbox)).join());
        if end.is_ok() {
            return books;
        }
        books.restarts += 1;
    }
}

/// The only owner of the stock.
struct ShopActor<'a> {
    /// What is left of each item.
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

    /// Takes the items from the stock, as many of each as there are.
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

    /// Writes down what a parcel took from the stock.
    fn book(&mut self, parcel: &Parcel) {
        for Line { item, units } in &parcel.lines {
            *self.books.sold.entry(item.clone()).or_default() += units;
        }
    }

    /// Puts the items of a parcel back, and corrects the books.
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

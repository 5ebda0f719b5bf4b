//! The same job with parking_lot's `ReentrantMutex`.
//!
//! ```text
//! cargo run -p rlock --example rlock_parking_lot
//! ```
//!
//! The difference from the recipe: only the name of the lock. A `ReentrantMutex` also lends `&T`,
//! so the numbers are in `Cell`s here too. Choose it if your program already uses parking_lot. It
//! cannot tell you how many levels the thread holds, parking_lot's `Condvar` cannot wait on it, and
//! a waiter is certain to be next only if the owner calls `unlock_fair`.

#[path = "../src/cli.rs"]
mod cli;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::thread;

use parking_lot::ReentrantMutex;

struct Inventory {
    stock: ReentrantMutex<Stock>,
}

struct Stock {
    quantities: BTreeMap<String, Cell<i64>>,
    total: Cell<i64>,
}

impl Inventory {
    /// Moves goods in one step: no other thread sees them missing from both shelves.
    fn transfer(&self, from: &str, to: &str, quantity: i64) {
        let _guard = self.stock.lock(); // Held across both calls.
        self.remove(from, quantity);
        self.add(to, quantity);
    }

    fn add(&self, item: &str, quantity: i64) {
        let stock = self.stock.lock();
        self.adjust(item, quantity);
        stock.total.set(stock.total.get() + quantity);
    }

    fn remove(&self, item: &str, quantity: i64) {
        let stock = self.stock.lock();
        self.adjust(item, -quantity);
        stock.total.set(stock.total.get() - quantity);
    }

    /// Changes the quantity of one item. During a transfer this locks for the third time, after
    /// `transfer` and `remove` or `add`.
    fn adjust(&self, item: &str, change: i64) {
        let stock = self.stock.lock();
        let quantity = &stock.quantities[item];
        quantity.set(quantity.get() + change);
    }
}

fn main() {
    let day = cli::load_or_exit();
    let inventory = Inventory::new(day.opening_stock);

    thread::scope(|scope| {
        scope.spawn(|| {
            for order in &day.adds {
                inventory.add(&order.item, order.quantity);
            }
        });
        scope.spawn(|| {
            for order in &day.removes {
                inventory.remove(&order.item, order.quantity);
            }
        });
        scope.spawn(|| {
            for order in &day.transfers {
                inventory.transfer(&order.from, &order.to, order.quantity);
            }
        });
    });

    cli::print_stock(&inventory.closing_stock());
}

impl Inventory {
    fn new(opening_stock: BTreeMap<String, i64>) -> Self {
        let total = opening_stock.values().sum();
        let quantities = opening_stock
            .into_iter()
            .map(|(item, quantity)| (item, Cell::new(quantity)))
            .collect();
        Inventory {
            stock: ReentrantMutex::new(Stock {
                quantities,
                total: Cell::new(total),
            }),
        }
    }

    /// Checks that the items still add up to the total, and returns the quantity of each.
    fn closing_stock(self) -> BTreeMap<String, i64> {
        let Stock { quantities, total } = self.stock.into_inner();
        let quantities: BTreeMap<String, i64> = quantities
            .into_iter()
            .map(|(item, quantity)| (item, quantity.into_inner()))
            .collect();
        let sum: i64 = quantities.values().sum();
        assert_eq!(sum, total.get(), "the items do not add up to the total");
        quantities
    }
}

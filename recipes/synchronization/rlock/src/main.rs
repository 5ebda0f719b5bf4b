//! Use an `RLock`, which its owner can lock again, when methods that lock call each other.
//!
//! Three threads carry out a day's orders: one adds goods, one removes goods, and one transfers
//! goods from one item to another. An item's name begins with its shelf, as in `reserve/hex bolt
//! M8x40`. The methods `add`, `remove` and `transfer` of [`Inventory`] each take the lock, because
//! each can be called on its own. But `transfer` also calls the other two while it holds the lock.
//! With a `Lock` instead of an `RLock`, `transfer` would deadlock when it calls `remove`.
//!
//! ```text
//! cargo run -p rlock               # the orders in input/orders.csv
//! cargo run -p rlock -- mine.csv   # your own orders; src/cli.rs describes the format
//! ```
//!
//! Prints the closing stock of every item and the total. They are the same on every run.

mod cli;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::thread;

use sync_primitives::RLock;

// ANCHOR: inventory
/// The goods in a warehouse, shared by all threads.
struct Inventory {
    stock: RLock<Stock>,
}

/// The data behind the lock.
///
/// A thread can hold several guards of one `RLock`, so a guard lends `&Stock` and never
/// `&mut Stock`. The values that change are therefore in `Cell`s.
struct Stock {
    quantities: BTreeMap<String, Cell<i64>>,
    total: Cell<i64>,
}
// ANCHOR_END: inventory

// ANCHOR: methods
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

    /// Changes the quantity of one item. During a transfer, the thread then holds three guards:
    /// those of `transfer`, of `remove` or `add`, and of `adjust`.
    fn adjust(&self, item: &str, change: i64) {
        let stock = self.stock.lock();
        let quantity = &stock.quantities[item];
        quantity.set(quantity.get() + change);
    }
}
// ANCHOR_END: methods

// ANCHOR: main
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
// ANCHOR_END: main

impl Inventory {
    fn new(opening_stock: BTreeMap<String, i64>) -> Self {
        let total = opening_stock.values().sum();
        let quantities = opening_stock
            .into_iter()
            .map(|(item, quantity)| (item, Cell::new(quantity)))
            .collect();
        Inventory {
            stock: RLock::new(Stock {
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

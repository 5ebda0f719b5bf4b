//! The solution: a fourth thread audits the stock while the other three change it.
//!
//! ```text
//! cargo run -p rlock --example rlock_solution
//! ```
//!
//! The difference from the recipe: `audit` locks and calls `sum`, which locks as well. The audit
//! holds its own level across both readings, so no order comes between them, and it never finds a
//! difference. It would find one if `add` called it after `adjust` and before the total is updated:
//! the lock lets its owner in again, even in the middle of a change.

#[path = "../src/cli.rs"]
mod cli;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::thread;

use sync_primitives::RLock;

struct Inventory {
    stock: RLock<Stock>,
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

    /// Checks that the items add up to the total.
    fn audit(&self) {
        let stock = self.stock.lock(); // Held across both readings.
        let sum = self.sum();
        assert_eq!(sum, stock.total.get(), "the audit finds a difference");
    }

    fn sum(&self) -> i64 {
        let stock = self.stock.lock();
        stock.quantities.values().map(Cell::get).sum()
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
        scope.spawn(|| {
            // As many audits as transfers: they are likely to meet.
            for _ in &day.transfers {
                inventory.audit();
            }
        });
    });

    inventory.audit();
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
            stock: RLock::new(Stock {
                quantities,
                total: Cell::new(total),
            }),
        }
    }

    fn closing_stock(self) -> BTreeMap<String, i64> {
        let stock = self.stock.into_inner();
        stock
            .quantities
            .into_iter()
            .map(|(item, quantity)| (item, quantity.into_inner()))
            .collect()
    }
}

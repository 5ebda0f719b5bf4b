//! The same job without tasks: one order after the other.
//!
//! ```text
//! cargo run -p actor --example actor_sequential
//! ```
//!
//! The difference from the recipe: nothing is shared, so there are no messages and no lock. If an
//! order panics, `catch_unwind` returns it as an error. Choose it if all orders are at hand, and
//! nothing else has to happen meanwhile.

#[path = "../src/cli.rs"]
mod cli;

use std::panic::{self, AssertUnwindSafe};

use cli::{Line, Order, Outcome, Parcel, Stock};

fn main() {
    let day = cli::day_or_exit();
    cli::report_panics_in_one_line();
    let mut stock = day.catalog.stock();

    let mut outcomes = Vec::new();
    let mut restarts = 0;
    for order in day.customers.into_iter().flatten() {
        // If the order panics, the stock stays as it was, because only this copy has changed.
        let mut changed = stock.clone();
        let packed = panic::catch_unwind(AssertUnwindSafe(|| pack(&mut changed, &order)));
        match packed {
            Ok(_) => stock = changed,
            Err(_) => restarts += 1,
        }
        let parcel = packed.ok();
        outcomes.push(Outcome { order, parcel });
    }

    cli::print_report(&day.catalog, &outcomes, &stock, restarts);
}

/// Takes the items from the stock. If there are too few units, takes those that are left.
fn pack(stock: &mut Stock, order: &Order) -> Parcel {
    let mut parcel = Parcel::default();
    for Line { item, units } in &order.lines {
        let Some(left) = stock.get_mut(item) else {
            panic!("order {}: there is no item {item}", order.number);
        };
        let units = *units.min(left);
        *left -= units;
        parcel.lines.push(Line {
            item: item.clone(),
            units,
        });
    }
    parcel
}

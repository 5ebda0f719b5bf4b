//! Look under the lock, release it, act under the lock again: another thread acts in between, and
//! goods are sold twice.
//!
//! ```text
//! cargo run -p lock --example lock_mistake_two_sections
//! ```
//!
//! `buy` is wrong: each of its two critical sections is right by itself, and what the first one saw
//! is no longer true in the second. `buy_in_one` is right: one guard over the look and the act.

use std::{process::ExitCode, sync::Barrier, thread};
use sync_primitives::Lock;

fn main() -> ExitCode {
    let lamps = Lock::new(1);
    let both_have_looked = Barrier::new(2);
    let sold = sell_to_two(|| buy(&lamps, &both_have_looked));
    let left = lamps.into_inner();
    println!("two sections: 1 lamp, {sold} sold, {left} left");

    let lamps = Lock::new(1);
    let sold = sell_to_two(|| buy_in_one(&lamps));
    println!(
        "one section: 1 lamp, {sold} sold, {} left",
        lamps.into_inner()
    );
    if left >= 0 {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "both customers saw the lamp before either had bought it: the look was out of date when they acted"
    );
    eprintln!("hold one guard from the look to the act");
    ExitCode::FAILURE
}

/// How many of two customers, each in a thread, get a lamp.
fn sell_to_two(buy: impl Fn() -> bool + Sync) -> usize {
    thread::scope(|scope| {
        let customers = [(); 2].map(|()| scope.spawn(&buy));
        customers
            .into_iter()
            .map(|it| it.join().expect("no customer panics"))
            .filter(|got| *got)
            .count()
    })
}

fn buy(lamps: &Lock<i32>, both_have_looked: &Barrier) -> bool {
    let in_stock = *lamps.lock() > 0; // The guard ends here, and with it what this tells.
    both_have_looked.wait(); // By chance it seldom happens that both threads are here. This makes it certain.
    if in_stock {
        *lamps.lock() -= 1;
    }
    in_stock
}

fn buy_in_one(lamps: &Lock<i32>) -> bool {
    let mut lamps = lamps.lock();
    let in_stock = *lamps > 0;
    if in_stock {
        *lamps -= 1;
    }
    in_stock
}

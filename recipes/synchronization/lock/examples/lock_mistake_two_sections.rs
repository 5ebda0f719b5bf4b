//! A thread checks something under the lock, releases it, and acts under the lock again. In
//! between, another thread acts: a race condition that sells the same lamp twice.
//!
//! ```text
//! cargo run -p lock --example lock_mistake_two_sections
//! ```
//!
//! `buy` is wrong: each of its two critical sections is right by itself, but what the first one saw
//! is no longer true in the second. `buy_in_one` is right: it holds one guard from the check to the
//! sale.

use std::process::ExitCode;
use std::sync::Barrier;
use std::thread;

use sync_primitives::Lock;

fn main() -> ExitCode {
    let lamps = Lock::new(1);
    let both_have_checked = Barrier::new(2);
    let sold = sell_to_two(|| buy(&lamps, &both_have_checked));
    let left = lamps.into_inner();
    println!("two critical sections: 1 lamp, {sold} sold, {left} left");

    let lamps = Lock::new(1);
    let sold_in_one = sell_to_two(|| buy_in_one(&lamps));
    let left_in_one = lamps.into_inner();
    println!("one critical section: 1 lamp, {sold_in_one} sold, {left_in_one} left");
    if left >= 0 {
        return ExitCode::SUCCESS;
    }
    eprintln!("race condition: both customers saw the lamp before either of them had bought it");
    eprintln!("hold one guard from the check to the action");
    ExitCode::FAILURE
}

/// Returns how many of two customers, each in a thread of its own, get a lamp.
fn sell_to_two(buy: impl Fn() -> bool + Sync) -> u32 {
    thread::scope(|scope| {
        let mut sold = 0;
        for customer in [scope.spawn(&buy), scope.spawn(&buy)] {
            if customer.join().expect("no customer panics") {
                sold += 1;
            }
        }
        sold
    })
}

fn buy(lamps: &Lock<i32>, both_have_checked: &Barrier) -> bool {
    let in_stock = *lamps.lock() > 0; // Wrong: releases the lock, so the stock may change.
    both_have_checked.wait(); // By chance, both are rarely here. This makes it certain.
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

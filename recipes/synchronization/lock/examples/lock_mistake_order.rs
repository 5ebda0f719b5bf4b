//! Two threads take the same two locks in opposite order: each has one and waits for the other's,
//! for ever.
//!
//! ```text
//! cargo run -p lock --example lock_mistake_order
//! ```
//!
//! `transfer` is wrong: it locks the source first, and what is the source for one thread is the
//! target for the other. `transfer_in_order` is right: whichever way the goods go, the lock with
//! the lower number is taken first.

use std::{process::ExitCode, sync::Barrier, thread, time::Duration};
use sync_primitives::Lock;

/// Long enough for any transfer. Who waits longer waits for ever.
const PATIENCE: Duration = Duration::from_millis(200);

struct Shelf {
    number: u32,
    bolts: Lock<i64>,
}

fn main() -> ExitCode {
    let picking = Shelf {
        number: 1,
        bolts: Lock::new(100),
    };
    let reserve = Shelf {
        number: 2,
        bolts: Lock::new(100),
    };
    let each_has_one = Barrier::new(2);
    let [refilled, put_back] = thread::scope(|scope| {
        let refill = scope.spawn(|| transfer(&reserve, &picking, &each_has_one));
        let put_back = scope.spawn(|| transfer(&picking, &reserve, &each_has_one));
        [refill, put_back].map(|thread| thread.join().expect("no thread panics"))
    });
    println!("source first: refilled {refilled}, put back {put_back}");

    thread::scope(|scope| {
        scope.spawn(|| transfer_in_order(&reserve, &picking));
        scope.spawn(|| transfer_in_order(&picking, &reserve));
    });
    println!(
        "lower number first: {} and {} bolts",
        picking.bolts.into_inner(),
        reserve.bolts.into_inner()
    );
    if refilled && put_back {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "deadlock: one thread has shelf 1 and wants shelf 2, the other has shelf 2 and wants shelf 1"
    );
    eprintln!("give the locks an order and take them in it, whatever you do with them");
    ExitCode::FAILURE
}

/// Whether it could be done. `lock()` in place of `try_lock_for` would never return.
fn transfer(from: &Shelf, to: &Shelf, each_has_one: &Barrier) -> bool {
    let mut source = from.bolts.lock();
    each_has_one.wait(); // By chance it seldom happens that both threads are here. This makes it certain.
    let target = to.bolts.try_lock_for(PATIENCE);
    each_has_one.wait(); // Nobody lets go before the other has given up too.
    let Some(mut target) = target else {
        return false;
    };
    *source -= 10;
    *target += 10;
    true
}

fn transfer_in_order(from: &Shelf, to: &Shelf) {
    let (mut source, mut target);
    if from.number < to.number {
        source = from.bolts.lock();
        target = to.bolts.lock();
    } else {
        target = to.bolts.lock();
        source = from.bolts.lock();
    }
    *source -= 10;
    *target += 10;
}

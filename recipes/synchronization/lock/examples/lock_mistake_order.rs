//! Two threads take the same two locks in opposite order. Each of them holds one lock and waits for
//! the other, forever.
//!
//! ```text
//! cargo run -p lock --example lock_mistake_order
//! ```
//!
//! `transfer` is wrong: it locks the source first, and the source of one thread is the target of
//! the other. `transfer_in_order` is right: it always takes the lock with the lower number first,
//! whichever way the goods go.

use std::process::ExitCode;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use sync_primitives::Lock;

/// Longer than any transfer takes. A thread that waits longer would wait forever.
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
    let each_holds_one = Barrier::new(2);
    let (refilled, put_back) = thread::scope(|scope| {
        let refill = scope.spawn(|| transfer(&reserve, &picking, &each_holds_one));
        let put_back = scope.spawn(|| transfer(&picking, &reserve, &each_holds_one));
        (
            refill.join().expect("no thread panics"),
            put_back.join().expect("no thread panics"),
        )
    });
    println!("source first: refilled: {refilled}, put back: {put_back}");

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
    eprintln!("deadlock: one thread holds shelf 1 and wants shelf 2, the other one the reverse");
    eprintln!("give the locks a fixed order, and always take them in this order");
    ExitCode::FAILURE
}

/// Returns whether it got both locks. `lock()` instead of `try_lock_for` would wait forever.
fn transfer(from: &Shelf, to: &Shelf, each_holds_one: &Barrier) -> bool {
    let mut source = from.bolts.lock();
    each_holds_one.wait(); // By chance, both are rarely here. The barrier makes it certain.
    let target = to.bolts.try_lock_for(PATIENCE); // Wrong: the other thread locks in reverse.
    each_holds_one.wait(); // Neither thread releases its lock before the other has given up too.
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

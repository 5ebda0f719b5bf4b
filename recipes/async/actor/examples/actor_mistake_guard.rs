//! A guard of the std `Mutex` is held across an `.await`. The next customer blocks the only thread.
//!
//! ```text
//! cargo run -p actor --example actor_mistake_guard
//! ```
//!
//! There is no actor here: the customers share the stock behind a lock, and each lets the others
//! run while its payment is checked. `buy_across_await` is wrong: it holds the guard all the time.
//! `buy_before_await` is right: its guard is gone before the `.await`. The compiler refuses the
//! mistake in `tokio::spawn`, because a guard is not `Send`, but not in `join!`. A thread watches
//! the runtime, because a timeout of tokio would need the thread that is blocked.

use std::process::ExitCode;
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use tokio::{runtime, task};

/// The time limit for the wrong customers, which never end.
const SHORT: Duration = Duration::from_millis(300);

/// The time limit for the right customers. They end at once, but the machine may be slow.
const LONG: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let before = left_after(LONG, false);
    println!("guard dropped before the await: {before:?} units left");
    let across = left_after(SHORT, true);
    println!("guard held across the await: {across:?} units left");
    if across.is_some() {
        return ExitCode::SUCCESS;
    }
    eprintln!("deadlock: one customer holds the lock, and the other blocks the thread");
    eprintln!("drop the guard before the `.await`, or let an actor own the stock");
    ExitCode::FAILURE
}

/// Lets two customers buy in a runtime with one thread. Returns what is left, if they end in time.
fn left_after(limit: Duration, is_wrong: bool) -> Option<u32> {
    let (sender, receiver) = mpsc::channel();
    // If this thread hangs, it still ends when `main` returns.
    thread::spawn(move || {
        let runtime = runtime::Builder::new_current_thread().build();
        let stock = Mutex::new(10);
        runtime.expect("a runtime").block_on(async {
            if is_wrong {
                tokio::join!(buy_across_await(&stock), buy_across_await(&stock));
            } else {
                tokio::join!(buy_before_await(&stock), buy_before_await(&stock));
            }
        });
        let left = *stock.lock().expect("no customer should panic");
        let _ = sender.send(left);
    });
    receiver.recv_timeout(limit).ok()
}

#[expect(clippy::await_holding_lock, reason = "this is the mistake")]
async fn buy_across_await(stock: &Mutex<u32>) {
    let mut stock = stock.lock().expect("no customer should panic");
    check_payment().await; // Wrong: holds the guard `stock`.
    *stock -= 3;
}

async fn buy_before_await(stock: &Mutex<u32>) {
    check_payment().await;
    *stock.lock().expect("no customer should panic") -= 3;
}

/// Lets the other tasks run. A request to a bank would do the same.
async fn check_payment() {
    task::yield_now().await;
}

//! A task keeps a guard across an `.await`. Another task on the same thread locks, and puts the
//! thread to sleep on which the first would have to go on.
//!
//! ```text
//! cargo run -p lock --example lock_mistake_await
//! ```
//!
//! In a task for `tokio::spawn` the compiler refuses it, since a guard is not `Send`. In a local
//! task it does not, and only clippy's lint `await_holding_lock` tells; it knows the guards of std
//! and parking_lot, so this program uses parking_lot's. `add_across_await` is wrong.
//! `add_before_await` is right: the guard has gone when the task waits.

use parking_lot::Mutex;
use std::{process::ExitCode, rc::Rc, time::Duration};
use tokio::task::{LocalSet, spawn_local, yield_now};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let across = LocalSet::new().run_until(both(add_across_await)).await;
    println!("guard across the await: the other task got in: {across}");
    let before = LocalSet::new().run_until(both(add_before_await)).await;
    println!("guard gone before it: the other task got in: {before}");
    if across {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "deadlock: one task waits with the lock held, the other one blocks the only thread until the lock is free"
    );
    eprintln!(
        "let the guard end before the `.await`, or use tokio's Mutex, whose `lock().await` blocks no thread"
    );
    ExitCode::FAILURE
}

/// Runs a task by `add`, and beside it one that adds as well. Whether that one got the lock.
async fn both<F: Future<Output = ()> + 'static>(add: fn(Rc<Mutex<u32>>) -> F) -> bool {
    let sum = Rc::new(Mutex::new(0));
    let first = spawn_local(add(sum.clone()));
    // `lock()` would sleep for ever, and a `tokio::time::timeout` around it would never be asked.
    let second = spawn_local(async move {
        sum.try_lock_for(Duration::from_millis(200))
            .map(|mut sum| *sum += 1)
    });
    let got_in = second.await.expect("the task does not panic").is_some();
    first.await.expect("the task does not panic");
    got_in
}

#[expect(clippy::await_holding_lock, reason = "this is the mistake")]
async fn add_across_await(sum: Rc<Mutex<u32>>) {
    let mut sum = sum.lock();
    yield_now().await; // Or any other wait: for a connection, for a timer.
    *sum += 1;
}

async fn add_before_await(sum: Rc<Mutex<u32>>) {
    *sum.lock() += 1;
    yield_now().await;
}

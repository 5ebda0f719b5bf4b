//! A task holds a guard across an `.await`. Another task on the same thread locks, and blocks the
//! thread on which the first task would have to continue.
//!
//! ```text
//! cargo run -p lock --example lock_mistake_await
//! ```
//!
//! In a task for `tokio::spawn` the compiler rejects this, because a guard is not `Send`. In a
//! local task it does not, and only clippy's lint `await_holding_lock` warns you. The lint knows
//! the guards of std and parking_lot, so this program uses parking_lot's. `add_across_await` is
//! wrong. `add_before_await` is right: it drops the guard before the task waits.

use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::task::{LocalSet, spawn_local, yield_now};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let across = LocalSet::new().run_until(add_twice(add_across_await)).await;
    println!("guard held across the await: the other task got in: {across}");
    let before = LocalSet::new().run_until(add_twice(add_before_await)).await;
    println!("guard dropped before it: the other task got in: {before}");
    if across {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "deadlock: one task waits while it holds the lock, and the other blocks their thread"
    );
    eprintln!("drop the guard before the `.await`, or use tokio's Mutex, which blocks no thread");
    ExitCode::FAILURE
}

/// Runs `add` in a task, and beside it a second task that adds as well.
///
/// Returns whether the second task got the lock.
async fn add_twice<F>(add: fn(Rc<Mutex<u32>>) -> F) -> bool
where
    F: Future<Output = ()> + 'static,
{
    let sum = Rc::new(Mutex::new(0));
    let first = spawn_local(add(sum.clone()));
    let second = spawn_local(async move {
        // `lock()` would block forever. Even a `tokio::time::timeout` around it would not help,
        // because the thread that has to notice the timeout is blocked.
        let Some(mut sum) = sum.try_lock_for(Duration::from_millis(200)) else {
            return false;
        };
        *sum += 1;
        true
    });
    let got_in = second.await.expect("the task does not panic");
    first.await.expect("the task does not panic");
    got_in
}

#[expect(clippy::await_holding_lock, reason = "this is the mistake")]
async fn add_across_await(sum: Rc<Mutex<u32>>) {
    let mut sum = sum.lock();
    yield_now().await; // Wrong: holds the guard `sum`. At any other `.await` it is as bad.
    *sum += 1;
}

async fn add_before_await(sum: Rc<Mutex<u32>>) {
    *sum.lock() += 1;
    yield_now().await;
}

//! Drops the `JoinHandle`s of tasks in order to cancel them. The tasks go on running.
//!
//! ```text
//! cargo run -p hedge --example hedge_mistake_dropped_handle
//! ```
//!
//! `spawn_each` is wrong: the timeout drops its handles, but a task runs on without its handle.
//! `spawn_in_set` is right: the timeout drops its `JoinSet`, which aborts the tasks.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time;

const TASKS: u32 = 3;
const LIMIT: Duration = Duration::from_secs(1);

/// How many requests ran to the end.
type Done = Arc<AtomicU32>;

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> ExitCode {
    let done = Done::default();
    let _ = time::timeout(LIMIT, spawn_each(&done)).await; // Times out.
    time::sleep(10 * LIMIT).await; // Long enough for every task that still runs.
    let in_handles = done.swap(0, Ordering::Relaxed);
    println!("dropped handles: {in_handles} of {TASKS} requests ran to the end");

    let _ = time::timeout(LIMIT, spawn_in_set(&done)).await;
    time::sleep(10 * LIMIT).await;
    let in_set = done.swap(0, Ordering::Relaxed);
    println!("a dropped JoinSet: {in_set} of {TASKS} requests ran to the end");

    if in_handles == 0 {
        return ExitCode::SUCCESS;
    }
    eprintln!("a task goes on running when its `JoinHandle` is dropped");
    eprintln!("keep the tasks in a `JoinSet`, or call `abort` on each handle");
    ExitCode::FAILURE
}

async fn spawn_each(done: &Done) {
    let mut handles = Vec::new();
    for _ in 0..TASKS {
        handles.push(tokio::spawn(request(Arc::clone(done)))); // Wrong: nothing aborts the task.
    }
    for handle in handles {
        handle.await.expect("a request panicked");
    }
}

async fn spawn_in_set(done: &Done) {
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        tasks.spawn(request(Arc::clone(done)));
    }
    tasks.join_all().await;
}

/// Takes longer than the limit.
async fn request(done: Done) {
    time::sleep(2 * LIMIT).await;
    done.fetch_add(1, Ordering::Relaxed);
}

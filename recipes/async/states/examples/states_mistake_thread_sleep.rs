//! A task waits with `thread::sleep`. It blocks the thread, so no other task runs meanwhile.
//!
//! ```text
//! cargo run -p states --example states_mistake_thread_sleep
//! ```
//!
//! `wait_in_thread` is wrong, although it is an async function: it never returns `Pending`, so the
//! executor cannot run another task before it ends. `wait_in_task` is right. The program counts the
//! steps of other tasks during each wait. A runtime with several threads would have one thread less
//! during the wait.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use tokio::task::{self, JoinSet};
use tokio::time;

const OTHER_TASKS: usize = 3;
const STEPS: usize = 10;
const WAIT: Duration = Duration::from_millis(50);

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> ExitCode {
    let blocked = steps_during(wait_in_thread()).await;
    println!("during thread::sleep, the other tasks make {blocked} steps");
    let free = steps_during(wait_in_task()).await;
    println!("during tokio's sleep, the other tasks make {free} steps");

    if blocked >= free {
        return ExitCode::SUCCESS;
    }
    eprintln!("all tasks of an event loop share its thread, and `thread::sleep` blocks it");
    eprintln!("await `tokio::time::sleep`, which lets other tasks run until the timer ends");
    ExitCode::FAILURE
}

async fn wait_in_thread() {
    thread::sleep(WAIT); // Wrong: blocks the thread of all tasks.
}

async fn wait_in_task() {
    time::sleep(WAIT).await;
}

/// Counts the steps that other tasks make before `wait` has ended.
async fn steps_during(wait: impl Future<Output = ()>) -> usize {
    let steps = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..OTHER_TASKS {
        tasks.spawn(work(Arc::clone(&steps)));
    }
    wait.await;
    let made = steps.load(Ordering::Relaxed);
    tasks.join_all().await;
    made
}

async fn work(steps: Arc<AtomicUsize>) {
    for _ in 0..STEPS {
        steps.fetch_add(1, Ordering::Relaxed);
        task::yield_now().await;
    }
}

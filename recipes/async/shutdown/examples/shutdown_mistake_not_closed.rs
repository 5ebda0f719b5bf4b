//! `TaskTracker::wait` never ends, although all tasks have ended. Nobody has closed the tracker.
//!
//! ```text
//! cargo run -p shutdown --example shutdown_mistake_not_closed
//! ```
//!
//! `wait_for_all` is wrong: as long as a tracker is open, more tasks may come, so `wait` goes on.
//! `close_and_wait` is right. A closed tracker still accepts tasks, and waits for them too.

use std::process::ExitCode;
use std::time::Duration;

use tokio::time;
use tokio_util::task::TaskTracker;

/// How long `main` waits. An open tracker would wait forever.
const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let open = time::timeout(SHORT, wait_for_all()).await.is_ok();
    println!("open tracker: {}", outcome(open));
    let closed = time::timeout(LONG, close_and_wait()).await.is_ok();
    println!("closed tracker: {}", outcome(closed));
    if open {
        return ExitCode::SUCCESS;
    }
    eprintln!("`wait` ends when no task is left and the tracker is closed");
    eprintln!("call `close` before `wait`, as soon as no more tasks should come");
    ExitCode::FAILURE
}

fn outcome(has_ended: bool) -> &'static str {
    if has_ended {
        "`wait` has ended"
    } else {
        "`wait` is still waiting"
    }
}

async fn wait_for_all() {
    let tasks = TaskTracker::new();
    let task = tasks.spawn(async {});
    task.await.expect("the task does not panic");
    tasks.wait().await; // Wrong: the tracker is still open.
}

async fn close_and_wait() {
    let tasks = TaskTracker::new();
    let task = tasks.spawn(async {});
    task.await.expect("the task does not panic");
    tasks.close();
    tasks.wait().await;
}

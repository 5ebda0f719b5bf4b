//! A task starts a child task with a token of its own. Nobody cancels that token, so the child
//! never stops.
//!
//! ```text
//! cargo run -p shutdown --example shutdown_mistake_token_not_passed
//! ```
//!
//! `serve` is wrong: the heartbeat of a connection waits for a new token. `serve_with_child_token`
//! is right: a child token is canceled with its parent. You can also cancel the child alone, and
//! the parent goes on. If you never do that, pass a clone.

use std::process::ExitCode;
use std::time::Duration;

use tokio::time;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long `main` waits for the tasks. Those with the wrong token would never end.
const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let tasks = TaskTracker::new();
    let stop = CancellationToken::new();
    tasks.spawn(serve(tasks.clone(), stop.clone()));
    let new_token = end_within(SHORT, &tasks, &stop).await;
    println!("a new token: {new_token} task left after the stop");

    let tasks = TaskTracker::new();
    let stop = CancellationToken::new();
    tasks.spawn(serve_with_child_token(tasks.clone(), stop.clone()));
    let child_token = end_within(LONG, &tasks, &stop).await;
    println!("a child token: {child_token} tasks left after the stop");

    if new_token == 0 {
        return ExitCode::SUCCESS;
    }
    eprintln!("canceling a token does nothing to a token that was made by `new`");
    eprintln!("pass a clone or a child token to every task, also to those that tasks start");
    ExitCode::FAILURE
}

async fn serve(tasks: TaskTracker, stop: CancellationToken) {
    let stop_heartbeat = CancellationToken::new(); // Wrong: nobody cancels this one.
    tasks.spawn(heartbeat(stop_heartbeat));
    stop.cancelled().await;
}

async fn serve_with_child_token(tasks: TaskTracker, stop: CancellationToken) {
    let stop_heartbeat = stop.child_token();
    tasks.spawn(heartbeat(stop_heartbeat));
    stop.cancelled().await;
}

/// In a real server, this sends something at intervals.
async fn heartbeat(stop: CancellationToken) {
    stop.cancelled().await;
}

/// Stops the tasks. Returns how many are left when all have ended, or when the time is up.
async fn end_within(limit: Duration, tasks: &TaskTracker, stop: &CancellationToken) -> usize {
    stop.cancel();
    tasks.close();
    let _ = time::timeout(limit, tasks.wait()).await;
    tasks.len()
}

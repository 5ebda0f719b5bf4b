//! An async task calls `pop`, which blocks the thread that would run the task that pushes: a
//! deadlock.
//!
//! ```text
//! cargo run -p queue --example queue_mistake_blocking
//! ```
//!
//! `pop_in_task` is wrong. `pop_in_thread` is right, because `spawn_blocking` runs the blocking
//! call in a thread of its own. A channel for async tasks, such as `tokio::sync::mpsc`, is right as
//! well: other tasks can run during its `recv().await`. The runtime here has one thread. A runtime
//! with eight threads deadlocks in the same way as soon as eight tasks wait.

use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use sync_primitives::Queue;
use tokio::{runtime, task};

fn main() -> ExitCode {
    let in_task = ends(pop_in_task, Duration::from_millis(300));
    println!("pop in an async task: both tasks end: {in_task}");
    let in_thread = ends(pop_in_thread, Duration::from_secs(10));
    println!("pop in a blocking thread: both tasks end: {in_thread}");
    if in_task {
        return ExitCode::SUCCESS;
    }
    eprintln!("deadlock: pop blocks the thread, so the task that would push cannot run");
    eprintln!("await a tokio channel, or call pop in spawn_blocking");
    ExitCode::FAILURE
}

/// Whether a task that pops and a task that pushes end before `patience` is over.
fn ends<F: Future<Output = ()>>(
    pop: fn(Arc<Queue<&'static str>>) -> F,
    patience: Duration,
) -> bool {
    let jobs = Arc::new(Queue::unbounded());
    let done = Queue::unbounded();
    thread::scope(|scope| {
        scope.spawn(|| {
            let runtime = runtime::Builder::new_current_thread()
                .build()
                .expect("a runtime can be started");
            runtime.block_on(async {
                let queue = Arc::clone(&jobs);
                task::spawn(async move { queue.push("a job") });
                pop(Arc::clone(&jobs)).await;
            });
            done.push(()).expect("the queue is open");
        });
        let is_done = done.try_pop_for(patience).is_ok();
        jobs.close(); // Ends a `pop` that still waits.
        is_done
    })
}

async fn pop_in_task(jobs: Arc<Queue<&'static str>>) {
    let _ = jobs.pop(); // Wrong: blocks the thread that should run the other task.
}

async fn pop_in_thread(jobs: Arc<Queue<&'static str>>) {
    let _ = task::spawn_blocking(move || jobs.pop()).await;
}

//! An async task waits in `pop` of a queue for threads. It blocks the thread that would run the one which pushes.
//!
//! ```text
//! cargo run -p queue --example queue_mistake_blocking
//! ```
//!
//! `pop_in_task` is wrong. `pop_in_thread` is right: `spawn_blocking` gives what blocks a thread of its own. So is a
//! queue for tasks, such as `tokio::sync::mpsc`, whose `recv().await` lets other tasks run. This runtime has one
//! thread. One with eight fails in the same way as soon as eight tasks wait.

use std::sync::Arc;
use std::{process::ExitCode, thread, time::Duration};
use sync_primitives::Queue;
use tokio::{runtime, task};

fn main() -> ExitCode {
    let in_task = is_done(pop_in_task, Duration::from_millis(300));
    println!("pop in a task: done: {in_task}");
    let in_thread = is_done(pop_in_thread, Duration::from_secs(10));
    println!("pop in a thread for what blocks: done: {in_thread}");
    if in_task {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "deadlock: the thread sleeps in pop, and the task that would push waits for the thread"
    );
    eprintln!("await a tokio channel, or move the pop into spawn_blocking");
    ExitCode::FAILURE
}

/// Whether a task that pops and one that pushes have ended before this thread loses patience.
fn is_done<F: Future<Output = ()>>(
    pop: fn(Arc<Queue<&'static str>>) -> F,
    patience: Duration,
) -> bool {
    let (jobs, done) = (Arc::new(Queue::unbounded()), Queue::unbounded());
    thread::scope(|scope| {
        scope.spawn(|| {
            let runtime = runtime::Builder::new_current_thread()
                .build()
                .expect("a runtime can be started");
            runtime.block_on(async {
                let queue = jobs.clone();
                task::spawn(async move { queue.push("a job") });
                pop(jobs.clone()).await;
            });
            done.push(()).expect("the queue is open");
        });
        let is_done = done.try_pop_for(patience).is_ok();
        jobs.close(); // Whoever still waits in `pop` goes on.
        is_done
    })
}

async fn pop_in_task(jobs: Arc<Queue<&'static str>>) {
    let _ = jobs.pop();
}

async fn pop_in_thread(jobs: Arc<Queue<&'static str>>) {
    let _ = task::spawn_blocking(move || jobs.pop()).await;
}

//! Tasks that connect after Ctrl-C. Each stopped task gives back its permit, and the next task in
//! the queue uses it for one more request.
//!
//! ```text
//! cargo run -p fetch --example fetch_mistake_goes_on
//! ```
//!
//! `future_first` is wrong: once `run_until_cancelled` waits, it polls the future before it checks
//! the token. A task that has just got a permit connects, and only then learns that it should stop.
//! A `select!` without `biased` begins with a random branch, so about half of the tasks would
//! connect. `token_first` is right: a `biased` `select!` checks the token before it polls the
//! future.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time;
use tokio_util::sync::CancellationToken;

const PAGES: usize = 40;

/// Counts the requests.
struct Server {
    requests: AtomicUsize,
    permits: Semaphore,
    stop: CancellationToken,
}

impl Server {
    async fn download(&self) {
        let _permit = self.permits.acquire().await.expect("it is never closed");
        self.requests.fetch_add(1, Relaxed);
        time::sleep(Duration::from_millis(50)).await;
    }
}

/// The clock is paused: it jumps from one event to the next.
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> ExitCode {
    let future_first = report("the future first", future_first).await;
    report("the token first", token_first).await;
    if future_first == 0 {
        return ExitCode::SUCCESS;
    }
    eprintln!("a stopped task gives its permit to the next task, which connects before it stops");
    eprintln!("check the token first: write `biased` in `select!`, with the token's branch on top");
    ExitCode::FAILURE
}

async fn future_first(server: Arc<Server>) {
    server.stop.run_until_cancelled(server.download()).await; // Wrong: polls `download` first.
}

async fn token_first(server: Arc<Server>) {
    tokio::select! {
        biased;
        () = server.stop.cancelled() => {}
        () = server.download() => {}
    }
}

/// Stops all tasks during the first four downloads. Prints and returns how many requests follow.
async fn report<F>(how: &str, download: fn(Arc<Server>) -> F) -> usize
where
    F: Future<Output = ()> + Send + 'static,
{
    let server = Arc::new(Server {
        requests: AtomicUsize::new(0),
        permits: Semaphore::new(4),
        stop: CancellationToken::new(),
    });
    let mut tasks = JoinSet::new();
    for _page in 0..PAGES {
        tasks.spawn(download(Arc::clone(&server)));
    }
    time::sleep(Duration::from_millis(25)).await;
    let before = server.requests.load(Relaxed);
    server.stop.cancel();
    tasks.join_all().await;
    let after = server.requests.load(Relaxed) - before;
    println!("{how}: {before} requests before the stop, {after} after it");
    after
}

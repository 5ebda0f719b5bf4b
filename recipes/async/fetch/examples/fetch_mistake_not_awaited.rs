//! Calls of an `async` function whose futures are never awaited. No page is asked for.
//!
//! ```text
//! cargo run -p fetch --example fetch_mistake_not_awaited
//! ```
//!
//! `ignore` and `collect` are wrong: a call of an `async fn` runs none of its code. It only makes a
//! future, which runs while something polls it. The compiler warns of a future that is not used,
//! and Clippy of `let _ =`, but neither of futures in a `Vec`. `spawn` is right: the runtime polls
//! each task until it is done, and `join_all` waits for that.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time;

const PAGES: usize = 40;

/// Counts the requests.
#[derive(Default)]
struct Server {
    requests: AtomicUsize,
}

impl Server {
    async fn download(&self) {
        self.requests.fetch_add(1, Relaxed);
        time::sleep(Duration::from_millis(50)).await;
    }
}

/// The clock is paused: it jumps from one event to the next.
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> ExitCode {
    let ignored = report("futures ignored", ignore).await;
    let collected = report("futures collected", collect).await;
    report("tasks spawned and joined", spawn).await;
    if ignored > 0 || collected > 0 {
        return ExitCode::SUCCESS;
    }
    eprintln!("a future does nothing until it is awaited or spawned");
    eprintln!("await it, or spawn it in a `JoinSet` and await the set");
    ExitCode::FAILURE
}

#[expect(clippy::let_underscore_future, reason = "this is the mistake")]
async fn ignore(server: Arc<Server>) {
    for _page in 0..PAGES {
        let _ = server.download(); // Wrong: the future is dropped before it has run.
    }
    time::sleep(Duration::from_secs(1)).await; // Time alone starts nothing.
}

async fn collect(server: Arc<Server>) {
    let mut downloads = Vec::new();
    for _page in 0..PAGES {
        downloads.push(server.download());
    }
    time::sleep(Duration::from_secs(1)).await; // Wrong: this awaits something else.
}

async fn spawn(server: Arc<Server>) {
    let mut tasks = JoinSet::new();
    for _page in 0..PAGES {
        let server = Arc::clone(&server);
        tasks.spawn(async move { server.download().await });
    }
    tasks.join_all().await;
}

/// Prints and returns how many requests the server got.
async fn report(how: &str, download_all: impl AsyncFnOnce(Arc<Server>)) -> usize {
    let server = Arc::new(Server::default());
    download_all(Arc::clone(&server)).await;
    let requests = server.requests.load(Relaxed);
    println!("{how}: {requests} of {PAGES} pages were asked for");
    requests
}

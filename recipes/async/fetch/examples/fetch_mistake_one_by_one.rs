//! A loop that awaits each download before it starts the next. Only one page is downloaded at a
//! time.
//!
//! ```text
//! cargo run -p fetch --example fetch_mistake_one_by_one
//! ```
//!
//! `await_in_loop` is wrong: it does not start the next download before this one is done.
//! `make_first` is the same mistake in disguise, because a future runs only while it is awaited.
//! `spawn_in_loop` is too, because it awaits the handle of each task in the loop that starts it.
//! `join_set` is right: it starts a task for each page, and then awaits all of them.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{self, Instant};

const PAGES: usize = 40;

/// Counts the downloads that run at once.
#[derive(Default)]
struct Server {
    running: AtomicUsize,
    peak: AtomicUsize,
}

impl Server {
    async fn download(&self) {
        let running = self.running.fetch_add(1, Relaxed) + 1;
        self.peak.fetch_max(running, Relaxed);
        time::sleep(Duration::from_millis(50)).await;
        self.running.fetch_sub(1, Relaxed);
    }
}

/// The clock is paused: it jumps from one event to the next.
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> ExitCode {
    let in_loop = report("awaited in the loop", await_in_loop).await;
    let made_first = report("made first, then awaited", make_first).await;
    let spawned = report("spawned and awaited in the loop", spawn_in_loop).await;
    report("all tasks started, then awaited", join_set).await;
    if in_loop > 1 || made_first > 1 || spawned > 1 {
        return ExitCode::SUCCESS;
    }
    eprintln!("an `.await` in a loop waits for this page before the next one is asked for");
    eprintln!("start a task for each page in a `JoinSet`, and then await the set");
    ExitCode::FAILURE
}

async fn await_in_loop(server: Arc<Server>) {
    for _page in 0..PAGES {
        server.download().await; // Wrong: the next download has not been started.
    }
}

async fn make_first(server: Arc<Server>) {
    let mut downloads = Vec::new();
    for _page in 0..PAGES {
        downloads.push(server.download());
    }
    for download in downloads {
        download.await; // Wrong: the other futures do not run meanwhile.
    }
}

async fn spawn_in_loop(server: Arc<Server>) {
    for _page in 0..PAGES {
        let server = Arc::clone(&server);
        let task = tokio::spawn(async move { server.download().await });
        task.await.expect("a download does not panic"); // Wrong: no later task has been started.
    }
}

async fn join_set(server: Arc<Server>) {
    let mut tasks = JoinSet::new();
    for _page in 0..PAGES {
        let server = Arc::clone(&server);
        tasks.spawn(async move { server.download().await });
    }
    tasks.join_all().await;
}

/// Prints how long all downloads took, and returns how many ran at once.
async fn report(how: &str, download_all: impl AsyncFnOnce(Arc<Server>)) -> usize {
    let server = Arc::new(Server::default());
    let start = Instant::now();
    download_all(Arc::clone(&server)).await;
    let time = start.elapsed().as_millis();
    let peak = server.peak.load(Relaxed);
    println!("{how}: at most {peak} at once, {time} ms");
    peak
}

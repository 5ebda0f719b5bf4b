//! A task for each page and nothing that limits them. The server refuses most requests.
//!
//! ```text
//! cargo run -p fetch --example fetch_mistake_all_at_once
//! ```
//!
//! `without_permits` is wrong: forty tasks connect at the same time, and the server serves four.
//! `with_dropped_permit` is the same mistake in disguise, because `let _ =` drops the permit in the
//! line that takes it. `with_permit` is right: a variable keeps the permit until the page is there.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time;

const PAGES: usize = 40;
const MAX_CONNECTIONS: usize = 4;

/// Serves four connections at a time, and refuses more.
struct Server {
    open: AtomicUsize,
    refused: AtomicUsize,
    permits: Semaphore,
}

impl Server {
    async fn download(&self) {
        let open = self.open.fetch_add(1, Relaxed) + 1;
        if open > MAX_CONNECTIONS {
            self.refused.fetch_add(1, Relaxed);
        } else {
            time::sleep(Duration::from_millis(50)).await;
        }
        self.open.fetch_sub(1, Relaxed);
    }
}

/// The clock is paused: it jumps from one event to the next.
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> ExitCode {
    let without = report("no permits", without_permits).await;
    let dropped = report("permits dropped at once", with_dropped_permit).await;
    report("permits kept", with_permit).await;
    if without == 0 || dropped == 0 {
        return ExitCode::SUCCESS;
    }
    eprintln!("a `JoinSet` starts all of its tasks at once");
    eprintln!("let each task keep a permit of a `Semaphore` while it is connected");
    ExitCode::FAILURE
}

async fn without_permits(server: Arc<Server>) {
    server.download().await; // Wrong: nothing keeps forty tasks from coming here.
}

async fn with_dropped_permit(server: Arc<Server>) {
    let _ = server.permits.acquire().await; // Wrong: the permit is dropped in this line.
    server.download().await;
}

async fn with_permit(server: Arc<Server>) {
    let _permit = server.permits.acquire().await.expect("it is never closed");
    server.download().await;
}

/// Runs a task for each page. Prints and returns how many requests the server refused.
async fn report<F>(how: &str, download: fn(Arc<Server>) -> F) -> usize
where
    F: Future<Output = ()> + Send + 'static,
{
    let server = Arc::new(Server {
        open: AtomicUsize::new(0),
        refused: AtomicUsize::new(0),
        permits: Semaphore::new(MAX_CONNECTIONS),
    });
    let mut tasks = JoinSet::new();
    for _page in 0..PAGES {
        tasks.spawn(download(Arc::clone(&server)));
    }
    tasks.join_all().await;
    let refused = server.refused.load(Relaxed);
    println!("{how}: {refused} of {PAGES} requests were refused");
    refused
}

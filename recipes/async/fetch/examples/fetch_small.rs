//! Download 200 pages, at most 50 at a time. Ctrl-C stops, and the finished
//! pages are reported.
//!
//! ```text
//! cargo run -p fetch --example fetch_small
//! ```

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::{signal, time};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let permits = Arc::new(Semaphore::new(50));
    let mut tasks = JoinSet::new();
    for page in 0..200 {
        let permits = Arc::clone(&permits);
        tasks.spawn(async move {
            let _permit = permits.acquire().await.expect("it is never closed");
            download(page).await
        });
    }

    let mut finished = Vec::new();
    let collect = async {
        while let Some(result) = tasks.join_next().await {
            finished.push(result.expect("a download panicked"));
        }
    };
    // What the loop has collected is kept when `select!` drops its future.
    tokio::select! {
        () = collect => {}
        Ok(()) = signal::ctrl_c() => println!("stopped"),
    }
    println!("{} of 200 pages", finished.len());
} // `tasks` is dropped here, which cancels the tasks that still run.

/// Stands for a real download.
async fn download(page: u32) -> u32 {
    time::sleep(Duration::from_millis(10)).await;
    page
}

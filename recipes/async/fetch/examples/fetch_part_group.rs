//! A `Queue`, a `timeout` and a `TaskGroup` of asyncio, in tokio.
//!
//! Each line of Python stands in a comment above the Rust that replaces it. The clock is paused, so
//! the requests take no time.
//!
//! ```text
//! cargo run -p fetch --example fetch_part_group
//! ```

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    // queue = asyncio.Queue(10)
    let (queue, mut pages) = mpsc::channel(10);
    let printer = tokio::spawn(async move {
        while let Some(page) = pages.recv().await {
            println!("page {page}");
        }
    });

    // async with asyncio.timeout(5):
    let outcome = timeout(Duration::from_secs(5), async move {
        // async with asyncio.TaskGroup() as group:
        let mut group = JoinSet::new();
        for page in 1..=3 {
            group.spawn(download(page, queue.clone()));
        }
        // The end of the group's block. It waits for all tasks. After an error it cancels the
        // others, and waits until they have stopped.
        while let Some(result) = group.join_next().await {
            let result = result.expect("no download should panic");
            if result.is_err() {
                group.shutdown().await;
                return result; // Leaves only the `async` block.
            }
        }
        Ok(())
    });
    match outcome.await {
        Ok(Ok(())) => println!("all pages are here"),
        Ok(Err(error)) => println!("{error}"),
        Err(_elapsed) => println!("the time is up"),
    }
    // All senders are dropped, so the printer ends.
    printer.await.expect("printing does not panic");
}

/// The second page is missing.
async fn download(page: u64, queue: mpsc::Sender<u64>) -> Result<(), String> {
    sleep(Duration::from_secs(page)).await; // Make your request here.
    if page == 2 {
        return Err(format!("page {page} is missing"));
    }
    // await queue.put(page)
    queue.send(page).await.map_err(|error| error.to_string())
}

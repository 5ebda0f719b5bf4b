//! Download 200 pages, at most 50 at a time. On Ctrl-C, stop and report the
//! pages that are finished.
//!
//! ```text
//! cargo run -p fetch --example fetch_small
//! ```

use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::{signal, time};

static PERMITS: Semaphore = Semaphore::const_new(50);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut tasks = JoinSet::new();
    for page in 0..200 {
        tasks.spawn(download(page));
    }

    let mut finished = Vec::new();
    let collect = async {
        while let Some(result) = tasks.join_next().await {
            finished.push(result.expect("a download panicked"));
        }
    };
    tokio::select! {
        () = collect => {}
        Ok(()) = signal::ctrl_c() => println!("stopped"),
    }
    while let Some(result) = tasks.try_join_next() {
        finished.push(result.expect("a download panicked")); // Not collected yet.
    }
    println!("{} of 200 pages", finished.len());
} // `tasks` is dropped here, which cancels the tasks that still run.

async fn download(page: u32) -> u32 {
    let _permit = PERMITS.acquire().await.expect("it is never closed");
    time::sleep(Duration::from_millis(10)).await; // Make your request here.
    page
}

// error: E0382
//! Waits for a task in each round of a loop. Awaiting a `JoinHandle` consumes it, so the second
//! round has no handle. Wait for `&mut task`, which is cancel-safe.

use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let task = tokio::spawn(async { "the answer" });
    let mut progress = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            answer = task => return println!("{answer:?}"), // refused
            _ = progress.tick() => println!("waiting"),
        }
    }
}

// error: E0277
//! Waits for a `Sleep` by reference without pinning it. A future must not move once it has been
//! polled, and `pin!` keeps it in its place. Write `let mut limit = pin!(time::sleep(…));`. In a
//! `select!`, the error is the same.

use std::time::Duration;
use tokio::time;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut limit = time::sleep(Duration::from_secs(1));
    (&mut limit).await; // refused
    println!("the time is over");
}

//! Two connections wait at the same time in one thread. The clock is paused, so their minutes take
//! no time.

use std::time::Duration;
use tokio::time::{Instant, pause, sleep};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    pause();
    let a = follow("A", MINUTE);
    let b = follow("B", 2 * MINUTE);
    tokio::join!(a, b);
}

async fn follow(name: &str, open: Duration) {
    let start = Instant::now();
    println!("  0 s: {name} is ESTABLISHED");
    sleep(open).await;
    let seconds = start.elapsed().as_secs();
    println!("{seconds:3} s: {name} is in TIME_WAIT");
    sleep(4 * MINUTE).await;
    let seconds = start.elapsed().as_secs();
    println!("{seconds:3} s: {name} is CLOSED");
}

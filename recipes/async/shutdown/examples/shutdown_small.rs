//! Stops two tasks. One finishes its job, and the other takes longer than the limit.

use std::future;
use std::time::Duration;

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    tasks.spawn(finish("one more line", stop.clone()));
    tasks.spawn(future::pending::<()>()); // Does not look at the token.

    stop.cancel(); // In a server: after `tokio::signal::ctrl_c().await`.
    tasks.close(); // No more tasks will come, so `wait` can end.
    if timeout(Duration::from_millis(50), tasks.wait())
        .await
        .is_err()
    {
        println!("gave up, {} task left", tasks.len());
    }
}

async fn finish(job: &str, stop: CancellationToken) {
    stop.cancelled().await;
    println!("finished: {job}");
}

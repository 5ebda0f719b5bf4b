//! Stops two tasks. One finishes its job, and the other takes too long.

use std::{future, time::Duration};

use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

const LIMIT: Duration = Duration::from_millis(50);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    tasks.spawn(serve(stop.clone()));
    tasks.spawn(future::pending::<()>()); // Never looks at a token.

    stop.cancel(); // In a server: after a SIGTERM or Ctrl-C.
    tasks.close(); // No more tasks will come, so `wait` can end.
    if timeout(LIMIT, tasks.wait()).await.is_err() {
        println!("gave up, {} task left", tasks.len());
    }
}

async fn serve(stop: CancellationToken) {
    stop.cancelled().await;
    println!("finished what had begun");
}

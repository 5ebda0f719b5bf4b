// error: E0599
//! Holds a guard across an `.await` in a task that may continue on another thread. A guard must
//! stay in its thread, so a task that contains one is not `Send`. `Spawn` stands here for
//! `tokio::spawn`, which has the same bound. End the guard's scope before the `.await`.

use sync_primitives::Lock;

async fn add(sum: &Lock<u32>) {
    let mut sum = sum.lock();
    std::future::ready(()).await; // refused
    *sum += 1;
}

trait Spawn: Future + Send + Sized {
    fn spawn(self) {}
}

impl<F: Future + Send> Spawn for F {}

fn main() {
    let sum = Lock::new(1);
    add(&sum).spawn();
}

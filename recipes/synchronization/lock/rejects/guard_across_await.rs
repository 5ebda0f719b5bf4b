// error: E0599
//! Keeps a guard across an `.await` in a task that may go on in another thread, where the guard must not be: a task with a
//! guard in it is not `Send`. `Spawn` stands here for `tokio::spawn`, which asks for the same. Let the guard end before the
//! `.await`.

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

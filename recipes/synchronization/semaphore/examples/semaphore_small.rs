//! Five threads download a file each, but never more than two at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;
use sync_primitives::Semaphore;

fn main() {
    let permits = Semaphore::new(2);
    let running = AtomicUsize::new(0);

    thread::scope(|scope| {
        for _ in 0..5 {
            scope.spawn(|| {
                let _permit = permits.acquire(); // Waits while two other threads have a permit.
                let before = running.fetch_add(1, Ordering::Relaxed);
                assert!(before < 2, "a third download");
                // Takes as long as a download might, so that the downloads overlap.
                thread::sleep(Duration::from_millis(10));
                running.fetch_sub(1, Ordering::Relaxed);
            }); // Each thread gives its permit back here.
        }
    });
    println!("five downloads, never more than two at once");
}

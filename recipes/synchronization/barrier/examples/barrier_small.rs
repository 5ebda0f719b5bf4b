//! Three threads add 20 each, and none of them reads the sum before all have added.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;
use sync_primitives::Barrier;

fn main() {
    let sum = AtomicU32::new(0);
    let barrier = Barrier::new(3);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                sum.fetch_add(20, Relaxed);
                barrier.wait().expect("no thread breaks the barrier");
                println!("the sum is {}", sum.load(Relaxed));
            });
        }
    });
}

//! The smallest bridge: rayon computes, and the task waits without blocking its thread.
//!
//! ```text
//! cargo run -p bridge --example bridge_small
//! ```

use rayon::prelude::*;
use tokio::sync::oneshot;

#[tokio::main]
async fn main() {
    let (sender, receiver) = oneshot::channel();
    rayon::spawn(move || {
        let numbers = (1..=1_000_u64).into_par_iter();
        let sum: u64 = numbers.map(|n| n * n).sum();
        // Fails if the receiver has been dropped.
        let _ = sender.send(sum);
    });

    // While this task waits, its thread runs other tasks.
    let sum = receiver.await.expect("the job does not panic");
    println!("the sum of the squares is {sum}");
}

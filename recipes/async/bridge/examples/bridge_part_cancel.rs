//! Stops a job on a thread of rayon when nobody waits for its result anymore.
//!
//! ```text
//! cargo run -p bridge --example bridge_part_cancel
//! ```
//!
//! No thread can be stopped from outside. So before each chunk, the job checks whether the
//! receiver of its result still exists. `timeout` drops the receiver when the time is up. `select!`
//! drops it when another branch is done first, and a task drops it when it is aborted.

use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Hashing so many chunks takes days.
const CHUNKS: u64 = 1 << 40;

#[tokio::main]
async fn main() {
    let (sender, receiver) = oneshot::channel();
    let (end, ended) = oneshot::channel();
    rayon::spawn(move || {
        let hash = hash(&sender);
        // Only this example sends it, to show that the job has ended.
        let _ = end.send(hash.is_none());
        if let Some(hash) = hash {
            let _ = sender.send(hash);
        }
    });

    let result = timeout(Duration::from_millis(10), receiver).await;
    println!("the time is up: {}", result.is_err());
    let was_canceled = ended.await.expect("the job does not panic");
    println!("the job was canceled: {was_canceled}");
}

/// Returns `None` if the job was canceled.
fn hash(sender: &oneshot::Sender<Vec<u8>>) -> Option<Vec<u8>> {
    let mut hasher = Sha256::new();
    for _ in 0..CHUNKS {
        if sender.is_closed() {
            return None;
        }
        hasher.update([0; 1024]);
    }
    Some(hasher.finalize().to_vec())
}

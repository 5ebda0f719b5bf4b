//! Aborts a job of `spawn_blocking`, but the job runs to its end.
//!
//! ```text
//! cargo run -p bridge --example bridge_mistake_aborted
//! ```
//!
//! `abort` cancels a task at its next `.await`. A blocking job has none. It can be aborted only
//! before it starts. The right way gives the job a token, which the job checks between two chunks,
//! and cancels the token. Each job of this program waits after its first chunk until it has been
//! aborted or canceled.

use std::process::ExitCode;
use std::sync::mpsc;

use sha2::{Digest, Sha256};
use tokio::sync::oneshot;
use tokio::task;
use tokio_util::sync::CancellationToken;

const CHUNKS: u32 = 100;

/// Where a job waits after its first chunk.
struct Gate {
    reached: oneshot::Sender<()>,
    opened: mpsc::Receiver<()>,
}

/// The other side of a gate.
struct Gatekeeper {
    reached: oneshot::Receiver<()>,
    open: mpsc::Sender<()>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let aborted = abort().await;
    println!("aborted after 1 of {CHUNKS} chunks: hashed {aborted}");
    let canceled = cancel().await;
    println!("canceled after 1 of {CHUNKS} chunks: hashed {canceled}");
    if aborted < CHUNKS {
        return ExitCode::SUCCESS;
    }
    eprintln!("`abort` cannot stop a blocking job that has started");
    eprintln!("let the job check a token between two chunks, and cancel the token");
    ExitCode::FAILURE
}

/// Returns how many chunks an aborted job hashes.
async fn abort() -> u32 {
    let (gate, keeper) = gate();
    let nobody_cancels = CancellationToken::new();
    let job = task::spawn_blocking(move || hash(gate, &nobody_cancels));
    keeper.reached.await.expect("the job hashes a chunk");
    job.abort(); // Wrong: has no effect on a job that has started.
    keeper.open.send(()).expect("the job waits");
    job.await.expect("it was not aborted")
}

/// Returns how many chunks a canceled job hashes.
async fn cancel() -> u32 {
    let (gate, keeper) = gate();
    let token = CancellationToken::new();
    let for_job = token.clone();
    let job = task::spawn_blocking(move || hash(gate, &for_job));
    keeper.reached.await.expect("the job hashes a chunk");
    token.cancel();
    keeper.open.send(()).expect("the job waits");
    job.await.expect("the job does not panic")
}

/// Hashes a picture until it is done or canceled. Returns how many chunks were hashed.
fn hash(gate: Gate, token: &CancellationToken) -> u32 {
    let mut hasher = Sha256::new();
    hasher.update([0; 1024]);
    let mut hashed = 1;
    gate.reached.send(()).expect("the caller waits");
    gate.opened.recv().expect("the caller opens the gate");
    while hashed < CHUNKS && !token.is_cancelled() {
        hasher.update([0; 1024]);
        hashed += 1;
    }
    hashed
}

fn gate() -> (Gate, Gatekeeper) {
    let (sender, reached) = oneshot::channel();
    let (open, opened) = mpsc::channel();
    let gate = Gate {
        reached: sender,
        opened,
    };
    (gate, Gatekeeper { reached, open })
}

//! Aborts a job of `spawn_blocking`: it goes on to its end.
//!
//! ```text
//! cargo run -p bridge --example bridge_mistake_aborted
//! ```
//!
//! `abort` cancels a task at its next `.await`. A blocking job has none. It can be aborted only
//! before it starts. The right way gives the job a token and cancels the token. The job looks at
//! it between two chunks. Each job of this program waits after its first chunk until it has been
//! aborted or canceled.

use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver};

use sha2::{Digest, Sha256};
use tokio::sync::oneshot;
use tokio::task;
use tokio_util::sync::CancellationToken;

const CHUNKS: u32 = 100;

/// Where a job waits after its first chunk.
struct Gate {
    reached: oneshot::Sender<()>,
    go_on: Receiver<()>,
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
    eprintln!("let the job look at a token between two chunks, and cancel the token");
    ExitCode::FAILURE
}

/// Returns how many chunks are hashed.
async fn abort() -> u32 {
    let (gate, reached, go_on) = gate();
    let nobody_cancels = CancellationToken::new();
    let job = task::spawn_blocking(move || hash(gate, &nobody_cancels));
    reached.await.expect("the job hashes a chunk");
    job.abort(); // Wrong: has no effect on a job that has started.
    go_on.send(()).expect("the job waits");
    job.await.expect("it was not aborted")
}

async fn cancel() -> u32 {
    let (gate, reached, go_on) = gate();
    let token = CancellationToken::new();
    let for_job = token.clone();
    let job = task::spawn_blocking(move || hash(gate, &for_job));
    reached.await.expect("the job hashes a chunk");
    token.cancel();
    go_on.send(()).expect("the job waits");
    job.await.expect("the job does not panic")
}

/// Hashes a picture chunk by chunk.
fn hash(gate: Gate, token: &CancellationToken) -> u32 {
    let mut hasher = Sha256::new();
    hasher.update([0; 1024]);
    let mut hashed = 1;
    gate.reached.send(()).expect("the caller waits");
    gate.go_on.recv().expect("the caller goes on");
    while hashed < CHUNKS && !token.is_cancelled() {
        hasher.update([0; 1024]);
        hashed += 1;
    }
    hashed
}

fn gate() -> (Gate, oneshot::Receiver<()>, mpsc::Sender<()>) {
    let (reached, is_reached) = oneshot::channel();
    let (open, go_on) = mpsc::channel();
    (Gate { reached, go_on }, is_reached, open)
}

//! Calls rayon in a task: until rayon is done, the server answers no ping.
//!
//! ```text
//! cargo run -p bridge --example bridge_mistake_rayon_in_task
//! ```
//!
//! A parallel iterator blocks the thread that calls it until all pieces are done. This server has
//! one thread. A server with more threads stops answering when as many clients ask for hashes as it
//! has threads. The right way awaits the result through a oneshot channel. Its job does not end
//! before ten pings have been answered, which proves that the server answers while rayon works.

use std::process::ExitCode;
use std::sync::mpsc;

use rayon::prelude::*;
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;
use tokio::task;

const PICTURES: [&[u8]; 3] = [&[1; 10_000], &[2; 10_000], &[3; 10_000]];

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let (answered, pings) = mpsc::channel();
    let server = task::spawn(answer_pings(answered));
    // Lets the server answer the first ping.
    task::yield_now().await;

    let in_task = hash_in_task(&pings);
    println!("rayon called in a task: pings answered meanwhile: {in_task}");
    let on_rayon = hash_on_rayon(pings).await;
    println!("rayon behind a oneshot: pings answered meanwhile: {on_rayon} or more");
    server.abort();
    if in_task > 0 {
        return ExitCode::SUCCESS;
    }
    eprintln!("the parallel iterator blocked the only thread that runs tasks");
    eprintln!("start the job with `rayon::spawn`, and await its result through a oneshot channel");
    ExitCode::FAILURE
}

/// Answers a ping whenever the thread runs this task.
async fn answer_pings(answered: mpsc::Sender<()>) {
    while answered.send(()).is_ok() {
        task::yield_now().await;
    }
}

fn hash_in_task(pings: &mpsc::Receiver<()>) -> usize {
    let _earlier = pings.try_iter().count();
    hash_all(); // Wrong: blocks the thread until rayon is done.
    pings.try_iter().count()
}

async fn hash_on_rayon(pings: mpsc::Receiver<()>) -> usize {
    let (sender, receiver) = oneshot::channel();
    rayon::spawn(move || {
        let _earlier = pings.try_iter().count();
        hash_all();
        let meanwhile = pings.iter().take(10).count();
        let _ = sender.send(meanwhile);
    });
    receiver.await.expect("the job does not panic")
}

fn hash_all() {
    let hashes: Vec<_> = PICTURES.par_iter().map(Sha256::digest).collect();
    assert_eq!(hashes.len(), PICTURES.len());
}

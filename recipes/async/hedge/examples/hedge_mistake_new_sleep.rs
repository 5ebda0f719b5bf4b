//! Makes a new `sleep` in each round of a loop around `select!`. The time limit never passes,
//! because each round starts it again.
//!
//! ```text
//! cargo run -p hedge --example hedge_mistake_new_sleep
//! ```
//!
//! `new_sleep` is wrong: a part arrives every second, so no `sleep` of five seconds reaches its
//! end. `one_sleep` is right: it makes one `sleep` before the loop, and each round waits for this
//! one. The clock is paused, so the program does not take a hundred seconds.

use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use tokio::time::{self, Instant};

const LIMIT: Duration = Duration::from_secs(5);

/// Without this bound, the wrong loop would not end.
const MAX_PARTS: u32 = 100;

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> ExitCode {
    let start = Instant::now();
    let wrong = new_sleep().await;
    let seconds = start.elapsed().as_secs();
    println!("a new sleep in each round: {wrong} parts in {seconds} s");

    let start = Instant::now();
    let right = one_sleep().await;
    let seconds = start.elapsed().as_secs();
    println!("one sleep for all rounds: {right} parts in {seconds} s");

    if wrong < MAX_PARTS {
        return ExitCode::SUCCESS;
    }
    eprintln!("the limit of 5 s never passes: each round of the loop starts it again");
    eprintln!("make one `sleep` before the loop, pin it, and wait for `&mut` of it");
    ExitCode::FAILURE
}

/// Receives parts until the time limit has passed, and returns how many there were.
async fn new_sleep() -> u32 {
    let mut part = time::interval(Duration::from_secs(1)); // Stands for arriving parts.
    let mut parts = 0;
    while parts < MAX_PARTS {
        tokio::select! {
            _ = part.tick() => parts += 1,
            () = time::sleep(LIMIT) => break, // Wrong: starts again in each round.
        }
    }
    parts
}

async fn one_sleep() -> u32 {
    let mut part = time::interval(Duration::from_secs(1));
    let mut limit = pin!(time::sleep(LIMIT));
    let mut parts = 0;
    while parts < MAX_PARTS {
        tokio::select! {
            biased; // At 5 s, both branches are ready, and the limit wins.
            // Cancel-safe: the next round waits for the same `Sleep`.
            () = &mut limit => break,
            // Cancel-safe: the interval remembers when its next tick is due.
            _ = part.tick() => parts += 1,
        }
    }
    parts
}

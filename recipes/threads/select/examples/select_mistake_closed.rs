//! A closed channel in `select!` is always ready, so the loop spins instead of waiting.
//!
//! ```text
//! cargo run -p select --example select_mistake_closed
//! ```
//!
//! Newark has closed its channel, and Kennedy sends nothing, so the loop should sleep until the
//! time limit. `keep_closed` is wrong: it ignores the `Err` of the closed channel, so the next
//! round receives the `Err` again. `replace_closed` is right: it replaces the closed channel with
//! `never()`.

use std::process::ExitCode;
use std::time::Duration;

use crossbeam::channel::{after, never, select, unbounded};

const LIMIT: Duration = Duration::from_millis(50);

/// The wrong version gives up after this many rounds, long before its own time limit.
const ENOUGH: u32 = 1000;
const LONG: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let kept = keep_closed();
    println!("closed channel kept: {kept} rounds without a reading, then it gave up");
    let replaced = replace_closed();
    println!("replaced with `never()`: {replaced} rounds without a reading");
    if kept < ENOUGH {
        return ExitCode::SUCCESS;
    }
    eprintln!("a closed channel is always ready: each round receives the same error again");
    eprintln!("replace the channel with `never()` when it is closed, or leave the loop");
    ExitCode::FAILURE
}

fn keep_closed() -> u32 {
    let (newark, from_newark) = unbounded::<u32>();
    let (_kennedy, from_kennedy) = unbounded::<u32>();
    drop(newark);
    let limit = after(LONG);
    let mut rounds = 0;
    while rounds < ENOUGH {
        rounds += 1;
        select! {
            recv(from_newark) -> message => {
                if let Ok(pressure) = message { // Wrong: ignores that the channel is closed.
                    println!("Newark: {pressure}");
                }
            }
            recv(from_kennedy) -> message => {
                if let Ok(pressure) = message {
                    println!("Kennedy: {pressure}");
                }
            }
            recv(limit) -> _ => break,
        }
    }
    rounds
}

fn replace_closed() -> u32 {
    let (newark, mut from_newark) = unbounded::<u32>();
    let (_kennedy, mut from_kennedy) = unbounded::<u32>();
    drop(newark);
    let limit = after(LIMIT);
    let mut rounds = 0;
    loop {
        rounds += 1;
        select! {
            recv(from_newark) -> message => match message {
                Ok(pressure) => println!("Newark: {pressure}"),
                Err(_) => from_newark = never(),
            },
            recv(from_kennedy) -> message => match message {
                Ok(pressure) => println!("Kennedy: {pressure}"),
                Err(_) => from_kennedy = never(),
            },
            recv(limit) -> _ => return rounds,
        }
    }
}

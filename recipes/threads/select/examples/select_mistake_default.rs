//! In a loop, `select!` with a `default` branch asks again and again and never sleeps.
//!
//! ```text
//! cargo run -p select --example select_mistake_default
//! ```
//!
//! Two stations are connected, and neither sends anything until the time limit. `ask_again` is
//! wrong: its `default` branch makes every `select!` return at once, so the loop keeps a processor
//! busy. `wait` is right: without `default`, the thread sleeps until a channel is ready.

use std::process::ExitCode;
use std::time::Duration;

use crossbeam::channel::{after, select, unbounded};

const LIMIT: Duration = Duration::from_millis(50);

/// The wrong version gives up after this many rounds, long before its own time limit.
const ENOUGH: u32 = 1000;
const LONG: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let asked = ask_again();
    println!("with `default`: {asked} rounds without a reading, then it gave up");
    let waited = wait();
    println!("without `default`: {waited} round until the time limit");
    if asked < ENOUGH {
        return ExitCode::SUCCESS;
    }
    eprintln!("`default` runs whenever no channel is ready, so the loop never sleeps");
    eprintln!("leave `default` out; if you need to do something at intervals, use `tick`");
    ExitCode::FAILURE
}

fn ask_again() -> u32 {
    let (_newark, from_newark) = unbounded::<u32>();
    let (_kennedy, from_kennedy) = unbounded::<u32>();
    let limit = after(LONG);
    let mut rounds = 0;
    while rounds < ENOUGH {
        rounds += 1;
        select! {
            recv(from_newark) -> message => println!("Newark: {message:?}"),
            recv(from_kennedy) -> message => println!("Kennedy: {message:?}"),
            recv(limit) -> _ => break,
            default => {} // Wrong: runs whenever no channel is ready.
        }
    }
    rounds
}

fn wait() -> u32 {
    let (_newark, from_newark) = unbounded::<u32>();
    let (_kennedy, from_kennedy) = unbounded::<u32>();
    let limit = after(LIMIT);
    let mut rounds = 0;
    loop {
        rounds += 1;
        select! {
            recv(from_newark) -> message => println!("Newark: {message:?}"),
            recv(from_kennedy) -> message => println!("Kennedy: {message:?}"),
            recv(limit) -> _ => return rounds,
        }
    }
}

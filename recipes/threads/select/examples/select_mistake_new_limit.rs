//! A loop makes a new time limit in each round, so the limit never passes while messages come.
//!
//! ```text
//! cargo run -p select --example select_mistake_new_limit
//! ```
//!
//! So many readings are waiting that the loop needs twice the time limit to handle them all.
//! `limit_in_loop` is wrong: it calls `after` in each round, and each round has a reading long
//! before that limit. `limit_before_loop` is right: it calls `after` once.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use crossbeam::channel::{Receiver, after, select, unbounded};

const LIMIT: Duration = Duration::from_millis(200);

/// Handling a reading takes this long. Handling all of them takes twice the limit.
const WORK: Duration = Duration::from_millis(5);

const READINGS: u32 = 80;

fn main() -> ExitCode {
    let (station, readings) = unbounded();
    for pressure in 0..READINGS {
        station.send(pressure).expect("`readings` exists");
    }
    let in_loop = limit_in_loop(&readings);
    println!("limit made in each round: {}", outcome(in_loop));

    let (station, readings) = unbounded();
    for pressure in 0..READINGS {
        station.send(pressure).expect("`readings` exists");
    }
    let before_loop = limit_before_loop(&readings);
    println!("limit made before the loop: {}", outcome(before_loop));
    if in_loop {
        return ExitCode::SUCCESS;
    }
    eprintln!("handling the readings took twice the time limit, but the limit did not pass");
    eprintln!("call `after` once, before the loop, and use the same channel in each round");
    ExitCode::FAILURE
}

fn outcome(has_passed: bool) -> &'static str {
    if has_passed {
        "it passed"
    } else {
        "it did not pass"
    }
}

/// Returns whether the limit passed before all readings were handled.
fn limit_in_loop(readings: &Receiver<u32>) -> bool {
    for _ in 0..READINGS {
        select! {
            recv(readings) -> _ => handle_reading(),
            recv(after(LIMIT)) -> _ => return true, // Wrong: a new limit in each round.
        }
    }
    false
}

/// Returns whether the limit passed before all readings were handled.
fn limit_before_loop(readings: &Receiver<u32>) -> bool {
    let limit = after(LIMIT);
    for _ in 0..READINGS {
        select! {
            recv(readings) -> _ => handle_reading(),
            recv(limit) -> _ => return true,
        }
    }
    false
}

/// Takes time and does nothing else: the mistake needs work that takes longer than the limit.
fn handle_reading() {
    thread::sleep(WORK);
}

//! Drops the handles of its threads. One thread panics, and the program reports success.
//!
//! ```text
//! cargo run -p threads --example threads_mistake_dropped_handle
//! ```
//!
//! `all_passed` is wrong: it collects what the threads send, until all have ended. A thread that
//! panics sends nothing, so it looks as if there had been one file fewer. `all_joined` is right:
//! `join` returns the panic as an error. A thread that panics prints its message on standard error,
//! but your program does not see that, and with a log full of lines neither do you.

use std::process::ExitCode;
use std::sync::mpsc;
use std::{panic, thread};

const FILES: [&str; 3] = ["18,911,11", "15,14,11", "15,14,12"];

fn main() -> ExitCode {
    panic::set_hook(Box::new(|_panic| eprintln!("a thread panicked"))); // A shorter message.
    let passed = all_passed();
    println!("handles dropped: all passed: {passed}");
    let joined = all_joined();
    println!("handles joined: all passed: {joined}");
    if !passed {
        return ExitCode::SUCCESS;
    }
    eprintln!("one of the files has 911 knots of wind, and its thread panicked unseen");
    eprintln!("keep the handle that `spawn` returns, and look at what its `join` returns");
    ExitCode::FAILURE
}

fn all_passed() -> bool {
    let (sender, receiver) = mpsc::channel();
    for winds in FILES {
        let sender = sender.clone();
        thread::spawn(move || sender.send(strongest(winds))); // Wrong: drops the handle.
    }
    drop(sender); // Now only the threads have one, so the loop ends with the last of them.
    for wind in receiver {
        if wind > 220 {
            return false;
        }
    }
    true
}

fn all_joined() -> bool {
    let threads = FILES.map(|winds| thread::spawn(move || strongest(winds)));
    let mut all_passed = true;
    for thread in threads {
        match thread.join() {
            Ok(wind) => all_passed &= wind <= 220,
            Err(_panic) => all_passed = false,
        }
    }
    all_passed
}

/// Panics at a number that is too large for a `u8`.
fn strongest(winds: &str) -> u8 {
    let mut strongest = 0;
    for wind in winds.split(',') {
        strongest = strongest.max(wind.parse().expect("a wind of at most 255 knots"));
    }
    strongest
}

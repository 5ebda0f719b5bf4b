//! The counter has found what it looked for and leaves. The stage before it calls
//! `send().unwrap()`, and panics although nothing is wrong.
//!
//! ```text
//! cargo run -p pipeline --example pipeline_mistake_unwrap
//! ```
//!
//! A send fails when the last receiver is gone, and that is how a stage learns that nobody needs
//! its work anymore. `cut_or_panic` is wrong: it takes this for an error. `cut` is right: it
//! returns. If it had a receiver of its own, it would drop it then, so that the stage before it
//! would learn the same.

use std::panic;
use std::process::ExitCode;
use std::thread;

use crossbeam::channel::{self, Receiver, Sender};

fn main() -> ExitCode {
    panic::set_hook(Box::new(|_panic| eprintln!("the cutter panicked"))); // A shorter message.
    let with_unwrap = find_rabbit(cut_or_panic);
    println!("with unwrap: the cutter ended well: {with_unwrap}");
    let without = find_rabbit(cut);
    println!("without: the cutter ended well: {without}");
    if with_unwrap {
        return ExitCode::SUCCESS;
    }
    eprintln!("`send` returned an error, because the receiver had left with what it needed");
    eprintln!("when `send` fails, return: nobody needs the work anymore");
    ExitCode::FAILURE
}

/// Receives words until one is a rabbit, and leaves. Returns `true` if the cutter did not panic.
fn find_rabbit(cut: fn(Sender<&'static str>)) -> bool {
    let (sender, words) = channel::bounded(2);
    let cutter = thread::spawn(move || cut(sender));
    find(words);
    cutter.join().is_ok()
}

/// Drops the receiver when it returns.
fn find(words: Receiver<&str>) {
    for word in words {
        if word == "rabbit" {
            return;
        }
    }
}

fn cut_or_panic(words: Sender<&'static str>) {
    // More words follow the rabbit than the channel holds.
    for word in [
        "the", "rabbit", "went", "straight", "on", "like", "a", "tunnel",
    ] {
        words.send(word).unwrap(); // Wrong: panics when the receiver has left.
    }
}

fn cut(words: Sender<&'static str>) {
    for word in [
        "the", "rabbit", "went", "straight", "on", "like", "a", "tunnel",
    ] {
        if words.send(word).is_err() {
            return;
        }
    }
}

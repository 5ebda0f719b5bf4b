//! A thread asks for the write lock while it still holds the read lock: a deadlock with itself.
//!
//! ```text
//! cargo run -p cache --example cache_mistake_read_then_write
//! ```
//!
//! `write_in_match` is wrong: the guard that `read` returns lives until the end of the `match`, and
//! `write` waits until all readers are gone. `write_after_read` is right: its guard lives only
//! until the end of the first statement. Since the 2024 edition of Rust, an `if let` with an `else`
//! is right too, because it drops the guard before the `else`. In older editions it hangs.

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::mpsc;
use std::sync::{Arc, RwLock};
use std::thread;
use std::time::Duration;

const NO_PANIC: &str = "no thread should panic";

type Cache = RwLock<HashMap<&'static str, usize>>;

fn main() -> ExitCode {
    let in_match = ends(write_in_match, Duration::from_millis(300));
    println!("write in a match over read: the call ends: {in_match}");
    let after_read = ends(write_after_read, Duration::from_secs(10));
    println!("write after read: the call ends: {after_read}");
    if in_match {
        return ExitCode::SUCCESS;
    }
    eprintln!("deadlock: write waits for the readers, and this thread is one of them");
    eprintln!("copy the value out of the map in a statement of its own, before the match");
    ExitCode::FAILURE // The end of `main` also ends the thread that is stuck.
}

/// Tells whether a look-up of a new word ends before `patience` is over.
fn ends(look_up: fn(&Cache) -> usize, patience: Duration) -> bool {
    let cache = Arc::new(Cache::default());
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(look_up(&cache)));
    receiver.recv_timeout(patience).is_ok()
}

fn write_in_match(cache: &Cache) -> usize {
    match cache.read().expect(NO_PANIC).get("tea") {
        Some(letters) => *letters,
        None => insert(cache, "tea"), // Wrong: the guard of `read` still lives.
    }
}

fn write_after_read(cache: &Cache) -> usize {
    let known = cache.read().expect(NO_PANIC).get("tea").copied();
    match known {
        Some(letters) => letters,
        None => insert(cache, "tea"),
    }
}

fn insert(cache: &Cache, word: &'static str) -> usize {
    let mut entries = cache.write().expect(NO_PANIC);
    *entries.entry(word).or_insert(word.len())
}

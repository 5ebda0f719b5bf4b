//! A thread changes a `DashMap` while it holds a reference into it: a deadlock with itself.
//!
//! ```text
//! cargo run -p cache --example cache_mistake_dashmap_ref
//! ```
//!
//! `insert_beside_ref` is wrong: the `Ref` that `get` returns is a guard. It holds the read lock of
//! one shard, the part of the map in which this key is, and `insert` waits for the write lock of
//! the same shard. `change_in_entry` is right: `entry` takes the write lock once, for both steps.
//! If the program inserts a different key, that key may be in a different shard. Then the wrong
//! code works, so tests do not always find it.

use std::process::ExitCode;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use dashmap::DashMap;

type Counts = DashMap<&'static str, usize>;

fn main() -> ExitCode {
    let beside_ref = ends(insert_beside_ref, Duration::from_millis(300));
    println!("insert while a Ref lives: the call ends: {beside_ref}");
    let in_entry = ends(change_in_entry, Duration::from_secs(10));
    println!("change in the entry: the call ends: {in_entry}");
    if beside_ref {
        return ExitCode::SUCCESS;
    }
    eprintln!("deadlock: insert waits for a shard that this thread itself has locked for reading");
    eprintln!("use entry, get_mut or alter, or copy the value and drop the Ref first");
    ExitCode::FAILURE // The end of `main` also ends the thread that is stuck.
}

/// Tells whether counting one more *tea* ends before `patience` is over.
fn ends(count: fn(&Counts), patience: Duration) -> bool {
    let counts = Arc::new(Counts::from_iter([("tea", 1)]));
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        count(&counts);
        sender.send(())
    });
    receiver.recv_timeout(patience).is_ok()
}

fn insert_beside_ref(counts: &Counts) {
    if let Some(count) = counts.get("tea") {
        counts.insert("tea", *count + 1); // Wrong: `count` locks the same shard.
    }
}

fn change_in_entry(counts: &Counts) {
    *counts.entry("tea").or_default() += 1;
}

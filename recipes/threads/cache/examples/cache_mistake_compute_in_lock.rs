//! A thread computes a value while it holds the write lock, so the threads that only want to read
//! have to wait.
//!
//! ```text
//! cargo run -p cache --example cache_mistake_compute_in_lock
//! ```
//!
//! `compute_in_lock` is wrong: `or_insert_with` computes while the whole map is locked. The value
//! is computed once, so the exit status is 0. But every other thread has to wait, even for words
//! that have long been in the map. `compute_in_entry` is right: only threads that need the same
//! word wait. In this program, the computation lasts until another thread has tried to read the
//! map.

use std::collections::HashMap;
use std::sync::{Arc, Barrier, OnceLock, RwLock};
use std::thread;

const NO_PANIC: &str = "no thread should panic";

/// Makes the other thread try to read while the computation runs.
struct Meeting {
    has_begun: Barrier,
    has_tried: Barrier,
}

fn main() {
    let in_lock = compute_in_lock();
    println!("computed in the lock: others can read: {in_lock}");
    let in_entry = compute_in_entry();
    println!("computed in the entry: others can read: {in_entry}");
    if in_entry && !in_lock {
        eprintln!("contention: the map is locked for as long as one value takes to compute");
        eprintln!("insert an empty OnceLock, release the lock, and compute in get_or_init");
    }
}

fn compute_in_lock() -> bool {
    let cache: RwLock<HashMap<&str, usize>> = RwLock::default();
    let meeting = Meeting::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut entries = cache.write().expect(NO_PANIC);
            entries
                .entry("tea")
                .or_insert_with(|| meeting.compute("tea")); // Wrong: every reader waits.
        });
        meeting.can_read(&cache)
    })
}

fn compute_in_entry() -> bool {
    let cache: RwLock<HashMap<&str, Arc<OnceLock<usize>>>> = RwLock::default();
    let meeting = Meeting::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut entries = cache.write().expect(NO_PANIC);
            let entry = Arc::clone(entries.entry("tea").or_default());
            drop(entries);
            entry.get_or_init(|| meeting.compute("tea"));
        });
        meeting.can_read(&cache)
    })
}

impl Meeting {
    fn new() -> Self {
        Meeting {
            has_begun: Barrier::new(2),
            has_tried: Barrier::new(2),
        }
    }

    /// Ends only after the other thread has tried to read.
    fn compute(&self, word: &str) -> usize {
        self.has_begun.wait();
        self.has_tried.wait();
        word.len()
    }

    /// Tells whether the cache can be read while the other thread computes.
    fn can_read<T>(&self, cache: &RwLock<T>) -> bool {
        self.has_begun.wait();
        let can_read = cache.try_read().is_ok();
        self.has_tried.wait();
        can_read
    }
}

//! Two threads look for a word, do not find it, and both compute it.
//!
//! ```text
//! cargo run -p cache --example cache_mistake_check_then_act
//! ```
//!
//! `check_then_act` is wrong: each step is under a lock, but the answer of the first step may no
//! longer be true in the second. `entry_then_init` is right: the entry is found or inserted under
//! one lock, and `get_or_init` lets only one thread compute. A barrier makes both threads check
//! before either acts, so both compute on every run. Without it that happens now and then.

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, OnceLock, RwLock};
use std::thread;

const NO_PANIC: &str = "no thread should panic";

fn main() -> ExitCode {
    let by_check = check_then_act();
    println!("check, then act: computations: {by_check}");
    let by_entry = entry_then_init();
    println!("entry, then get_or_init: computations: {by_entry}");
    if by_check == 1 {
        return ExitCode::SUCCESS;
    }
    eprintln!("race condition: both threads saw that the word was missing, and both computed it");
    eprintln!("insert a OnceLock under one lock, and compute in its get_or_init");
    ExitCode::FAILURE
}

fn check_then_act() -> usize {
    let cache = RwLock::new(HashMap::new());
    let computed = AtomicUsize::new(0);
    let both_have_checked = Barrier::new(2);
    let look_up = || {
        let entries = cache.read().expect(NO_PANIC);
        let is_missing = !entries.contains_key("tea"); // Wrong: this is true for both threads.
        drop(entries);
        both_have_checked.wait();
        if is_missing {
            let letters = compute("tea", &computed);
            cache.write().expect(NO_PANIC).insert("tea", letters);
        }
    };
    thread::scope(|scope| {
        scope.spawn(look_up);
        scope.spawn(look_up);
    });
    computed.into_inner()
}

fn entry_then_init() -> usize {
    let cache: RwLock<HashMap<&str, Arc<OnceLock<usize>>>> = RwLock::default();
    let computed = AtomicUsize::new(0);
    let both_have_entries = Barrier::new(2);
    let look_up = || {
        let mut entries = cache.write().expect(NO_PANIC);
        let entry = Arc::clone(entries.entry("tea").or_default());
        drop(entries);
        both_have_entries.wait();
        entry.get_or_init(|| compute("tea", &computed));
    };
    thread::scope(|scope| {
        scope.spawn(look_up);
        scope.spawn(look_up);
    });
    computed.into_inner()
}

fn compute(word: &str, computed: &AtomicUsize) -> usize {
    computed.fetch_add(1, Ordering::Relaxed);
    word.len()
}

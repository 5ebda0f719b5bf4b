//! Four threads look up the same word. Its value is computed once.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, RwLock};
use std::thread;

type Cache = RwLock<HashMap<&'static str, Arc<OnceLock<usize>>>>;

fn main() {
    let cache = Cache::default();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| look_up(&cache, "tea"));
        }
    });
    println!("tea: {} letters", look_up(&cache, "tea"));
}

fn look_up(cache: &Cache, word: &'static str) -> usize {
    let known = cache.read().unwrap().get(word).cloned();
    let entry = known.unwrap_or_else(|| insert(cache, word));
    *entry.get_or_init(|| compute(word)) // No lock is held here.
}

fn insert(cache: &Cache, word: &'static str) -> Arc<OnceLock<usize>> {
    cache.write().unwrap().entry(word).or_default().clone()
}

fn compute(word: &str) -> usize {
    println!("computing {word}");
    word.len()
}

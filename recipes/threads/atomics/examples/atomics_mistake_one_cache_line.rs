//! Each thread has a counter of its own, but the counters are neighbors in memory. They are on one
//! cache line, and only one processor at a time can write to it. This is called *false sharing*.
//!
//! ```text
//! cargo run -p atomics --example atomics_mistake_one_cache_line
//! ```
//!
//! `Neighbors` is wrong: whenever a thread adds to its counter, the processors of the other threads
//! lose the cache line and have to fetch it again. `Apart` is right: `CachePadded` gives each
//! counter a cache line of its own. The counts are right in both cases, so the exit status is 0.
//! How much time the mistake costs depends on the machine, so this program counts cache lines.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crossbeam::utils::CachePadded;

const THREADS: usize = 4;
const REQUESTS_OF_EACH: u64 = 1000;

/// The size of a cache line in bytes on most processors. On 32-bit Arm, `CachePadded` assumes that
/// it is 32 bytes.
const CACHE_LINE: usize = if cfg!(target_arch = "arm") { 32 } else { 64 };

/// The counters begin at the start of a cache line, so that the program prints the same on every
/// run.
#[repr(align(64))]
struct Neighbors([AtomicU64; THREADS]); // Wrong: all counters are on one cache line.

struct Apart([CachePadded<AtomicU64>; THREADS]);

fn main() {
    let neighbors = Neighbors([const { AtomicU64::new(0) }; THREADS]);
    let lines = count(neighbors.0.each_ref());
    println!("neighbors: {THREADS} counters on {lines} cache line");

    let apart = Apart([const { CachePadded::new(AtomicU64::new(0)) }; THREADS]);
    let lines_apart = count(apart.0.each_ref().map(|counter| &**counter));
    println!("padded: {THREADS} counters on {lines_apart} cache lines");

    if lines < lines_apart {
        eprintln!("false sharing: each addition takes the cache line away from the other threads");
        eprintln!("give each counter a cache line of its own, for instance with CachePadded");
    }
}

/// Lets each thread count with its own counter. Returns how many cache lines hold the counters.
fn count(counters: [&AtomicU64; THREADS]) -> usize {
    thread::scope(|scope| {
        for counter in counters {
            scope.spawn(move || {
                for _ in 0..REQUESTS_OF_EACH {
                    counter.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let mut lines = BTreeSet::new();
    for counter in counters {
        assert_eq!(counter.load(Ordering::Relaxed), REQUESTS_OF_EACH);
        lines.insert(counter.as_ptr().addr() / CACHE_LINE);
    }
    lines.len()
}

//! It hangs: four jobs wait for each other in a pool of three threads. Three jobs wait and keep the
//! threads of the pool, so the fourth never gets a thread to run on.
//!
//! ```text
//! cargo run -p barrier --example barrier_mistake_pool
//! ```
//!
//! `in_a_pool` is wrong: a pool promises that jobs run, not that they run at the same time.
//! `in_threads` is right: each party has a thread of its own.

use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use rayon::ThreadPoolBuilder;
use sync_primitives::Barrier;

const PARTIES: usize = 4;

fn main() -> ExitCode {
    let pooled = in_a_pool(Duration::from_millis(300));
    println!("{PARTIES} jobs in a pool of 3 threads: {pooled} met");
    println!("{PARTIES} threads: {} met", in_threads());
    if pooled == PARTIES {
        return ExitCode::SUCCESS;
    }
    eprintln!("deadlock: three jobs keep all threads of the pool and wait for the fourth job");
    eprintln!("give each party its own thread; in a pool, let a scope or an iterator end a phase");
    ExitCode::FAILURE
}

fn in_a_pool(patience: Duration) -> usize {
    let pool = ThreadPoolBuilder::new().num_threads(3).build();
    let pool = pool.expect("three threads can be started");
    let barrier = Barrier::new(PARTIES); // Wrong: the pool has only three threads.
    let met = AtomicUsize::new(0);
    pool.in_place_scope(|scope| {
        for _ in 0..PARTIES {
            scope.spawn(|_| {
                // `wait` would wait forever.
                if barrier.wait_for(patience).is_ok() {
                    met.fetch_add(1, Relaxed);
                }
            });
        }
    });
    met.into_inner()
}

fn in_threads() -> usize {
    let barrier = Barrier::new(PARTIES);
    let met = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..PARTIES {
            scope.spawn(|| {
                if barrier.wait().is_ok() {
                    met.fetch_add(1, Relaxed);
                }
            });
        }
    });
    met.into_inner()
}

//! Lets four jobs meet in a pool of three threads. Three jobs wait, each on a thread of the pool, and the fourth waits
//! for one of these threads.
//!
//! ```text
//! cargo run -p barrier --example barrier_mistake_pool
//! ```
//!
//! `in_a_pool` is wrong: a pool promises that jobs run, not that they run at the same time. `in_threads` is right: each
//! party has a thread of its own.

use rayon::ThreadPoolBuilder;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::{process::ExitCode, thread, time::Duration};
use sync_primitives::Barrier;

const PARTIES: usize = 4;

fn main() -> ExitCode {
    let pooled = in_a_pool(Duration::from_millis(300));
    println!("{PARTIES} jobs in a pool of 3 threads: {pooled} met");
    println!("{PARTIES} threads: {} met", in_threads());
    if pooled == PARTIES {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "nobody goes on: three jobs keep all threads of the pool, and wait for one that has none"
    );
    eprintln!(
        "give each party a thread of its own; in a pool, end a phase with the end of a scope or of an iterator"
    );
    ExitCode::FAILURE
}

fn in_a_pool(patience: Duration) -> usize {
    let pool = ThreadPoolBuilder::new()
        .num_threads(3)
        .build()
        .expect("three threads can be started");
    let (meeting, met) = (Barrier::new(PARTIES), AtomicUsize::new(0));
    pool.in_place_scope(|scope| {
        for _ in 0..PARTIES {
            scope.spawn(|_| {
                let passed = meeting.wait_for(patience); // `wait` would wait for ever.
                met.fetch_add(usize::from(passed.is_ok()), Relaxed);
            });
        }
    });
    met.into_inner()
}

fn in_threads() -> usize {
    let meeting = Barrier::new(PARTIES);
    thread::scope(|scope| {
        let threads = [(); PARTIES].map(|()| scope.spawn(|| meeting.wait()));
        threads
            .map(|thread| thread.join().expect("a thread panicked"))
            .iter()
            .flatten()
            .count()
    })
}

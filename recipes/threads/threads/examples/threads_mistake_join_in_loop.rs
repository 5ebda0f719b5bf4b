//! A loop that starts a thread and joins it at once. The threads run one after another.
//!
//! ```text
//! cargo run -p threads --example threads_mistake_join_in_loop
//! ```
//!
//! `join_in_loop` is wrong: it waits for each thread before it starts the next one. `join_lazily`
//! is the same mistake in disguise, because an iterator is lazy: `map` starts a thread only when
//! the loop asks for it. `join_after` is right: it keeps the handles of all threads and joins them
//! when the last one has been started.

use std::process::ExitCode;
use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::Duration;

const STATIONS: [&str; 3] = ["EWR", "JFK", "LGA"];

/// How long a check waits for the other two to run beside it. In the wrong versions none ever does.
const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(4);

/// Counts the checks that run at once.
#[derive(Default)]
struct Counter {
    counts: Mutex<Counts>,
    started: Condvar,
}

#[derive(Default)]
struct Counts {
    running: usize,
    peak: usize,
}

fn main() -> ExitCode {
    let in_loop = join_in_loop();
    println!("joined in the loop: at most {in_loop} at once");
    let lazily = join_lazily();
    println!("joined by a lazy iterator: at most {lazily} at once");
    let after = join_after();
    println!("joined after the loop: at most {after} at once");
    if in_loop > 1 || lazily > 1 {
        return ExitCode::SUCCESS;
    }
    eprintln!("`join` in the loop waits for each thread before the next one is started");
    eprintln!("start all threads and keep their handles in a `Vec`, and then join them");
    ExitCode::FAILURE
}

fn join_in_loop() -> usize {
    let counter = Counter::default();
    thread::scope(|scope| {
        for _station in STATIONS {
            let thread = scope.spawn(|| counter.check(SHORT));
            thread.join().expect("a check does not panic"); // Wrong: no later check has started.
        }
    });
    counter.peak()
}

fn join_lazily() -> usize {
    let counter = Counter::default();
    thread::scope(|scope| {
        let stations = STATIONS.iter();
        let threads = stations.map(|_station| scope.spawn(|| counter.check(SHORT)));
        for thread in threads {
            thread.join().expect("a check does not panic"); // Wrong: no later check has started.
        }
    });
    counter.peak()
}

fn join_after() -> usize {
    let counter = Counter::default();
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for _station in STATIONS {
            threads.push(scope.spawn(|| counter.check(LONG)));
        }
        for thread in threads {
            thread.join().expect("a check does not panic");
        }
    });
    counter.peak()
}

impl Counter {
    /// Ends when all three checks run at once, or else at the time limit.
    fn check(&self, limit: Duration) {
        let mut counts = self.counts.lock().unwrap();
        counts.running += 1;
        counts.peak = counts.peak.max(counts.running);
        self.started.notify_all();
        let wait = self
            .started
            .wait_timeout_while(counts, limit, |counts| counts.peak < STATIONS.len());
        wait.unwrap().0.running -= 1;
    }

    fn peak(self) -> usize {
        self.counts.into_inner().unwrap().peak
    }
}

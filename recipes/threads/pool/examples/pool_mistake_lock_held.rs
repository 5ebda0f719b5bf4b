//! Calls rayon while it holds a `Mutex`. The same thread then takes another job, which locks the
//! same `Mutex`, so the thread waits for itself.
//!
//! ```text
//! cargo run -p pool --example pool_mistake_lock_held
//! ```
//!
//! `locked` is wrong: it holds the lock of the report while `rayon::join` works on both halves of a
//! picture. The thread that has done the first half waits for the thread that does the second.
//! While it waits, it takes another job, and that job locks the report too. `unlocked` is right: it
//! takes the lock when both halves are done.
//!
//! In your program this may go well for months. Here the second half does not end before the other
//! job has begun, so `locked` hangs on every run, and `main` gives up after half a second.

use std::process::ExitCode;
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::time::Duration;

use rayon::ThreadPoolBuilder;

/// How long `main` waits for the wrong job, which never ends, and for the right one.
const SHORT: Duration = Duration::from_millis(500);
const LONG: Duration = Duration::from_secs(4);

struct Shared {
    report: Mutex<Vec<&'static str>>,
    /// Both halves and `run` meet here, so each half has one of the two threads.
    halves_begin: Barrier,
    /// The second half and the other job meet here, so the thread of the first half has that job.
    other_begins: Barrier,
}

fn main() -> ExitCode {
    let after = run(unlocked, LONG);
    println!("lock taken after the parallel work: {}", ending(after));
    let around = run(locked, SHORT);
    println!("lock held during the parallel work: {}", ending(around));
    if around.is_some() {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "a thread that waits in rayon does other jobs, and one of them locks the same `Mutex`"
    );
    eprintln!("take the lock after the parallel work, and hold it only for a moment");
    ExitCode::FAILURE
}

fn ending(lines: Option<usize>) -> String {
    match lines {
        Some(lines) => format!("the report has {lines} lines"),
        None => "it hangs".to_string(),
    }
}

fn locked(shared: &Shared) {
    let mut report = shared.report.lock().unwrap();
    rayon::join(|| first_half(shared), || second_half(shared)); // Wrong: holds the lock.
    report.push("cat.png");
}

fn unlocked(shared: &Shared) {
    rayon::join(|| first_half(shared), || second_half(shared));
    let mut report = shared.report.lock().unwrap();
    report.push("cat.png");
}

fn first_half(shared: &Shared) {
    shared.halves_begin.wait();
}

fn second_half(shared: &Shared) {
    shared.halves_begin.wait();
    shared.other_begins.wait();
}

fn other_job(shared: &Shared) {
    shared.other_begins.wait();
    shared.report.lock().unwrap().push("rocket.png");
}

/// Runs two jobs on two threads of rayon, and returns how many lines the report then has. Returns
/// `None` if the jobs do not end in time.
fn run(job: fn(&Shared), limit: Duration) -> Option<usize> {
    let pool = ThreadPoolBuilder::new().num_threads(2).build();
    let pool = pool.expect("threads can be started");
    let shared = Arc::new(Shared {
        report: Mutex::default(),
        halves_begin: Barrier::new(3),
        other_begins: Barrier::new(2),
    });
    let (sender, has_ended) = mpsc::channel();
    let submit = |job: fn(&Shared)| {
        let (shared, sender) = (Arc::clone(&shared), sender.clone());
        pool.spawn(move || {
            job(&shared);
            // `main` may have given up.
            let _ = sender.send(());
        });
    };
    submit(job);
    shared.halves_begin.wait();
    submit(other_job);
    for _ in 0..2 {
        has_ended.recv_timeout(limit).ok()?;
    }
    Some(shared.report.lock().unwrap().len())
}

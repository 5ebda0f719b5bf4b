//! Starts work on rayon while it holds a `Mutex`. The same thread then takes up another job, which
//! wants the same `Mutex`, so it waits for itself.
//!
//! ```text
//! cargo run -p pool --example pool_mistake_lock_held
//! ```
//!
//! `locked` is wrong: it holds the lock of the report while `rayon::join` works on the halves of a
//! picture. The thread that has done the first half waits for the thread that has the second. While
//! it waits, rayon gives it another job, and that job locks the report too. `unlocked` is right: it
//! takes the lock when both halves are done.
//!
//! In your program this may go well for months. Here the second half waits until the other job has
//! begun, so `locked` hangs on every run, and `main` gives up after half a second.

use std::process::ExitCode;
use std::sync::{Barrier, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use rayon::{Scope, ThreadPoolBuilder};

/// How long `main` waits for the wrong job, which never ends, and for the right one.
const SHORT: Duration = Duration::from_millis(500);
const LONG: Duration = Duration::from_secs(4);

struct Shared {
    report: Mutex<Vec<&'static str>>,
    /// The halves meet here, so each has one of the two threads.
    both_halves: Barrier,
}

type Job = for<'scope> fn(&'scope Shared, &Scope<'scope>);

fn main() -> ExitCode {
    let after = run(unlocked, LONG);
    println!("lock taken after the parallel work: {}", ending(after));
    let around = run(locked, SHORT);
    println!("lock held during the parallel work: {}", ending(around));
    if around.is_some() {
        return ExitCode::SUCCESS;
    }
    eprintln!("a thread that waits in rayon does other jobs, and one of them wants its lock");
    eprintln!("take the lock after the parallel work, and hold it only for a moment");
    ExitCode::FAILURE
}

fn ending(lines: Option<usize>) -> String {
    match lines {
        Some(lines) => format!("the report has {lines} lines"),
        None => "it hangs".to_string(),
    }
}

fn locked<'scope>(shared: &'scope Shared, scope: &Scope<'scope>) {
    let mut report = shared.report.lock().unwrap();
    rayon::join(|| first_half(shared), || second_half(shared, scope)); // Wrong: holds the lock.
    report.push("cat.png");
}

fn unlocked<'scope>(shared: &'scope Shared, scope: &Scope<'scope>) {
    rayon::join(|| first_half(shared), || second_half(shared, scope));
    let mut report = shared.report.lock().unwrap();
    report.push("cat.png");
}

fn first_half(shared: &Shared) {
    shared.both_halves.wait();
}

/// Starts another job and does not end before that job has begun. Its own thread is busy, so it is
/// the thread of the first half that takes the job.
fn second_half<'scope>(shared: &'scope Shared, scope: &Scope<'scope>) {
    shared.both_halves.wait();
    let (sender, has_begun) = mpsc::channel();
    scope.spawn(move |_scope| {
        sender.send(()).expect("the second half waits");
        shared.report.lock().unwrap().push("rocket.png");
    });
    has_begun.recv().expect("the other job begins");
}

/// Runs a job on two threads of rayon, and returns how many lines the report then has. Returns
/// `None` if the job does not end in time.
fn run(job: Job, limit: Duration) -> Option<usize> {
    let (sender, lines) = mpsc::channel();
    // Nobody joins this thread, because it may never end.
    thread::spawn(move || {
        let pool = ThreadPoolBuilder::new().num_threads(2).build();
        let shared = Shared {
            report: Mutex::default(),
            both_halves: Barrier::new(2),
        };
        pool.expect("threads can be started")
            .scope(|scope| scope.spawn(|scope| job(&shared, scope)));
        // `main` may have given up.
        let _ = sender.send(shared.report.into_inner().unwrap().len());
    });
    lines.recv_timeout(limit).ok()
}

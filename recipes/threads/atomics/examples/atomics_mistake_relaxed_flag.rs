//! A thread stores a total, and then sets a flag with `Relaxed`. Another thread sees that the flag
//! is set and loads the total, but may get the number that was there before.
//!
//! ```text
//! cargo run -p atomics --example atomics_mistake_relaxed_flag
//! ```
//!
//! `Relaxed` is wrong for the flag: it makes the flag itself atomic, and promises nothing about
//! other memory. `Release` and `Acquire` are right: a thread that sees the flag also sees all that
//! was written before the flag was set. On most runs, the wrong flag works. An x86 processor keeps
//! the stores in order, so there only the compiler may reorder them. Therefore this program does
//! not wait until it happens. The model checker loom runs `publish_and_read` again and again, each
//! time with a different order of the threads or a different value that a load may return. The
//! program collects the totals that the reader gets.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use loom::thread;

const TOTAL: u64 = 2500;

/// The total that one thread publishes for the other.
struct Report {
    total: AtomicU64,
    is_ready: AtomicBool,
}

fn main() -> ExitCode {
    let relaxed = totals_read(Ordering::Relaxed, Ordering::Relaxed); // Wrong: orders nothing.
    println!("flag with Relaxed: the reader may get {relaxed:?}");

    let paired = totals_read(Ordering::Release, Ordering::Acquire);
    println!("flag with Release and Acquire: the reader may get {paired:?}");

    if relaxed == paired {
        return ExitCode::SUCCESS;
    }
    eprintln!("reordering: the reader may see the flag before it sees the total");
    eprintln!("store the flag with Release, and load it with Acquire");
    ExitCode::FAILURE
}

/// Every total that the reader may get after it has seen the flag, in any run of the model.
fn totals_read(store_order: Ordering, load_order: Ordering) -> BTreeSet<u64> {
    let totals = Arc::new(Mutex::new(BTreeSet::new()));
    let totals_of_all_runs = Arc::clone(&totals);
    loom::model(move || {
        if let Some(total) = publish_and_read(store_order, load_order) {
            let mut totals = totals_of_all_runs.lock().expect("no thread should panic");
            totals.insert(total);
        }
    });
    let totals = totals.lock().expect("no thread should panic");
    totals.clone()
}

fn publish_and_read(store_order: Ordering, load_order: Ordering) -> Option<u64> {
    let report = Arc::new(Report {
        total: AtomicU64::new(0),
        is_ready: AtomicBool::new(false),
    });
    let published = Arc::clone(&report);
    let writer = thread::spawn(move || {
        published.total.store(TOTAL, Ordering::Relaxed);
        published.is_ready.store(true, store_order);
    });
    let mut total = None;
    if report.is_ready.load(load_order) {
        total = Some(report.total.load(Ordering::Relaxed));
    }
    writer.join().expect("no thread should panic");
    total
}

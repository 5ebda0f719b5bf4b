//! It hangs: a thread fails and returns without telling the others. They wait for it in the next
//! round, and `main` waits for them, so nobody sees the error.
//!
//! ```text
//! cargo run -p barrier --example barrier_mistake_left_early
//! ```
//!
//! `add_up` alone is wrong: its `?` skips the rounds that are still to come. `add_up_or_abort` is
//! right: it breaks the barrier when a thread leaves, even if it panics.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use sync_primitives::{Barrier, Queue};

/// The numbers that each of three threads adds up. A thread waits for the others after each number.
const COLUMNS: [[&str; 3]; 3] = [["1", "2", "3"], ["4", "five", "6"], ["7", "8", "9"]];

type Outcome = Result<u32, String>;

fn main() -> ExitCode {
    let without_abort = ended(add_up, Duration::from_millis(300)); // Wrong: never calls `abort`.
    println!("left without abort: {without_abort} of 3 threads ended");
    let with_abort = ended(add_up_or_abort, Duration::from_secs(10));
    println!("left with abort: {with_abort} of 3 threads ended");
    if without_abort == 3 {
        return ExitCode::SUCCESS;
    }
    eprintln!("deadlock: one thread has failed and left, and two wait for it at the barrier");
    eprintln!("abort the barrier in the Drop of a value that each thread holds");
    ExitCode::FAILURE
}

/// How many threads end before `main` loses patience.
fn ended(work: fn(&[&str], &Barrier) -> Outcome, patience: Duration) -> usize {
    let barrier = Barrier::new(COLUMNS.len());
    let ends = Queue::unbounded();
    thread::scope(|scope| {
        for column in &COLUMNS {
            scope.spawn(|| ends.push(work(column, &barrier)));
        }
        let mut ended = 0;
        if ends.pop().is_ok() {
            ended += 1; // The thread that fails waits for nobody.
        }
        // The end of the scope would wait for the others forever.
        while ended < COLUMNS.len() && ends.try_pop_for(patience).is_ok() {
            ended += 1;
        }
        barrier.abort(); // Lets the threads go that still wait.
        ended
    })
}

fn add_up(column: &[&str], barrier: &Barrier) -> Outcome {
    let mut sum = 0;
    for text in column {
        let number: u32 = text.parse().map_err(|error| format!("{text:?}: {error}"))?;
        sum += number;
        barrier.wait().map_err(|error| error.to_string())?;
    }
    Ok(sum)
}

fn add_up_or_abort(column: &[&str], barrier: &Barrier) -> Outcome {
    let _abort_on_drop = AbortOnDrop { barrier };
    add_up(column, barrier)
}

struct AbortOnDrop<'a> {
    barrier: &'a Barrier,
}

impl Drop for AbortOnDrop<'_> {
    fn drop(&mut self) {
        self.barrier.abort();
    }
}

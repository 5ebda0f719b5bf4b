//! The workers take numbers until the queue is closed, but nobody closes it. They wait for one more
//! number forever, and `main` waits for them.
//!
//! ```text
//! cargo run -p queue --example queue_mistake_never_closed
//! ```
//!
//! An empty queue does not end a loop over it, because another thread could still push. Only
//! `close` says that nobody will. `main` is wrong up to the call of `close`, and right after it.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;
use sync_primitives::{Queue, TryPopError};

fn main() -> ExitCode {
    let numbers = Queue::unbounded();
    let sums = Queue::unbounded();
    for number in 1..=100 {
        numbers.push(number).expect("the queue is open");
    }
    let has_ended = thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let sum: u32 = numbers.iter().sum();
                sums.push(sum).expect("the queue is open");
            });
        }
        // Without the `close` below, the end of the scope would wait forever.
        let first_sum = sums.try_pop_for(Duration::from_millis(300)); // Wrong: not closed yet.
        numbers.close();
        first_sum != Err(TryPopError::Empty)
    });
    println!("not closed: a worker has ended: {has_ended}");
    sums.close();
    let total: u32 = sums.iter().sum();
    println!("closed: all workers have ended, the sum is {total}");
    if has_ended {
        return ExitCode::SUCCESS;
    }
    eprintln!("deadlock: the queue is empty but open, so the workers wait for another number");
    eprintln!("close the queue after the last push; with channels, drop the last sender");
    ExitCode::FAILURE
}

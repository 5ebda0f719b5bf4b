//! The recipe with a limit on each wait: a consumer waits for a millisecond, counts the timeout,
//! and waits again.
//!
//! ```text
//! cargo run -p condition --example condition_solution
//! ```
//!
//! The difference from the recipe: `take` waits by `wait_while_for`. Its result, `timed_out`, says
//! that the predicate still holds. A reading that arrives just as the time ends is therefore taken,
//! not counted as a timeout, and the table stays the same.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::VecDeque;
use std::thread;
use std::time::Duration;

use cli::{Reading, Statistics};
use sync_primitives::{Condition, Lock, LockGuard, WaitTimeoutResult};

const CAPACITY: usize = 10;
const PATIENCE: Duration = Duration::from_millis(1);

#[derive(Default)]
struct Buffer {
    slots: Lock<Slots>,
    not_empty: Condition,
    not_full: Condition,
}

#[derive(Default)]
struct Slots {
    readings: VecDeque<Reading>,
    closed: bool,
    timeouts: u64,
}

impl Buffer {
    fn put(&self, reading: Reading) {
        let mut slots = self.slots.lock();
        self.not_full.wait_while(&mut slots, |slots| {
            slots.readings.len() == CAPACITY && !slots.closed
        });
        assert!(!slots.closed, "a consumer panicked");
        slots.readings.push_back(reading);
        self.not_empty.notify_one();
    }

    fn take(&self) -> Option<Reading> {
        let mut slots = self.slots.lock();
        while self.wait_for_reading(&mut slots).timed_out() {
            slots.timeouts += 1;
        }
        let reading = slots.readings.pop_front();
        self.not_full.notify_one();
        reading
    }

    fn wait_for_reading(&self, slots: &mut LockGuard<Slots>) -> WaitTimeoutResult {
        self.not_empty.wait_while_for(slots, PATIENCE, |slots| {
            slots.readings.is_empty() && !slots.closed
        })
    }

    fn close(&self) {
        self.slots.lock().closed = true;
        self.not_empty.notify_all();
        self.not_full.notify_all();
    }
}

struct CloseOnDrop<'a>(&'a Buffer);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

fn main() {
    let buffer = Buffer::default();

    let outcome = thread::scope(|scope| {
        let first = scope.spawn(|| consume(&buffer));
        let second = scope.spawn(|| consume(&buffer));

        let count = produce(&buffer)?;

        let mut statistics = first.join().expect("a consumer panicked");
        statistics.merge(second.join().expect("a consumer panicked"));
        assert_eq!(
            statistics.count(),
            count,
            "the buffer lost or duplicated a reading"
        );
        Ok(statistics)
    });

    cli::print_or_exit(outcome);
    eprintln!("waits that timed out: {}", buffer.slots.lock().timeouts);
}

fn produce(buffer: &Buffer) -> Result<u64, String> {
    let _close = CloseOnDrop(buffer);
    let mut count = 0;
    for reading in cli::readings() {
        buffer.put(reading?);
        count += 1;
    }
    Ok(count)
}

fn consume(buffer: &Buffer) -> Statistics {
    let _close = CloseOnDrop(buffer);
    let mut statistics = Statistics::default();
    while let Some(reading) = buffer.take() {
        statistics.add(reading);
    }
    statistics
}

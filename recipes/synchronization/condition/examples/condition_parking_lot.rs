//! The same job with parking_lot.
//!
//! ```text
//! cargo run -p condition --example condition_parking_lot
//! ```
//!
//! The difference from the recipe: only the types. A `Condvar` works with one mutex at a time, and
//! panics if threads wait on it with two. It has no spurious wakeups, but the waits need their
//! predicates all the same, because another consumer may take the reading before a notified one has
//! the lock. Choose it when your locks are parking_lot's already.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::VecDeque;
use std::thread;

use cli::{Reading, Statistics};
use parking_lot::{Condvar, Mutex};

const CAPACITY: usize = 10;

#[derive(Default)]
struct Buffer {
    slots: Mutex<Slots>,
    not_empty: Condvar,
    not_full: Condvar,
}

#[derive(Default)]
struct Slots {
    readings: VecDeque<Reading>,
    closed: bool,
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
        self.not_empty.wait_while(&mut slots, |slots| {
            slots.readings.is_empty() && !slots.closed
        });
        let reading = slots.readings.pop_front();
        self.not_full.notify_one();
        reading
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

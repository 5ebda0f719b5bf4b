//! Pass temperature readings from one thread to two others, through a buffer of ten slots.
//!
//! The main thread reads the file and puts each reading into the buffer. Two consumer threads take
//! the readings out and compute the minimum, mean and maximum of every station. The main thread has
//! to wait while the buffer is full, and the consumers while it is empty. The buffer has a
//! [`Condition`] for each of these two waits. A thread sleeps on it until another thread changes
//! the buffer.
//!
//! ```text
//! cargo run -p condition             # the readings in input/readings.csv
//! cargo run -p condition -- my.csv   # your own readings; src/cli.rs describes the format
//! ```
//!
//! Prints a row for every station. The rows are the same on every run, although the consumers
//! split the readings differently each time.

mod cli;

use std::collections::VecDeque;
use std::thread;

use cli::{Reading, Statistics};
use sync_primitives::{Condition, Lock};

const CAPACITY: usize = 10;

// ANCHOR: buffer
/// The readings on their way from the main thread to the consumers.
#[derive(Default)]
struct Buffer {
    slots: Lock<Slots>,
    not_empty: Condition,
    not_full: Condition,
}

/// The data behind the lock.
#[derive(Default)]
struct Slots {
    readings: VecDeque<Reading>,
    closed: bool,
}

impl Buffer {
    /// Waits until a slot is free, and puts the reading into it.
    fn put(&self, reading: Reading) {
        let mut slots = self.slots.lock();
        // While the closure returns `true`, `wait_while` releases the lock and sleeps.
        self.not_full.wait_while(&mut slots, |slots| {
            slots.readings.len() == CAPACITY && !slots.closed
        });
        // The producer closes the buffer only after its last reading, so a consumer has closed it.
        // Before that, a consumer closes it only when it panics.
        assert!(!slots.closed, "a consumer panicked");
        slots.readings.push_back(reading);
        // One consumer is enough for one reading. A second one would wake to an empty buffer.
        self.not_empty.notify_one();
    }

    /// Waits for a reading and takes it. Returns `None` if the buffer is closed and empty.
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
        // Every waiting thread must learn about this, so `notify_one` is not enough.
        self.not_empty.notify_all();
        self.not_full.notify_all();
    }
}
// ANCHOR_END: buffer

// ANCHOR: close
/// Closes the buffer when a thread finishes, fails or panics. Otherwise the other threads would
/// wait forever.
struct CloseOnDrop<'a>(&'a Buffer);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}
// ANCHOR_END: close

// ANCHOR: main
fn main() {
    let buffer = Buffer::default();

    let outcome: Result<Statistics, String> = thread::scope(|scope| {
        let _close = CloseOnDrop(&buffer); // Ends the consumers if a `spawn` panics.
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
// ANCHOR_END: main

// ANCHOR: threads
/// Puts all readings into the buffer, and returns how many there were.
fn produce(buffer: &Buffer) -> Result<u64, String> {
    let _close = CloseOnDrop(buffer);
    let mut count = 0;
    for reading in cli::readings() {
        buffer.put(reading?);
        count += 1;
    }
    Ok(count)
}

/// Takes readings out of the buffer until it is closed and empty.
fn consume(buffer: &Buffer) -> Statistics {
    let _close = CloseOnDrop(buffer);
    let mut statistics = Statistics::default();
    while let Some(reading) = buffer.take() {
        statistics.add(reading);
    }
    statistics
}
// ANCHOR_END: threads

//! The same job with the standard library.
//!
//! ```text
//! cargo run -p condition --example condition_std
//! ```
//!
//! The difference from the recipe: `wait_while` takes the guard and returns it, in a `Result`,
//! because a mutex is poisoned if a thread panics while it holds it. All waits on a `Condvar` must
//! use the same mutex, or they may panic. Choose it when you want no dependency.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use cli::{Reading, Statistics};

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
        let slots = self.slots.lock().unwrap();
        let mut slots = self
            .not_full
            .wait_while(slots, |slots| {
                slots.readings.len() == CAPACITY && !slots.closed
            })
            .unwrap();
        assert!(!slots.closed, "a consumer panicked");
        slots.readings.push_back(reading);
        self.not_empty.notify_one();
    }

    fn take(&self) -> Option<Reading> {
        let slots = self.slots.lock().unwrap();
        let mut slots = self
            .not_empty
            .wait_while(slots, |slots| slots.readings.is_empty() && !slots.closed)
            .unwrap();
        let reading = slots.readings.pop_front();
        self.not_full.notify_one();
        reading
    }

    fn close(&self) {
        // Close a poisoned buffer as well. This runs while a thread panics, and a second panic
        // would abort the process.
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.closed = true;
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

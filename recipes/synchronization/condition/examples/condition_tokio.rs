//! The same job with tasks of tokio as the consumers.
//!
//! ```text
//! cargo run -p condition --example condition_tokio
//! ```
//!
//! The difference from the recipe: tokio has no condition variable. `Notify` knows no lock, so a
//! task joins the wait queue first, by `enable`, and then looks at the buffer. A notification in
//! between is not lost. The main thread is not a task: reading a file would block the other tasks.
//! Choose `Notify` when tasks are to look at something again. For a buffer with one consumer,
//! `tokio::sync::mpsc` is all you need.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cli::{Reading, Statistics};
use tokio::runtime::Runtime;
use tokio::sync::Notify;

const CAPACITY: usize = 10;

#[derive(Default)]
struct Buffer {
    slots: Mutex<Slots>,
    not_empty: Notify,
    not_full: Notify,
}

#[derive(Default)]
struct Slots {
    readings: VecDeque<Reading>,
    closed: bool,
}

impl Slots {
    fn must_put_wait(&self) -> bool {
        self.readings.len() == CAPACITY && !self.closed
    }

    fn must_take_wait(&self) -> bool {
        self.readings.is_empty() && !self.closed
    }
}

impl Buffer {
    async fn put(&self, reading: Reading) {
        let mut slots = self.wait_while(&self.not_full, Slots::must_put_wait).await;
        assert!(!slots.closed, "a consumer panicked");
        slots.readings.push_back(reading);
        self.not_empty.notify_one();
    }

    async fn take(&self) -> Option<Reading> {
        let mut slots = self
            .wait_while(&self.not_empty, Slots::must_take_wait)
            .await;
        let reading = slots.readings.pop_front();
        self.not_full.notify_one();
        reading
    }

    /// Waits for notifications until `must_wait` returns `false`, and returns the locked slots.
    async fn wait_while(
        &self,
        notify: &Notify,
        must_wait: fn(&Slots) -> bool,
    ) -> MutexGuard<'_, Slots> {
        loop {
            let mut notified = pin!(notify.notified());
            notified.as_mut().enable(); // Joins the wait queue before the look at the slots.
            {
                let slots = self.slots.lock().unwrap();
                if !must_wait(&slots) {
                    return slots;
                }
            } // Unlocks. No task may hold a guard of std across an `.await`.
            notified.await;
        }
    }

    fn close(&self) {
        // Close a poisoned buffer as well. This runs while a task panics, and a second panic
        // would abort the process.
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.closed = true;
        self.not_empty.notify_waiters();
        self.not_full.notify_waiters();
    }
}

struct CloseOnDrop<'a>(&'a Buffer);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

fn main() {
    let runtime = Runtime::new().expect("the runtime starts");
    let buffer = Arc::new(Buffer::default());
    let first = runtime.spawn(consume(Arc::clone(&buffer)));
    let second = runtime.spawn(consume(Arc::clone(&buffer)));

    let outcome = produce(&runtime, &buffer).map(|count| {
        let mut statistics = runtime.block_on(first).expect("a consumer panicked");
        statistics.merge(runtime.block_on(second).expect("a consumer panicked"));
        assert_eq!(
            statistics.count(),
            count,
            "the buffer lost or duplicated a reading"
        );
        statistics
    });

    cli::print_or_exit(outcome);
}

fn produce(runtime: &Runtime, buffer: &Buffer) -> Result<u64, String> {
    let _close = CloseOnDrop(buffer);
    let mut count = 0;
    for reading in cli::readings() {
        runtime.block_on(buffer.put(reading?));
        count += 1;
    }
    Ok(count)
}

async fn consume(buffer: Arc<Buffer>) -> Statistics {
    let _close = CloseOnDrop(&buffer);
    let mut statistics = Statistics::default();
    while let Some(reading) = buffer.take().await {
        statistics.add(reading);
    }
    statistics
}

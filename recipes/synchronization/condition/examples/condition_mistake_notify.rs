//! Uses tokio's `Notify` like a condition that counts. Two readings and two notifications come
//! before any consumer waits, and then one of two consumers waits forever although a reading is
//! there.
//!
//! ```text
//! cargo run -p condition --example condition_mistake_notify
//! ```
//!
//! `take_when_notified` is wrong: if no task waits, `Notify` stores one notification, however many
//! there were. `take` is right: it joins the wait queue, looks, and waits only if there is nothing.
//! A notification means "look again" and nothing more.

use std::pin::pin;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// A consumer that has not ended by then will wait forever.
const LIMIT: Duration = Duration::from_millis(300);

#[derive(Default)]
struct Buffer {
    readings: Mutex<Vec<u32>>,
    not_empty: Notify,
}

/// The runtime has one thread, so no consumer runs before `main` awaits something.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let buffer = with_two_readings();
    let mut consumers = JoinSet::new();
    consumers.spawn(take_when_notified(buffer.clone()));
    consumers.spawn(take_when_notified(buffer.clone()));
    let wrong = all_end(consumers, LIMIT).await;
    println!(
        "wait, then take: both consumers ended: {wrong}, readings left: {}",
        buffer.left()
    );

    let buffer = with_two_readings();
    let mut consumers = JoinSet::new();
    consumers.spawn(take(buffer.clone()));
    consumers.spawn(take(buffer.clone()));
    let right = all_end(consumers, Duration::MAX).await;
    println!(
        "look, then wait: both consumers ended: {right}, readings left: {}",
        buffer.left()
    );
    if wrong {
        return ExitCode::SUCCESS;
    }
    eprintln!("lost wakeup: two notifications came before any wait, and `Notify` stores only one");
    eprintln!("call `enable`, look, and wait only if there is nothing; or use a channel");
    ExitCode::FAILURE
}

fn with_two_readings() -> Arc<Buffer> {
    let buffer = Arc::new(Buffer::default());
    buffer.put(33);
    buffer.put(44);
    buffer
}

/// Returns whether all consumers end within the limit.
async fn all_end(consumers: JoinSet<Option<u32>>, limit: Duration) -> bool {
    timeout(limit, consumers.join_all()).await.is_ok()
}

async fn take_when_notified(buffer: Arc<Buffer>) -> Option<u32> {
    buffer.not_empty.notified().await; // Wrong: waits before it has looked.
    buffer.pop()
}

async fn take(buffer: Arc<Buffer>) -> Option<u32> {
    loop {
        let mut notified = pin!(buffer.not_empty.notified());
        notified.as_mut().enable(); // Joins the wait queue before it looks.
        let reading = buffer.pop();
        if reading.is_some() {
            return reading;
        }
        notified.await;
    }
}

impl Buffer {
    fn put(&self, reading: u32) {
        self.readings
            .lock()
            .expect("no task panics with the lock held")
            .push(reading);
        self.not_empty.notify_one();
    }

    fn pop(&self) -> Option<u32> {
        self.readings
            .lock()
            .expect("no task panics with the lock held")
            .pop()
    }

    fn left(&self) -> usize {
        self.readings
            .lock()
            .expect("no task panics with the lock held")
            .len()
    }
}

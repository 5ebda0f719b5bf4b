//! tokio's `Notify` taken for a condition: two readings and two notifications come before anybody waits, and one of two
//! keepers waits for ever beside a reading.
//!
//! ```text
//! cargo run -p condition --example condition_mistake_notify
//! ```
//!
//! `take_when_notified` is wrong: of notifications that find nobody in line `Notify` keeps one, however many they were.
//! `take` is right: get in line, look, and wait only if there is nothing. The notification says "look again", no more.

use std::sync::{Arc, Mutex};
use std::{pin::pin, process::ExitCode, time::Duration};
use tokio::{sync::Notify, task::JoinSet, time::timeout};

/// Who has not ended by then never ends.
const LIMIT: Duration = Duration::from_millis(300);

#[derive(Default)]
struct Buffer {
    readings: Mutex<Vec<u32>>,
    not_empty: Notify,
}

/// Of one thread: no keeper runs before `main` awaits something.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let buffer = with_two_readings();
    let keepers = [(); 2]
        .map(|()| take_when_notified(buffer.clone()))
        .into_iter()
        .collect();
    let notified = all_end(keepers, LIMIT).await;
    println!(
        "wait, then take: both keepers ended: {notified}, left: {}",
        buffer.left()
    );

    let buffer = with_two_readings();
    let keepers = [(); 2].map(|()| take(buffer.clone())).into_iter().collect();
    println!(
        "look, then wait: both keepers ended: {}, left: {}",
        all_end(keepers, Duration::MAX).await,
        buffer.left()
    );
    if notified {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "two notifications found nobody in line and were kept as one: a keeper waits beside a reading"
    );
    eprintln!("get in line by `enable`, look, and wait only if there is nothing; or use a channel");
    ExitCode::FAILURE
}

fn with_two_readings() -> Arc<Buffer> {
    let buffer = Arc::new(Buffer::default());
    buffer.put(33);
    buffer.put(44);
    buffer
}

/// Whether all keepers end within the limit.
async fn all_end(keepers: JoinSet<Option<u32>>, limit: Duration) -> bool {
    timeout(limit, keepers.join_all()).await.is_ok()
}

async fn take_when_notified(buffer: Arc<Buffer>) -> Option<u32> {
    buffer.not_empty.notified().await;
    buffer.pop()
}

async fn take(buffer: Arc<Buffer>) -> Option<u32> {
    loop {
        let mut notified = pin!(buffer.not_empty.notified());
        notified.as_mut().enable(); // In line before the look: what comes after it is not lost.
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
            .expect("no holder panics")
            .push(reading);
        self.not_empty.notify_one();
    }

    fn pop(&self) -> Option<u32> {
        self.readings.lock().expect("no holder panics").pop()
    }

    fn left(&self) -> usize {
        self.readings.lock().expect("no holder panics").len()
    }
}

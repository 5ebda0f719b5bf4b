//! A full channel between threads: it blocks its sender, or loses the newest or the oldest rates.
//!
//! ```text
//! cargo run -p feed --example feed_part_threads
//! ```
//!
//! With crossbeam, `send` blocks the publisher's thread until there is room. `try_send` returns an
//! error at once, so the newest rate is lost. `force_push` of an `ArrayQueue` replaces the oldest
//! rate, and with a capacity of 1 only the latest is left.
//!
//! Threads have no paused clock. So that each run prints the same, the slow subscriber begins only
//! when the channel is full or the publisher has ended.

use std::thread;
use std::time::{Duration, Instant};

use crossbeam::channel;
use crossbeam::queue::ArrayQueue;

const RATES: u32 = 12;
const CAPACITY: usize = 4;
/// Far longer than the publisher needs.
const PATIENCE: Duration = Duration::from_secs(10);

fn main() {
    println!("send: {:?}", with_send());
    println!("try_send: {:?}", with_try_send());
    println!("force_push: {:?}", with_force_push());
}

/// Returns what the slow subscriber sees. It begins when the channel is full.
fn with_send() -> Vec<u32> {
    let (sender, receiver) = channel::bounded(CAPACITY);
    thread::scope(|scope| {
        let publisher = scope.spawn(move || {
            for rate in 1..=RATES {
                sender.send(rate).expect("the subscriber stays");
            }
        });
        let start = Instant::now();
        while !receiver.is_full() {
            assert!(start.elapsed() < PATIENCE, "the publisher hangs");
            thread::yield_now();
        }
        // The publisher cannot send its fifth rate before this thread receives one.
        assert!(!publisher.is_finished());
        receiver.into_iter().collect()
    })
}

fn with_try_send() -> Vec<u32> {
    let (sender, receiver) = channel::bounded(CAPACITY);
    let publisher = thread::spawn(move || {
        for rate in 1..=RATES {
            let _ = sender.try_send(rate); // Returns the rate in an error if there is no room.
        }
    });
    publisher.join().expect("the publisher does not panic");
    receiver.into_iter().collect()
}

fn with_force_push() -> Vec<u32> {
    let newest = ArrayQueue::new(CAPACITY);
    thread::scope(|scope| {
        scope.spawn(|| {
            for rate in 1..=RATES {
                let _ = newest.force_push(rate); // Returns the oldest rate if there was no room.
            }
        });
    });
    newest.into_iter().collect()
}

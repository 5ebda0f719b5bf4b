//! A full channel between threads: it blocks its sender, or loses the newest or the oldest rates.
//!
//! ```text
//! cargo run -p feed --example feed_part_threads
//! ```
//!
//! With crossbeam, `send` blocks the publisher's thread until there is room. `try_send` returns the
//! rate at once, so the newest one is lost. An `ArrayQueue` can replace its oldest element, so the
//! oldest one is lost, and with a capacity of 1 only the latest is left.
//!
//! tokio's paused clock does not stop threads. To show the same on every run without it, the slow
//! subscriber begins only when the publisher has ended or can do no more.

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

/// Returns what the slow subscriber sees. It begins when the publisher can do no more.
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
        // Four rates are in the channel, and `send` holds the publisher with the fifth.
        assert!(!publisher.is_finished());
        receiver.into_iter().collect()
    })
}

fn with_try_send() -> Vec<u32> {
    let (sender, receiver) = channel::bounded(CAPACITY);
    let publisher = thread::spawn(move || {
        for rate in 1..=RATES {
            let _ = sender.try_send(rate); // An error has the rate for which there was no room.
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
                let _ = newest.force_push(rate); // Returns the rate that had to go.
            }
        });
    });
    newest.into_iter().collect()
}

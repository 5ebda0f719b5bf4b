//! Waits under an `if` instead of in a loop. Both of two consumers wake up for one reading, and the
//! second finds nothing.
//!
//! ```text
//! cargo run -p condition --example condition_mistake_if
//! ```
//!
//! `take_if` is wrong: another thread may have taken the reading before `wait` returns.
//! `take_while` is right: it looks again after every wait. `wait_while` is this loop in one call.

use std::process::ExitCode;
use std::thread;

use sync_primitives::{Condition, Lock, LockGuard};

#[derive(Default)]
struct Buffer {
    slots: Lock<Slots>,
    not_empty: Condition,
    progress: Condition, // Lets `main` wait until both consumers wait, or both have woken up.
}

#[derive(Default)]
struct Slots {
    readings: Vec<u32>,
    waits: u32,
    returns: u32,
}

fn main() -> ExitCode {
    let wrong = pass_two_readings(Buffer::take_if);
    println!("wait under an if: {wrong:?}");
    let right = pass_two_readings(Buffer::take_while);
    println!("wait in a loop: {right:?}");
    if wrong == right {
        return ExitCode::SUCCESS;
    }
    eprintln!("both consumers woke up for one reading, and the second found nothing");
    eprintln!("look again after every wait, in a loop or by `wait_while`");
    ExitCode::FAILURE
}

/// Returns what two consumers get. The second reading comes when both have woken up for the first.
fn pass_two_readings(take: fn(&Buffer) -> Option<u32>) -> [Option<u32>; 2] {
    let buffer = Buffer::default();
    let mut taken = thread::scope(|scope| {
        let consumers = [(); 2].map(|()| scope.spawn(|| take(&buffer)));
        buffer.put_when(1, |slots| slots.waits == 2);
        buffer.put_when(2, |slots| slots.returns == 2);
        consumers.map(|consumer| consumer.join().expect("a consumer panicked"))
    });
    taken.sort();
    taken
}

impl Buffer {
    fn take_if(&self) -> Option<u32> {
        let mut slots = self.slots.lock();
        if slots.readings.is_empty() {
            self.wait(&mut slots); // Wrong: does not check again after waking up.
        }
        slots.readings.pop()
    }

    fn take_while(&self) -> Option<u32> {
        let mut slots = self.slots.lock();
        while slots.readings.is_empty() {
            self.wait(&mut slots);
        }
        slots.readings.pop()
    }

    fn wait(&self, slots: &mut LockGuard<Slots>) {
        slots.waits += 1;
        self.progress.notify_one();
        self.not_empty.wait(slots);
        slots.returns += 1;
        self.progress.notify_one();
    }

    fn put_when(&self, reading: u32, is_due: fn(&Slots) -> bool) {
        let mut slots = self.slots.lock();
        self.progress.wait_while(&mut slots, |slots| !is_due(slots));
        slots.readings.push(reading);
        self.not_empty.notify_all();
    }
}

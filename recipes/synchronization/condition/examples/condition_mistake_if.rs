//! Two keepers wait under an `if` instead of a loop. One reading comes, both are woken, and the second finds nothing.
//!
//! ```text
//! cargo run -p condition --example condition_mistake_if
//! ```
//!
//! `take_if` is wrong: when `wait` returns, another thread may have been faster. `take_while` is right: it looks again
//! after every wait. `wait_while` is that loop in one line.

use std::{process::ExitCode, thread};
use sync_primitives::{Condition, Lock, LockGuard};

#[derive(Default)]
struct Buffer {
    slots: Lock<Slots>,
    not_empty: Condition,
    progress: Condition, // For `main`, which arranges that both wait and both are woken.
}

#[derive(Default)]
struct Slots {
    readings: Vec<u32>,
    waits: u32,
    returns: u32,
}

fn main() -> ExitCode {
    let under_if = pass_two_readings(Buffer::take_if);
    println!("wait under an if: {under_if:?}");
    let in_loop = pass_two_readings(Buffer::take_while);
    println!("wait in a loop: {in_loop:?}");
    if under_if == in_loop {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "both keepers were woken for one reading; the second did not look again and found the buffer empty"
    );
    eprintln!("wait in a loop that looks before it goes on, or by `wait_while`");
    ExitCode::FAILURE
}

/// What each of two keepers gets, when the second reading comes after both were woken for the first.
fn pass_two_readings(take: fn(&Buffer) -> Option<u32>) -> [Option<u32>; 2] {
    let buffer = Buffer::default();
    let mut taken = thread::scope(|scope| {
        let keepers = [(); 2].map(|()| scope.spawn(|| take(&buffer)));
        buffer.put_when(1, |slots| slots.waits == 2);
        buffer.put_when(2, |slots| slots.returns == 2);
        keepers.map(|keeper| keeper.join().expect("a keeper panicked"))
    });
    taken.sort();
    taken
}

impl Buffer {
    fn take_if(&self) -> Option<u32> {
        let mut slots = self.slots.lock();
        if slots.readings.is_empty() {
            self.wait(&mut slots);
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

    fn put_when(&self, reading: u32, is_time: fn(&Slots) -> bool) {
        let mut slots = self.slots.lock();
        self.progress
            .wait_while(&mut slots, |slots| !is_time(slots));
        slots.readings.push(reading);
        self.not_empty.notify_all();
    }
}

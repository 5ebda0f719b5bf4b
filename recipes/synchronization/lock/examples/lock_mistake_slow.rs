//! A thread reads its input while it holds the lock, so everybody waits for its slow input.
//!
//! ```text
//! cargo run -p lock --example lock_mistake_slow
//! ```
//!
//! `add_reading` is wrong: nothing of the reading needs the table. `read_then_add` is right: the
//! lock is held for the one line that does. The slow input is a pipe into which nobody has written
//! yet. Nothing hangs here, and the sum is right in the end, so the exit status is 0; the threads
//! have only taken turns at what they could have done together.

use std::io::{PipeReader, Read, Write, pipe, read_to_string};
use std::{sync::mpsc, thread, time::Duration};
use sync_primitives::Lock;

fn main() {
    let (waited, sum) = race(add_reading);
    println!(
        "read under the lock: another thread got in: {}, sum {sum}",
        !waited
    );
    let (waited_again, sum) = race(read_then_add);
    println!(
        "read before locking: another thread got in: {}, sum {sum}",
        !waited_again
    );
    if waited {
        eprintln!(
            "while one thread waited for its input, another could not add a number that it had ready"
        );
        eprintln!("read first, then lock, add and release");
    }
}

/// Adds one number by `add` from a slow input, and tries to add another one before the input comes. Whether that one
/// had to wait, and the sum.
fn race(add: fn(&Lock<u64>, PipeReader, &mpsc::Sender<()>)) -> (bool, u64) {
    let sum = Lock::new(0);
    let (input, mut slow) = pipe().expect("the system has pipes");
    let (begin, begun) = mpsc::channel();
    let waited = thread::scope(|scope| {
        scope.spawn(|| add(&sum, input, &begin));
        begun
            .recv()
            .expect("the thread says when it begins to read");
        let quick = sum
            .try_lock_for(Duration::from_millis(200))
            .map(|mut sum| *sum += 1);
        slow.write_all(b"41").expect("the thread reads the pipe");
        drop(slow); // The input ends.
        if quick.is_none() {
            *sum.lock() += 1;
        }
        quick.is_none()
    });
    (waited, sum.into_inner())
}

fn add_reading(sum: &Lock<u64>, input: PipeReader, begin: &mpsc::Sender<()>) {
    let mut sum = sum.lock();
    begin.send(()).expect("somebody waits for it");
    *sum += number(input);
}

fn read_then_add(sum: &Lock<u64>, input: PipeReader, begin: &mpsc::Sender<()>) {
    begin.send(()).expect("somebody waits for it");
    let number = number(input);
    *sum.lock() += number; // Not `add(&mut sum.lock(), number(input))`: that locks first and then reads.
}

fn number(input: impl Read) -> u64 {
    read_to_string(input)
        .expect("the pipe can be read")
        .parse()
        .expect("a number comes")
}

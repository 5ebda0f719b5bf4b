//! A thread reads its input while it holds the lock, so all other threads wait for this slow input.
//!
//! ```text
//! cargo run -p lock --example lock_mistake_slow
//! ```
//!
//! `add_reading` is wrong: nothing about reading needs the lock. `read_then_add` is right: it holds
//! the lock only for the one line that needs it. The slow input is a pipe into which nobody has
//! written yet. Nothing hangs here and the sum is right in the end, so the exit status is 0. But
//! the threads took turns at what they could have done at the same time.

use std::io::{self, PipeReader, Read, Write};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use sync_primitives::Lock;

/// What happened when one thread added a number from a slow input and another had one ready.
struct Outcome {
    quick_thread_waited: bool,
    sum: u64,
}

fn main() {
    let reading = race(add_reading);
    println!(
        "read under the lock: another thread got in: {}, sum {}",
        !reading.quick_thread_waited, reading.sum
    );
    let reading_first = race(read_then_add);
    println!(
        "read before locking: another thread got in: {}, sum {}",
        !reading_first.quick_thread_waited, reading_first.sum
    );
    if reading.quick_thread_waited {
        eprintln!("contention: a thread with its number ready waited for another thread's input");
        eprintln!("read first, then lock, add and release");
    }
}

/// Adds a number from a slow input with `add`, and tries to add another before the input comes.
fn race(add: fn(&Lock<u64>, PipeReader, &mpsc::Sender<()>)) -> Outcome {
    let sum = Lock::new(0);
    let (input, mut slow) = io::pipe().expect("the system has pipes");
    let (begin, begun) = mpsc::channel();
    let quick_thread_waited = thread::scope(|scope| {
        scope.spawn(|| add(&sum, input, &begin));
        begun
            .recv()
            .expect("the thread sends when it begins to read");
        let quick = sum.try_lock_for(Duration::from_millis(200));
        let waited = quick.is_none();
        if let Some(mut sum) = quick {
            *sum += 1;
        }
        slow.write_all(b"41").expect("the thread reads the pipe");
        drop(slow); // The input ends.
        if waited {
            *sum.lock() += 1;
        }
        waited
    });
    Outcome {
        quick_thread_waited,
        sum: sum.into_inner(),
    }
}

fn add_reading(sum: &Lock<u64>, input: PipeReader, begin: &mpsc::Sender<()>) {
    let mut sum = sum.lock();
    begin.send(()).expect("`race` receives it");
    *sum += number(input); // Wrong: reads while it holds the lock.
}

fn read_then_add(sum: &Lock<u64>, input: PipeReader, begin: &mpsc::Sender<()>) {
    begin.send(()).expect("`race` receives it");
    let number = number(input);
    // A call such as `add(&mut sum.lock(), number(input))` would lock first, and then read.
    *sum.lock() += number;
}

fn number(input: impl Read) -> u64 {
    io::read_to_string(input)
        .expect("the pipe can be read")
        .parse()
        .expect("the pipe contains a number")
}

//! Notifies one thread of a change that every waiting thread must learn about. Two consumers wait
//! until the buffer is closed, but only one of them ends.
//!
//! ```text
//! cargo run -p condition --example condition_mistake_one
//! ```
//!
//! `close_for_one` is wrong: the consumer that is notified ends and does not notify the other one.
//! `close_for_all` is right. One consumer is enough for one reading, so `notify_one` is right for
//! that. Call `notify_all` when a change lets several threads go on, such as the end of the work.

use std::process::ExitCode;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use sync_primitives::{Condition, Lock};

/// A consumer that has not ended by then will wait forever.
const LIMIT: Duration = Duration::from_millis(300);

#[derive(Default)]
struct Buffer {
    state: Lock<State>,
    changed: Condition,
    waiting_changed: Condition, // Lets `main` wait until both consumers wait.
}

#[derive(Default)]
struct State {
    closed: bool,
    waiting: u32,
}

fn main() -> ExitCode {
    let wrong = both_end_after(Buffer::close_for_one, LIMIT);
    println!("notify_one: both consumers ended: {wrong}");
    let right = both_end_after(Buffer::close_for_all, Duration::MAX);
    println!("notify_all: both consumers ended: {right}");
    if wrong {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "one consumer keeps sleeping, because only the other was notified that the buffer is closed"
    );
    eprintln!("call `notify_all` for a change that every waiting thread must learn about");
    ExitCode::FAILURE
}

/// Returns whether two waiting consumers both end within the limit after `close`.
fn both_end_after(close: fn(&Buffer), limit: Duration) -> bool {
    let buffer = Buffer::default();
    let (end, ended) = mpsc::channel();
    thread::scope(|scope| {
        for end in [end.clone(), end] {
            scope.spawn(|| buffer.consume(end));
        }
        buffer
            .waiting_changed
            .wait_while(&mut buffer.state.lock(), |state| state.waiting < 2);
        close(&buffer);
        ended.recv().expect("the first consumer ends");
        let both = ended.recv_timeout(limit).is_ok();
        buffer.changed.notify_all(); // Otherwise this program would hang as well.
        both
    })
}

impl Buffer {
    fn consume(&self, end: Sender<()>) {
        let mut state = self.state.lock();
        state.waiting += 1;
        self.waiting_changed.notify_one();
        self.changed.wait_while(&mut state, |state| !state.closed);
        end.send(()).expect("main still listens");
    }

    fn close_for_one(&self) {
        self.state.lock().closed = true;
        self.changed.notify_one(); // Wrong: both consumers wait, and this wakes only one.
    }

    fn close_for_all(&self) {
        self.state.lock().closed = true;
        self.changed.notify_all();
    }
}

//! Notifies first and changes the data afterward. The waiter wakes up, finds nothing new, and
//! sleeps on when the change has come: a lost wakeup.
//!
//! ```text
//! cargo run -p condition --example condition_mistake_early
//! ```
//!
//! `notify_then_close` is wrong: the notification has been used up when the change comes.
//! `close_then_notify` is right. It changes the data under the lock first. It may notify with or
//! without the lock.

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
    looked: Condition, // Lets `main` wait until the consumer has looked.
}

#[derive(Default)]
struct State {
    closed: bool,
    looks: u32,
}

fn main() -> ExitCode {
    let wrong = ends_after(Buffer::notify_then_close, LIMIT);
    println!("notify, then change: the consumer ended: {wrong}");
    let right = ends_after(Buffer::close_then_notify, Duration::MAX);
    println!("change, then notify: the consumer ended: {right}");
    if wrong {
        return ExitCode::SUCCESS;
    }
    eprintln!("lost wakeup: the consumer woke up before the buffer was closed, and never again");
    eprintln!("change the data under the lock first, then notify");
    ExitCode::FAILURE
}

/// Returns whether a waiting consumer ends within the limit after `close`.
fn ends_after(close: fn(&Buffer), limit: Duration) -> bool {
    let buffer = Buffer::default();
    let (end, ended) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(|| buffer.consume(end));
        buffer.wait_for_look(1);
        close(&buffer);
        let ends = ended.recv_timeout(limit).is_ok();
        buffer.changed.notify_all(); // Otherwise this program would hang as well.
        ends
    })
}

impl Buffer {
    fn consume(&self, end: Sender<()>) {
        let mut state = self.state.lock();
        while !state.closed {
            state.looks += 1;
            self.looked.notify_one();
            self.changed.wait(&mut state);
        }
        end.send(()).expect("main still listens");
    }

    fn notify_then_close(&self) {
        self.changed.notify_all(); // Wrong: nothing has changed yet.
        // The consumer is seldom fast enough to look in between. Here it always does.
        self.wait_for_look(2);
        self.state.lock().closed = true;
    }

    fn close_then_notify(&self) {
        self.state.lock().closed = true;
        self.changed.notify_all();
    }

    fn wait_for_look(&self, number: u32) {
        self.looked
            .wait_while(&mut self.state.lock(), |state| state.looks < number);
    }
}

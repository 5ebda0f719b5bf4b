//! Notify first and change the data afterwards: the waiter wakes, finds nothing new, and sleeps on after the change.
//!
//! ```text
//! cargo run -p condition --example condition_mistake_early
//! ```
//!
//! `close_late` is wrong: when the change comes, the notification has been used up. `close` is right: first the change,
//! under the lock, then the notification, which may come with or without the lock.

use std::sync::mpsc::{self, Sender};
use std::{process::ExitCode, thread, time::Duration};
use sync_primitives::{Condition, Lock};

/// Who has not ended by then never ends.
const LIMIT: Duration = Duration::from_millis(300);

#[derive(Default)]
struct Buffer {
    state: Lock<State>,
    changed: Condition,
    looked: Condition, // For `main`, which arranges that the keeper looks before the change.
}

#[derive(Default)]
struct State {
    closed: bool,
    looks: u32,
}

fn main() -> ExitCode {
    let late = ends_after(Buffer::close_late, LIMIT);
    println!("notify, then change: the keeper ended: {late}");
    let in_time = ends_after(Buffer::close, Duration::MAX);
    println!("change, then notify: the keeper ended: {in_time}");
    if late {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "lost wakeup: the keeper was woken before the buffer was closed, and nobody notified it afterwards"
    );
    eprintln!("change the data under the lock first, then notify");
    ExitCode::FAILURE
}

/// Whether a keeper that waits for the end of the work ends within the limit after `close`.
fn ends_after(close: fn(&Buffer), limit: Duration) -> bool {
    let buffer = Buffer::default();
    let (end, ended) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(|| buffer.keep(end));
        buffer.wait_for_look(1);
        close(&buffer);
        let ends = ended.recv_timeout(limit).is_ok();
        buffer.changed.notify_all(); // Otherwise this program would not end either.
        ends
    })
}

impl Buffer {
    fn keep(&self, end: Sender<()>) {
        let mut state = self.state.lock();
        while !state.closed {
            state.looks += 1;
            self.looked.notify_one();
            self.changed.wait(&mut state);
        }
        end.send(()).expect("main still listens");
    }

    fn close_late(&self) {
        self.changed.notify_all();
        self.wait_for_look(2); // By chance the keeper is seldom so fast. This makes it certain.
        self.state.lock().closed = true;
    }

    fn close(&self) {
        self.state.lock().closed = true;
        self.changed.notify_all();
    }

    fn wait_for_look(&self, number: u32) {
        self.looked
            .wait_while(&mut self.state.lock(), |state| state.looks < number);
    }
}

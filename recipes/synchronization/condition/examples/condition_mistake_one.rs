//! Notify one waiter of what concerns all: two keepers wait, the buffer is closed, and only one of them ends.
//!
//! ```text
//! cargo run -p condition --example condition_mistake_one
//! ```
//!
//! `close_for_one` is wrong: the keeper that is woken ends and wakes nobody else. `close_for_all` is right. One reading
//! serves one keeper, so `notify_one` will do for it; the end of the work, or any change that lets several go on, is for all.

use std::sync::mpsc::{self, Sender};
use std::{process::ExitCode, thread, time::Duration};
use sync_primitives::{Condition, Lock};

/// Who has not ended by then never ends.
const LIMIT: Duration = Duration::from_millis(300);

#[derive(Default)]
struct Buffer {
    state: Lock<State>,
    changed: Condition,
    looked: Condition, // For `main`, which arranges that both keepers wait before it closes.
}

#[derive(Default)]
struct State {
    closed: bool,
    waiting: u32,
}

fn main() -> ExitCode {
    let one = both_end_after(Buffer::close_for_one, LIMIT);
    println!("notify_one: both keepers ended: {one}");
    let all = both_end_after(Buffer::close_for_all, Duration::MAX);
    println!("notify_all: both keepers ended: {all}");
    if one {
        return ExitCode::SUCCESS;
    }
    eprintln!("one keeper was woken and ended; the other one sleeps, though the buffer is closed");
    eprintln!("use `notify_all` for what concerns everybody who waits");
    ExitCode::FAILURE
}

/// Whether two keepers that wait for the end of the work both end within the limit after `close`.
fn both_end_after(close: fn(&Buffer), limit: Duration) -> bool {
    let buffer = Buffer::default();
    let (end, ended) = mpsc::channel();
    thread::scope(|scope| {
        for end in [end.clone(), end] {
            scope.spawn(|| buffer.keep(end));
        }
        buffer
            .looked
            .wait_while(&mut buffer.state.lock(), |state| state.waiting < 2);
        close(&buffer);
        ended.recv().expect("the first keeper ends");
        let both = ended.recv_timeout(limit).is_ok();
        buffer.changed.notify_all(); // Otherwise this program would not end either.
        both
    })
}

impl Buffer {
    fn keep(&self, end: Sender<()>) {
        let mut state = self.state.lock();
        state.waiting += 1;
        self.looked.notify_one();
        self.changed.wait_while(&mut state, |state| !state.closed);
        end.send(()).expect("main still listens");
    }

    fn close_for_one(&self) {
        self.state.lock().closed = true;
        self.changed.notify_one();
    }

    fn close_for_all(&self) {
        self.state.lock().closed = true;
        self.changed.notify_all();
    }
}

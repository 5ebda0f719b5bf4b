//! A task borrows a `RefCell` and waits. The next task that borrows it panics.
//!
//! ```text
//! cargo run -p states --example states_mistake_borrowed
//! ```
//!
//! `open_and_hold` is wrong: it awaits while it has the guard. All tasks share one thread, but at
//! an `.await` another task runs, and finds the `RefCell` borrowed. `open` is right: it borrows
//! after the wait. With a std `Mutex` instead of the `RefCell`, the second task would not panic,
//! but block the thread forever.

use std::cell::RefCell;
use std::panic;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use tokio::task::LocalSet;
use tokio::time::sleep;

const ROUND_TRIP: Duration = Duration::from_millis(50);

/// The names of the open connections.
type Connections = Rc<RefCell<Vec<Name>>>;

type Name = &'static str;

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> ExitCode {
    // Without this hook, Rust prints the message of each panic.
    panic::set_hook(Box::new(|_| eprintln!("a task panicked")));

    let connections = Connections::default();
    let a = open_and_hold(Rc::clone(&connections), "A");
    let b = open_and_hold(Rc::clone(&connections), "B");
    let all_ended = run(a, b).await;
    println!("borrowed while a task waits: {:?}", connections.borrow());

    let connections = Connections::default();
    let a = open(Rc::clone(&connections), "A");
    let b = open(Rc::clone(&connections), "B");
    run(a, b).await;
    println!("borrowed after the wait: {:?}", connections.borrow());

    if all_ended {
        return ExitCode::SUCCESS;
    }
    eprintln!("one task was at an `.await` with the guard, when the other one wanted to borrow");
    eprintln!("drop the guard before you await");
    ExitCode::FAILURE
}

/// Runs each future as a task of this thread. Returns `false` if a task panicked.
async fn run<F>(one: F, other: F) -> bool
where
    F: Future<Output = ()> + 'static,
{
    let tasks = LocalSet::new();
    let one = tasks.spawn_local(one);
    let other = tasks.spawn_local(other);
    tasks.await;
    one.await.is_ok() && other.await.is_ok()
}

#[expect(clippy::await_holding_refcell_ref, reason = "this is the mistake")]
async fn open_and_hold(connections: Connections, name: Name) {
    let mut connections = connections.borrow_mut();
    sleep(ROUND_TRIP).await; // Wrong: another task runs while this one has the guard.
    connections.push(name);
}

async fn open(connections: Connections, name: Name) {
    sleep(ROUND_TRIP).await;
    connections.borrow_mut().push(name);
}

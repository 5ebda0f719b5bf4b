//! A future returns `Pending`, but nothing keeps its waker. Its task is never polled again.
//!
//! ```text
//! cargo run -p states --example states_mistake_no_waker
//! ```
//!
//! `WithoutWaker` is wrong: after a `Pending`, the executor polls the task again only when its
//! waker is called, and nothing has kept the waker. `WithWaker` is right: it stores the waker in
//! the gate, and `open` calls it. On the paused clock, the program waits a day for each task.

use std::pin::Pin;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::task;
use tokio::time::sleep;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A task waits until it is open.
#[derive(Default)]
struct Gate {
    is_open: bool,
    waker: Option<Waker>,
}

struct WithoutWaker(Arc<Mutex<Gate>>);

impl Future for WithoutWaker {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<()> {
        let gate = self.0.lock().unwrap();
        if gate.is_open {
            return Poll::Ready(());
        }
        Poll::Pending // Wrong: nothing will wake the task.
    }
}

struct WithWaker(Arc<Mutex<Gate>>);

impl Future for WithWaker {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut gate = self.0.lock().unwrap();
        if gate.is_open {
            return Poll::Ready(());
        }
        // Replaces an earlier waker, which may belong to another task.
        gate.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> ExitCode {
    let gate: Arc<Mutex<Gate>> = Arc::default();
    let ends_without = ends(&gate, WithoutWaker(Arc::clone(&gate))).await;
    println!("without a waker: the task has ended after a day: {ends_without}");

    let gate: Arc<Mutex<Gate>> = Arc::default();
    let ends_with = ends(&gate, WithWaker(Arc::clone(&gate))).await;
    println!("with a waker: the task has ended after a day: {ends_with}");

    if ends_without {
        return ExitCode::SUCCESS;
    }
    eprintln!("the gate is open, but the task is asleep: nothing has its waker");
    eprintln!("before you return `Pending`, keep `context.waker().clone()`, and wake it later");
    ExitCode::FAILURE
}

/// Opens the gate while a task waits for it, and returns whether the task has ended after a day.
async fn ends(gate: &Mutex<Gate>, future: impl Future<Output = ()> + Send + 'static) -> bool {
    let task = tokio::spawn(future);
    task::yield_now().await; // Lets the task be polled once.
    open(gate);
    sleep(DAY).await;
    task.is_finished()
}

fn open(gate: &Mutex<Gate>) {
    let mut gate = gate.lock().unwrap();
    gate.is_open = true;
    if let Some(waker) = gate.waker.take() {
        waker.wake();
    }
}

//! Sends from a thread to a task and back, through channels of tokio.
//!
//! ```text
//! cargo run -p bridge --example bridge_part_channel
//! ```
//!
//! Synchronous code calls the methods whose names begin with `blocking_`. They panic in a task.
//! A task awaits `send` and `recv` instead.

use std::thread;

use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot};

fn main() {
    let runtime = Runtime::new().expect("the system has a thread left");
    // The thread waits if the task is two numbers behind.
    let (numbers, inbox) = mpsc::channel(2);
    let (total, result) = oneshot::channel();
    runtime.spawn(add(inbox, total));

    let thread = thread::spawn(move || {
        for number in 1..=10 {
            numbers.blocking_send(number).expect("the task receives");
        }
    });
    thread.join().expect("the thread does not panic");
    // The thread has dropped `numbers`, so the task ends and sends its total.
    let total = result.blocking_recv().expect("the task sends a total");
    println!("the total is {total}");
}

async fn add(mut inbox: mpsc::Receiver<u32>, total: oneshot::Sender<u32>) {
    let mut sum = 0;
    while let Some(number) = inbox.recv().await {
        sum += number;
    }
    let _ = total.send(sum);
}

//! Starts a task from a thread that does not belong to tokio.
//!
//! ```text
//! cargo run -p bridge --example bridge_part_spawn
//! ```
//!
//! On such a thread `tokio::spawn` panics, because it does not know which runtime you mean. The
//! method of a `Handle` does. The runtime must have threads of its own, as this one has, or be
//! inside `block_on`. Otherwise nothing runs the task.

use std::thread;

use tokio::runtime::{Handle, Runtime};
use tokio::task::JoinHandle;

fn main() {
    let runtime = Runtime::new().expect("the system has a thread left");
    let handle = runtime.handle().clone();
    let thread = thread::spawn(move || start_task(&handle));
    let task = thread.join().expect("the thread does not panic");
    // The thread has ended, and the task goes on.
    let length = runtime.block_on(task).expect("the task does not panic");
    println!("the task has sent {length} bytes");
}

fn start_task(handle: &Handle) -> JoinHandle<usize> {
    handle.spawn(send("picture"))
}

async fn send(text: &str) -> usize {
    // A real one would await a socket.
    text.len()
}

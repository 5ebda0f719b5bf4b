//! Starts a task from a thread that does not belong to tokio.
//!
//! ```text
//! cargo run -p bridge --example bridge_part_spawn
//! ```
//!
//! On such a thread `tokio::spawn` panics, because it does not know which runtime you mean.
//! `Handle::spawn` knows. The runtime must have threads of its own, as this one has, or some thread
//! must be inside its `block_on`. Otherwise nothing runs the task.

use std::thread;

use tokio::runtime::{Handle, Runtime};
use tokio::task::JoinHandle;

fn main() {
    let runtime = Runtime::new().expect("the system has a thread left");
    let handle = runtime.handle().clone();
    let thread = thread::spawn(move || start_task(&handle));
    let task = thread.join().expect("the thread does not panic");
    // The end of the thread does not end its task.
    let length = runtime.block_on(task).expect("the task does not panic");
    println!("the task has sent {length} bytes");
}

fn start_task(handle: &Handle) -> JoinHandle<usize> {
    handle.spawn(send("picture"))
}

async fn send(text: &str) -> usize {
    // A real task would await a socket.
    text.len()
}

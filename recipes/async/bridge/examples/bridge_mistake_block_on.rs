//! Calls a synchronous function in a task, and the function calls `block_on`: the task panics.
//!
//! ```text
//! cargo run -p bridge --example bridge_mistake_block_on
//! ```
//!
//! `block_on` would keep the thread until the future is done, and no other task could run there. So
//! tokio refuses it. `blocking_send` and `blocking_recv` panic for the same reason. The first right
//! way awaits the future. If you cannot change the function, the second right way calls it on a
//! thread that may block.

use std::panic;
use std::process::ExitCode;

use tokio::runtime::{Handle, Runtime};
use tokio::task::{self, JoinError};

async fn temperature() -> i32 {
    21
}

/// A function for synchronous callers.
fn read_temperature(runtime: &Handle) -> i32 {
    runtime.block_on(temperature())
}

fn main() -> ExitCode {
    // A message without a line number and a backtrace.
    panic::set_hook(Box::new(|_panic| eprintln!("a task panicked")));
    let runtime = Runtime::new().expect("the system has a thread left");
    let outcome = runtime.block_on(call_directly());
    let panicked = outcome.is_err_and(|error| error.is_panic());
    println!("called in a task: panicked: {panicked}");
    let inside = runtime.block_on(await_instead());
    println!("awaited in a task: {inside} °C");
    let inside = runtime.block_on(call_where_it_may_block());
    println!("called on a thread that may block: {inside} °C");
    if !panicked {
        return ExitCode::SUCCESS;
    }
    eprintln!("`block_on` panicked: the thread runs tasks, so nothing may block it");
    eprintln!("await the future, or call the function in `spawn_blocking`");
    ExitCode::FAILURE
}

async fn call_directly() -> Result<i32, JoinError> {
    let task = task::spawn(async {
        read_temperature(&Handle::current()) // Wrong: blocks a thread that runs tasks.
    });
    task.await
}

async fn await_instead() -> i32 {
    let task = task::spawn(temperature());
    task.await.expect("the task does not panic")
}

async fn call_where_it_may_block() -> i32 {
    let runtime = Handle::current();
    let job = task::spawn_blocking(move || read_temperature(&runtime));
    job.await.expect("the job does not panic")
}

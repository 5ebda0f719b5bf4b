//! `drop` waits for an async clean-up with `block_on`. In a task, that panics.
//!
//! ```text
//! cargo run -p shutdown --example shutdown_mistake_block_on_in_drop
//! ```
//!
//! `Blocking` is wrong: a thread that runs tasks cannot wait for one of them. `Closing` is right:
//! it has an async method `close`, which takes the connection so that nobody can use it anymore.
//! Its `drop` could only say that somebody forgot to call it.

use std::panic;
use std::process::ExitCode;

use tokio::io::{self, AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::runtime::Handle;

struct Blocking {
    stream: DuplexStream,
}

impl Drop for Blocking {
    fn drop(&mut self) {
        let goodbye = self.stream.write_all(b"closing");
        let _ = Handle::current().block_on(goodbye); // Wrong: this thread is running a task.
    }
}

struct Closing {
    stream: DuplexStream,
}

impl Closing {
    async fn close(mut self) -> io::Result<()> {
        self.stream.write_all(b"closing").await
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    panic::set_hook(Box::new(|_panic| {})); // The panic is printed below.
    let blocking = with_block_on().await;
    println!("block_on in drop: {blocking}");
    let closing = with_close().await;
    println!("close: the office got {closing:?}");
    if !blocking.contains("Cannot start a runtime") {
        return ExitCode::SUCCESS;
    }
    eprintln!("`block_on` would block the thread on which the clean-up has to run, so it panics");
    eprintln!("write an async method `close(self)`, and call it before the value is dropped");
    ExitCode::FAILURE
}

/// Returns what the office got, or the message of the panic.
async fn with_block_on() -> String {
    let (stream, mut office) = io::duplex(64);
    let task = tokio::spawn(async move {
        let _connection = Blocking { stream };
    });
    if let Err(error) = task.await {
        let payload = error.into_panic();
        let message = payload.downcast_ref::<String>().cloned();
        let message = message.or(payload.downcast_ref::<&str>().map(ToString::to_string));
        let message = message.unwrap_or_default();
        let first_sentence = message.split('.').next().unwrap_or_default();
        return format!("panicked: {first_sentence}");
    }
    let mut text = String::new();
    let _ = office.read_to_string(&mut text).await;
    text
}

async fn with_close() -> String {
    let (stream, mut office) = io::duplex(64);
    let task = tokio::spawn(async move {
        let connection = Closing { stream };
        connection.close().await
    });
    let _ = task.await;
    let mut text = String::new();
    let _ = office.read_to_string(&mut text).await;
    text
}

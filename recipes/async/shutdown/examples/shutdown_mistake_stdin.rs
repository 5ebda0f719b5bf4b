//! The program has done all its work and does not end, because it was reading its standard input.
//!
//! ```text
//! cargo run -p shutdown --example shutdown_mistake_stdin
//! ```
//!
//! `stop` is wrong: it drops the runtime, which waits for the thread that reads standard input.
//! The read ends at the next line or at the end of the input. `stop_in_background` is right: it
//! does not wait for the thread. To show both, this program starts itself as a child process that
//! calls one of them, and keeps the child's standard input open, as a terminal does.

use std::io;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use std::{env, thread};

use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task;

/// How long the parent waits for the child. The wrong child ends only at the end of its input.
const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(10);

fn main() -> io::Result<ExitCode> {
    match env::args().nth(1).as_deref() {
        Some("stop") => {
            stop()?;
            return Ok(ExitCode::SUCCESS);
        }
        Some("stop_in_background") => {
            stop_in_background()?;
            return Ok(ExitCode::SUCCESS);
        }
        _ => {}
    }

    let dropped = ends_within(SHORT, "stop")?;
    println!("the runtime is dropped: {}", outcome(dropped));
    let in_background = ends_within(LONG, "stop_in_background")?;
    println!("shutdown_background: {}", outcome(in_background));
    if dropped {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("a thread reads standard input, and dropping the runtime waits for this thread");
    eprintln!("call `shutdown_background` or `shutdown_timeout` on the runtime before you return");
    Ok(ExitCode::FAILURE)
}

fn outcome(has_ended: bool) -> &'static str {
    if has_ended {
        "the process has ended"
    } else {
        "the process still runs"
    }
}

fn stop() -> io::Result<()> {
    let runtime = Runtime::new()?;
    runtime.block_on(serve());
    drop(runtime); // Wrong: waits for the thread. So does the end of `#[tokio::main]`.
    Ok(())
}

fn stop_in_background() -> io::Result<()> {
    let runtime = Runtime::new()?;
    runtime.block_on(serve());
    runtime.shutdown_background();
    Ok(())
}

/// Serves until it is told to stop, which is as soon as a thread has begun to wait for a command.
/// `tokio::io::stdin` starts such a thread, too.
async fn serve() {
    let (begun, has_begun) = oneshot::channel();
    task::spawn_blocking(|| {
        let _ = begun.send(());
        let mut command = String::new();
        io::stdin().read_line(&mut command)
    });
    let _ = has_begun.await;
}

/// Starts this program as a child. Returns whether it ends in time, while its input stays open.
fn ends_within(limit: Duration, role: &str) -> io::Result<bool> {
    let mut command = Command::new(env::current_exe()?);
    let mut child = command.arg(role).stdin(Stdio::piped()).spawn()?;
    let input = child.stdin.take();
    let (sender, end) = mpsc::channel();
    let waiter = thread::spawn(move || wait(child, sender));
    let in_time = end.recv_timeout(limit).is_ok();
    drop(input); // The end of the input ends the read, and so the child.
    waiter.join().expect("it does not panic")?;
    Ok(in_time)
}

fn wait(mut child: Child, sender: mpsc::Sender<()>) -> io::Result<()> {
    child.wait()?;
    let _ = sender.send(()); // The parent may have given up.
    Ok(())
}

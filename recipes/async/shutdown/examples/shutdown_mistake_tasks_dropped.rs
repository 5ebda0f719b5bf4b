//! `main` returns while a task is in the middle of a file. The runtime drops the task, and half of
//! the file is left.
//!
//! ```text
//! cargo run -p shutdown --example shutdown_mistake_tasks_dropped
//! ```
//!
//! `serve` is wrong: nobody waits for the task that it has started. `serve_and_wait` is right: it
//! closes the tracker and waits until no task is left. The office is slow: it has sent
//! one line when `main` is told to stop.

use std::fs::{self, File};
use std::io::Write;
use std::process::ExitCode;
use std::{env, process};

use tokio::runtime::Runtime;
use tokio::sync::oneshot::{self, Receiver, Sender};
use tokio_util::task::TaskTracker;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<ExitCode> {
    let path = env::temp_dir().join(format!("shutdown-mistake-{}.txt", process::id()));
    let name = path.to_string_lossy();

    let (office, last_line) = oneshot::channel();
    // At the end of this statement, the runtime is dropped, as at the end of `#[tokio::main]`.
    Runtime::new()?.block_on(serve(name.to_string(), last_line))?;
    drop(office); // It was connected all the time.
    let not_waited = fs::read_to_string(&path)?;
    println!("not waited for the task: the file has {not_waited:?}");

    let (office, last_line) = oneshot::channel();
    Runtime::new()?.block_on(serve_and_wait(name.to_string(), office, last_line))?;
    let waited = fs::read_to_string(&path)?;
    println!("waited for the task: the file has {waited:?}");

    fs::remove_file(&path)?;
    if not_waited == waited {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("the runtime dropped the task at its `.await`, in the middle of the file");
    eprintln!(
        "wait for your tasks before you return, and give a file its name when it is complete"
    );
    Ok(ExitCode::FAILURE)
}

async fn serve(path: String, last_line: Receiver<&'static str>) -> Result<()> {
    let (half, half_written) = oneshot::channel();
    tokio::spawn(store(path, half, last_line)); // Wrong: nobody waits for the task.
    half_written.await?;
    Ok(())
}

async fn serve_and_wait(
    path: String,
    office: Sender<&'static str>,
    last_line: Receiver<&'static str>,
) -> Result<()> {
    let (half, half_written) = oneshot::channel();
    let tasks = TaskTracker::new();
    tasks.spawn(store(path, half, last_line));
    half_written.await?;
    let _ = office.send("$$\n");
    tasks.close();
    tasks.wait().await;
    Ok(())
}

/// Writes a line, says so, and waits for the last one.
async fn store(path: String, half: Sender<()>, last_line: Receiver<&str>) {
    let mut file = File::create(path).expect("the folder can be written to");
    file.write_all(b"TORNADO WARNING\n").expect("there is room");
    let _ = half.send(());
    if let Ok(line) = last_line.await {
        file.write_all(line.as_bytes()).expect("there is room");
    }
}

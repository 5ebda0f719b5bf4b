//! `drop` starts a task for its clean-up. At the end of the program, that task never runs.
//!
//! ```text
//! cargo run -p shutdown --example shutdown_mistake_spawn_in_drop
//! ```
//!
//! `Spawning` is wrong: `main` returns right after the value is dropped, and a runtime that shuts
//! down drops its tasks. `Closing` is right: its method `close` is awaited, so `main` goes on only
//! when the clean-up is done.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::{Builder, Runtime};

/// Removes a lock file, for instance. Here it only notes that it has run.
async fn clean_up(is_clean: Arc<AtomicBool>) {
    is_clean.store(true, Ordering::Relaxed);
}

struct Spawning {
    is_clean: Arc<AtomicBool>,
}

impl Drop for Spawning {
    fn drop(&mut self) {
        tokio::spawn(clean_up(Arc::clone(&self.is_clean))); // Wrong: nobody waits for the task.
    }
}

struct Closing {
    is_clean: Arc<AtomicBool>,
}

impl Closing {
    async fn close(self) {
        clean_up(self.is_clean).await;
    }
}

fn main() -> std::io::Result<ExitCode> {
    let is_clean = Arc::new(AtomicBool::new(false));
    let connection = Spawning {
        is_clean: Arc::clone(&is_clean),
    };
    run_to_the_end(async move { drop(connection) })?;
    let spawned = is_clean.load(Ordering::Relaxed);
    println!("spawned in drop: cleaned up: {spawned}");

    let is_clean = Arc::new(AtomicBool::new(false));
    let connection = Closing {
        is_clean: Arc::clone(&is_clean),
    };
    run_to_the_end(async move { connection.close().await })?;
    let closed = is_clean.load(Ordering::Relaxed);
    println!("close: cleaned up: {closed}");

    if spawned {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("the runtime shut down before it ran the task that `drop` had spawned");
    eprintln!("write an async method `close(self)`, and await it before `main` returns");
    Ok(ExitCode::FAILURE)
}

/// Does what `#[tokio::main(flavor = "current_thread")]` does with the body of `main`.
fn run_to_the_end(body: impl Future<Output = ()>) -> std::io::Result<()> {
    let runtime: Runtime = Builder::new_current_thread().build()?;
    runtime.block_on(body);
    drop(runtime);
    Ok(())
}

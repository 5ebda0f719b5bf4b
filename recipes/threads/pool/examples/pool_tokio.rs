//! The same job on tokio's threads for blocking work.
//!
//! ```text
//! cargo run -p pool --example pool_tokio
//! ```
//!
//! The difference from the recipe: the threads are tokio's. The whole program shares them, and by
//! default there are up to 512. A semaphore limits how many of these jobs run at once. Each picture
//! is a task that first waits for a permit. Closing the semaphore cancels the tasks that still wait
//! for one. A panic comes back as a `JoinError`. Choose it if your program is async already. If all
//! it does is compute, choose rayon.

#[path = "../src/cli.rs"]
mod cli;

use std::path::PathBuf;
use std::sync::Arc;

use indicatif::ProgressBar;
use tokio::sync::Semaphore;
use tokio::task;

use cli::{Outcome, Thumbnail};

#[tokio::main]
async fn main() {
    // Blocks this thread, which does no harm: no task is running yet.
    let options = cli::options_or_exit();
    let limit = Arc::new(Semaphore::new(options.threads));
    // Draws on standard error, but only if that is a terminal.
    let progress = ProgressBar::new(options.pictures.len() as u64);

    let mut tasks = Vec::new();
    for picture in &options.pictures {
        let limit = Arc::clone(&limit);
        tasks.push(task::spawn(make_thumbnail(
            picture.clone(),
            limit,
            progress.clone(),
        )));
    }

    let mut outcomes = Vec::new();
    for (picture, task) in options.pictures.iter().zip(tasks) {
        let result = task.await.expect("the task itself does not panic");
        let has_failed = result.is_err();
        outcomes.push(Outcome { picture, result });
        if has_failed && options.fail_fast {
            limit.close();
            break;
        }
    }
    progress.finish_and_clear();
    cli::finish_or_exit(&options, &outcomes);
}

async fn make_thumbnail(
    picture: PathBuf,
    limit: Arc<Semaphore>,
    progress: ProgressBar,
) -> Result<Thumbnail, String> {
    // Held until the blocking job is done.
    let Ok(_permit) = limit.acquire().await else {
        return Err("the job was canceled".to_string());
    };
    let job = task::spawn_blocking(move || cli::make_thumbnail(&picture));
    let result = job.await;
    progress.inc(1);
    // The error is a panic, because nobody aborts these jobs.
    result.unwrap_or_else(|error| Err(cli::describe_panic(error.into_panic())))
}

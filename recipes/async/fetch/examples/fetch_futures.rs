//! The same job with futures: a stream that polls four downloads at a time.
//!
//! ```text
//! cargo run -p fetch --example fetch_futures
//! ```
//!
//! The difference from the recipe: no download has a task of its own. `buffer_unordered` makes a
//! future for each page, polls four of them in the task of `main`, and makes the next one when one
//! is done. The futures borrow from `main`, and no semaphore is needed. Choose it for a long list
//! of pages, because only four futures exist at a time. But they all run on the thread of this one
//! task: a download that computes for long holds up the others, and while you handle a result, no
//! download goes on.

#[path = "../src/cli.rs"]
mod cli;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt};
use tokio::task;
use tokio::time::{self, Instant};
use tokio_util::sync::CancellationToken;

use cli::{Download, Failure, Job, Page, Server};

/// How many pages are downloaded at a time. The server refuses more connections.
const AT_ONCE: usize = 4;

/// A page that is not complete after this time has failed.
const LIMIT: Duration = Duration::from_secs(1);

/// How often the program asks for a page if the server is busy.
const ATTEMPTS: u32 = 3;

/// The pause before the second attempt. Each further pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

const MAX_REDIRECTS: usize = 5;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let job = cli::job_or_exit();
    if !job.real_time {
        time::pause(); // Makes waiting take no time. Leave this out of your own program.
    }
    let start = Instant::now();
    let server = Server::start(Arc::clone(&job.site));
    let stop = CancellationToken::new();
    tokio::spawn(cancel_on_ctrl_c(stop.clone()));

    let downloads: Vec<Download> = stream::iter(job.site.pages())
        .map(|page| download(page, &job, &server, &stop))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    job.finish(&server, downloads, start.elapsed())
}

/// Cancels the token when the user presses Ctrl-C.
async fn cancel_on_ctrl_c(stop: CancellationToken) {
    match tokio::signal::ctrl_c().await {
        Ok(()) => stop.cancel(),
        Err(error) => eprintln!("Ctrl-C will end the program without a report: {error}"),
    }
}

async fn download(page: String, job: &Job, server: &Server, stop: &CancellationToken) -> Download {
    let fetched = stop.run_until_cancelled(fetch(&page, server)).await;
    let result = match fetched {
        Some(Ok(file)) => save(&job.folder, &page, file).await,
        Some(Err(failure)) => Err(failure),
        None => Err(Failure::Stopped),
    };
    Download { page, result }
}

/// Fetches a page within the time limit.
async fn fetch(page: &str, server: &Server) -> Result<Page, Failure> {
    match time::timeout(LIMIT, fetch_with_retries(page, server)).await {
        Ok(result) => result,
        Err(_elapsed) => Err(Failure::TimedOut(LIMIT)),
    }
}

/// Asks again after a pause if the server is busy or the connection breaks.
async fn fetch_with_retries(page: &str, server: &Server) -> Result<Page, Failure> {
    let mut pause = FIRST_PAUSE;
    for attempt in 1..ATTEMPTS {
        match follow(page, attempt, server).await {
            Err(failure) if failure.is_temporary() => time::sleep(pause).await,
            result => return result,
        }
        pause *= 2;
    }
    follow(page, ATTEMPTS, server).await
}

/// Follows redirects, but not for long: two addresses may redirect to each other.
async fn follow(page: &str, attempts: u32, server: &Server) -> Result<Page, Failure> {
    let mut address = page.to_string();
    for _request in 0..=MAX_REDIRECTS {
        let response = cli::get(server, &address).await;
        let response = response.map_err(Failure::Connection)?;
        match response.status {
            200 => {
                return Ok(Page {
                    body: response.body,
                    address,
                    attempts,
                });
            }
            301 | 302 | 307 | 308 => address = response.location,
            status => return Err(Failure::Status(status)),
        }
    }
    Err(Failure::TooManyRedirects(MAX_REDIRECTS))
}

/// Saves a page in another thread, because writing to a disk blocks.
async fn save(folder: &Path, page: &str, file: Page) -> Result<Page, Failure> {
    let folder = folder.to_path_buf();
    let page = page.to_string();
    let saved = task::spawn_blocking(move || {
        cli::save(&folder, &page, &file.body).map_err(Failure::NotSaved)?;
        Ok(file)
    });
    saved.await.expect("saving does not panic")
}

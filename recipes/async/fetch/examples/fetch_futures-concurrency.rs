//! The same job with futures-concurrency: a concurrent stream with a limit.
//!
//! ```text
//! cargo run -p fetch --example fetch_futures-concurrency
//! ```
//!
//! The difference from the recipe: the list of pages becomes a concurrent stream, whose `limit`
//! says how many futures run at a time, and `race` waits for the first of several futures and
//! drops the others. The crate works on every runtime. As with `buffer_unordered`, all futures run
//! in one task and may borrow from `main`. Unlike there, what you do with a result is part of the
//! future, so it holds up no other download. Beware: in version 7.7, only `for_each` and
//! `try_for_each` keep to the limit. `collect` ignores it.

#[path = "../src/cli.rs"]
mod cli;

use std::cell::RefCell;
use std::num::NonZero;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use futures_concurrency::prelude::*;
use tokio::task;
use tokio::time::{self, Instant};
use tokio_util::sync::CancellationToken;

use cli::{Download, Failure, Job, Page, Server};

/// How many pages are downloaded at a time. The server refuses more connections.
const AT_ONCE: NonZero<usize> = NonZero::new(4).unwrap();

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

    let downloads = RefCell::new(Vec::new());
    let pages = job.site.pages().into_co_stream();
    pages
        .limit(Some(AT_ONCE))
        .for_each(async |page| {
            let download = download(page, &job, &server, &stop).await;
            downloads.borrow_mut().push(download);
        })
        .await;
    let downloads = downloads.into_inner();
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
    let too_late = async {
        time::sleep(LIMIT).await;
        Err(Failure::TimedOut(LIMIT))
    };
    (fetch_with_retries(page, server), too_late).race().await
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

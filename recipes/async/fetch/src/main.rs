//! Download the pages of a site, four at a time, until all are there or the user presses Ctrl-C.
//!
//! Each page has a task in a [`JoinSet`]. The server refuses a fifth connection, so each task takes
//! one of the four permits of a [`Semaphore`] before it connects. If the server is busy, the task
//! asks again after a pause. It follows a few redirects, and gives up after a time limit. Ctrl-C
//! cancels a [`CancellationToken`]: all tasks stop where they wait, and the report says which pages
//! have been saved. A file gets the name of its page once all of the page is in it, so there is
//! never half a page.
//!
//! ```text
//! cargo run -p fetch                          # the site in input/, served by this program
//! cargo run -p fetch -- site pages            # serves the folder `site`, saves it in `pages`
//! cargo run -p fetch -- --real-time           # waits for real, about a second
//! ```
//!
//! Prints which pages needed more than one request, which failed, and how many were saved. The
//! output is the same on every run, because the clock is paused: when all tasks wait, it jumps to
//! the time at which the next one wakes up. Standard error says how much time has passed on it.

mod cli;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::{self, JoinSet};
use tokio::time::{self, Instant};
use tokio_util::sync::CancellationToken;

pub(crate) use cli::{Download, Failure, Page, Server, Site}; // The tests use these, too.

/// How many pages are downloaded at a time. The server refuses more connections.
const AT_ONCE: usize = 4;

/// A page that is not complete after this time has failed.
const LIMIT: Duration = Duration::from_secs(1);

/// How many times the program asks for a page if the server is busy.
const ATTEMPTS: u32 = 3;

/// The pause before the second attempt. Each further pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

const MAX_REDIRECTS: usize = 5;

/// What all tasks share.
pub(crate) struct Downloader {
    server: Server,
    folder: PathBuf,
    permits: Semaphore,
    pub(crate) stop: CancellationToken,
}

// ANCHOR: main
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let job = cli::job_or_exit();
    if !job.real_time {
        time::pause(); // Makes waiting take no time. Leave this out of your own program.
    }
    let start = Instant::now();
    let downloader = Arc::new(Downloader::new(&job.site, &job.folder));
    tokio::spawn(cancel_on_ctrl_c(downloader.stop.clone()));

    let downloads = download_all(Arc::clone(&downloader), job.site.pages()).await;
    job.finish(&downloader.server, downloads, start.elapsed())
}

/// Cancels the token when the user presses Ctrl-C.
async fn cancel_on_ctrl_c(stop: CancellationToken) {
    match tokio::signal::ctrl_c().await {
        Ok(()) => stop.cancel(),
        Err(error) => eprintln!("Ctrl-C will end the program without a report: {error}"),
    }
}
// ANCHOR_END: main

// ANCHOR: all
/// Downloads the pages, at most `AT_ONCE` at a time, and says what has become of each.
pub(crate) async fn download_all(downloader: Arc<Downloader>, pages: Vec<String>) -> Vec<Download> {
    let mut tasks = JoinSet::new();
    for page in pages {
        let downloader = Arc::clone(&downloader);
        tasks.spawn(async move { downloader.download(page).await });
    }
    tasks.join_all().await
}
// ANCHOR_END: all

impl Downloader {
    pub(crate) fn new(site: &Arc<Site>, folder: &Path) -> Self {
        Downloader {
            server: Server::start(Arc::clone(site)),
            folder: folder.to_path_buf(),
            permits: Semaphore::new(AT_ONCE),
            stop: CancellationToken::new(),
        }
    }

    // ANCHOR: download
    async fn download(&self, page: String) -> Download {
        let fetched = tokio::select! {
            biased; // Checks the token first, so that no task connects after Ctrl-C.
            // Cancel-safe: this only waits.
            () = self.stop.cancelled() => Err(Failure::Stopped),
            // Need not be cancel-safe: nothing has been written yet, and the page is given up.
            result = self.fetch(&page) => result,
        };
        let result = match fetched {
            Ok(file) => self.save(&page, file).await, // Runs to its end, even after Ctrl-C.
            Err(failure) => Err(failure),
        };
        Download { page, result }
    }

    /// Fetches a page within the time limit. Holds a permit until the page is here.
    async fn fetch(&self, page: &str) -> Result<Page, Failure> {
        let permit = self.permits.acquire().await;
        let _permit = permit.expect("the semaphore is never closed");
        match time::timeout(LIMIT, self.fetch_with_retries(page)).await {
            Ok(result) => result,
            Err(_elapsed) => Err(Failure::TimedOut(LIMIT)),
        }
    }
    // ANCHOR_END: download

    // ANCHOR: retry
    /// Asks again after a pause if the server is busy or the connection breaks.
    async fn fetch_with_retries(&self, page: &str) -> Result<Page, Failure> {
        let mut pause = FIRST_PAUSE;
        for attempt in 1..ATTEMPTS {
            match self.follow(page, attempt).await {
                Err(failure) if failure.is_temporary() => time::sleep(pause).await,
                result => return result,
            }
            pause *= 2;
        }
        self.follow(page, ATTEMPTS).await
    }

    /// Follows redirects, but not for long: two addresses may redirect to each other.
    async fn follow(&self, page: &str, attempts: u32) -> Result<Page, Failure> {
        let mut address = page.to_string();
        for _request in 0..=MAX_REDIRECTS {
            let response = cli::get(&self.server, &address).await;
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
    // ANCHOR_END: retry

    /// Saves a page in another thread, because writing to a disk blocks.
    async fn save(&self, page: &str, file: Page) -> Result<Page, Failure> {
        let folder = self.folder.clone();
        let page = page.to_string();
        let saved = task::spawn_blocking(move || {
            cli::save(&folder, &page, &file.body).map_err(Failure::NotSaved)?;
            Ok(file)
        });
        saved.await.expect("saving does not panic")
    }
}

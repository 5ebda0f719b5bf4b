//! The solution of the exercise: a task gives its permit back while it pauses.
//!
//! ```text
//! cargo run -p fetch --example fetch_solution
//! ```
//!
//! Each attempt takes a permit of its own, and has the time limit for itself. A limit for all
//! attempts of a page would also count the time in which the page waits for its next permit.

#[path = "../src/cli.rs"]
mod cli;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::{self, JoinSet};
use tokio::time::{self, Instant};
use tokio_util::sync::CancellationToken;

use cli::{Download, Failure, Page, Server, Site};

/// How many pages are downloaded at a time. The server refuses more connections.
const AT_ONCE: usize = 4;

/// A page that is not complete this long after an attempt began has failed.
const LIMIT: Duration = Duration::from_secs(1);

/// How often the program asks for a page if the server is busy.
const ATTEMPTS: u32 = 3;

/// The pause before the second attempt. Each further pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

const MAX_REDIRECTS: usize = 5;

/// What all tasks share.
struct Downloader {
    server: Server,
    folder: PathBuf,
    permits: Semaphore,
    stop: CancellationToken,
}

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

/// Downloads the pages, at most `AT_ONCE` at a time, and says what has become of each.
async fn download_all(downloader: Arc<Downloader>, pages: Vec<String>) -> Vec<Download> {
    let mut tasks = JoinSet::new();
    for page in pages {
        let downloader = Arc::clone(&downloader);
        tasks.spawn(async move { downloader.download(page).await });
    }
    tasks.join_all().await
}

impl Downloader {
    fn new(site: &Arc<Site>, folder: &Path) -> Self {
        Downloader {
            server: Server::start(Arc::clone(site)),
            folder: folder.to_path_buf(),
            permits: Semaphore::new(AT_ONCE),
            stop: CancellationToken::new(),
        }
    }

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

    /// Asks again after a pause if the server is busy or the connection breaks.
    async fn fetch(&self, page: &str) -> Result<Page, Failure> {
        let mut pause = FIRST_PAUSE;
        for attempt in 1..ATTEMPTS {
            match self.attempt(page, attempt).await {
                Err(failure) if failure.is_temporary() => time::sleep(pause).await,
                result => return result,
            }
            pause *= 2;
        }
        self.attempt(page, ATTEMPTS).await
    }

    /// Waits for a permit, asks within the time limit, and gives the permit back.
    async fn attempt(&self, page: &str, attempt: u32) -> Result<Page, Failure> {
        let permit = self.permits.acquire().await;
        let _permit = permit.expect("the semaphore is never closed");
        match time::timeout(LIMIT, self.follow(page, attempt)).await {
            Ok(result) => result,
            Err(_elapsed) => Err(Failure::TimedOut(LIMIT)),
        }
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

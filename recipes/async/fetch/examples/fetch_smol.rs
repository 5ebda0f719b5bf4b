//! The same job with smol, another runtime.
//!
//! ```text
//! cargo run -p fetch --example fetch_smol
//! ```
//!
//! The difference from the recipe: smol consists of small crates that work with any executor. Its
//! tasks are cancelled when you drop them, its timer is a future of its own, and `or` polls two
//! futures until one is done. There is no `JoinSet`, so the tasks are kept in a `Vec`, and no
//! cancellation token, so a channel that closes tells all tasks to stop. The clock cannot be
//! paused: waiting takes as long as it says. Choose smol for a small program without libraries
//! that need tokio.

#[path = "../src/cli.rs"]
mod cli;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use async_signal::{Signal, Signals};
use smol::channel::{self, Receiver, Sender};
use smol::future::{self, FutureExt};
use smol::lock::Semaphore;
use smol::stream::StreamExt;
use smol::{LocalExecutor, Timer};

use cli::{Download, Failure, Page, Server, Site};

/// How many pages are downloaded at a time. The server refuses more connections.
const AT_ONCE: usize = 4;

/// A page that is not complete after this time has failed.
const LIMIT: Duration = Duration::from_secs(1);

/// How often the program asks for a page if the server is busy.
const ATTEMPTS: u32 = 3;

/// The pause before the second attempt. Each further pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

const MAX_REDIRECTS: usize = 5;

/// A type without values. Nothing can be sent, so the only signal is the end of the channel.
enum Signaled {}

/// What all tasks share.
struct Downloader {
    server: Server,
    folder: PathBuf,
    permits: Semaphore,
    stopped: Receiver<Signaled>,
}

fn main() -> ExitCode {
    let job = cli::job_or_exit();
    if !job.real_time {
        eprintln!("the clock of smol cannot be paused, so waiting takes time");
    }
    // The server of this program runs on tokio, in a thread of its own. Yours needs no tokio.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap_or_else(|error| cli::exit(&format!("cannot start the server: {error}")));
    let handle = runtime.handle().clone();
    thread::spawn(move || runtime.block_on(future::pending::<()>()));
    let _inside = handle.enter();

    let start = Instant::now();
    let (stop, stopped) = channel::bounded(1);
    let downloader = Downloader::new(&job.site, &job.folder, stopped);
    let executor = LocalExecutor::new();
    executor.spawn(close_on_ctrl_c(stop)).detach();
    let downloads =
        smol::block_on(executor.run(download_all(&downloader, job.site.pages(), &executor)));
    job.finish(&downloader.server, downloads, start.elapsed())
}

/// Drops the sender, which closes the channel, when the user presses Ctrl-C.
async fn close_on_ctrl_c(stop: Sender<Signaled>) {
    match Signals::new([Signal::Int]) {
        Ok(mut signals) => {
            signals.next().await;
            drop(stop);
        }
        Err(error) => {
            eprintln!("Ctrl-C will end the program without a report: {error}");
            stop.closed().await; // Keeps the channel open until the end.
        }
    }
}

/// Downloads the pages, at most `AT_ONCE` at a time, and says what has become of each.
async fn download_all<'a>(
    downloader: &'a Downloader,
    pages: Vec<String>,
    executor: &LocalExecutor<'a>,
) -> Vec<Download> {
    let mut tasks = Vec::new();
    for page in pages {
        tasks.push(executor.spawn(downloader.download(page)));
    }
    let mut downloads = Vec::new();
    for task in tasks {
        downloads.push(task.await);
    }
    downloads
}

impl Downloader {
    fn new(site: &Arc<Site>, folder: &Path, stopped: Receiver<Signaled>) -> Self {
        Downloader {
            server: Server::start(Arc::clone(site)),
            folder: folder.to_path_buf(),
            permits: Semaphore::new(AT_ONCE),
            stopped,
        }
    }

    async fn download(&self, page: String) -> Download {
        let stopped = async {
            let _ = self.stopped.recv().await; // An error, because the channel has been closed.
            Err(Failure::Stopped)
        };
        // `or` may drop either future, and neither has written anything yet.
        let fetched = stopped.or(self.fetch(&page)).await;
        let result = match fetched {
            Ok(file) => self.save(&page, file).await,
            Err(failure) => Err(failure),
        };
        Download { page, result }
    }

    /// Fetches a page within the time limit. Holds a permit until the page is here.
    async fn fetch(&self, page: &str) -> Result<Page, Failure> {
        let _permit = self.permits.acquire().await;
        let too_late = async {
            Timer::after(LIMIT).await;
            Err(Failure::TimedOut(LIMIT))
        };
        self.fetch_with_retries(page).or(too_late).await
    }

    /// Asks again after a pause if the server is busy or the connection breaks.
    async fn fetch_with_retries(&self, page: &str) -> Result<Page, Failure> {
        let mut pause = FIRST_PAUSE;
        for attempt in 1..ATTEMPTS {
            match self.follow(page, attempt).await {
                Err(failure) if failure.is_temporary() => Timer::after(pause).await,
                result => return result,
            };
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

    /// Saves a page in another thread, because writing to a disk blocks.
    async fn save(&self, page: &str, file: Page) -> Result<Page, Failure> {
        let folder = self.folder.clone();
        let page = page.to_string();
        let saved = smol::unblock(move || {
            cli::save(&folder, &page, &file.body).map_err(Failure::NotSaved)?;
            Ok(file)
        });
        saved.await
    }
}

//! Store weather bulletins until a signal comes, finish those in progress, and exit.
//!
//! Offices send bulletins to a server, which stores each in a file. The first SIGTERM or Ctrl-C
//! tells the server to stop: it accepts no more connections and no new bulletins, but it finishes
//! those in progress. If an office does not send the rest of its bulletin, the server gives up
//! after a limit, or at a second signal. A `.txt` file in the store is always complete.
//!
//! ```text
//! cargo run -p shutdown                       # a demonstration with the bulletins in input/
//! cargo run -p shutdown -- OKX.txt MEG.txt    # with your own files; each is an office
//! cargo run -p shutdown -- --serve FOLDER     # serves until you press Ctrl-C; see src/cli.rs
//! ```
//!
//! In the demonstration, the signal comes when every office is in the middle of a bulletin. Then
//! the program prints what became of the bulletins. Its output is the same on every run.

mod cli;

use std::error::Error;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::{task, time};
use tokio_stream::StreamExt;
use tokio_util::codec::{FramedRead, LinesCodec};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use cli::Job;
pub(crate) use cli::{Ending, Store};

/// The lines that an office sends.
type Lines = FramedRead<OwnedReadHalf, LinesCodec>;

/// Asks the server to stop.
pub(crate) struct StopRequest;

// ANCHOR: main
fn main() -> ExitCode {
    let job = cli::job_or_exit();
    let runtime = Runtime::new().expect("a runtime can be started");
    let ending = runtime.block_on(run(&job));
    // Drops the tasks that are left, and does not wait for a call that blocks a thread.
    runtime.shutdown_background();
    job.report(ending)
}

async fn run(job: &Job) -> io::Result<Ending> {
    let (requests, stop_requests) = mpsc::channel(1);
    forward_signals(requests.clone())?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    // Only Windows needs the closure. On Unix, the demonstration sends a real SIGTERM.
    job.start(listener.local_addr()?, move || {
        let _ = requests.blocking_send(StopRequest);
    });
    Ok(serve(listener, job.store(), stop_requests, job.limit()).await)
}
// ANCHOR_END: main

// ANCHOR: serve
/// Serves until the first request to stop. Then waits for the connections, but no longer than the
/// limit, and only until the second request.
pub(crate) async fn serve(
    listener: TcpListener,
    store: Arc<Store>,
    mut stop_requests: mpsc::Receiver<StopRequest>,
    limit: Duration,
) -> Ending {
    let stop = CancellationToken::new();
    let connections = TaskTracker::new();

    loop {
        tokio::select! {
            // Cancel-safe: a request that is not received now stays in the channel.
            _ = stop_requests.recv() => break,
            // Cancel-safe: a connection that is not accepted now stays in the listener.
            connection = listener.accept() => match connection {
                Ok((stream, _address)) => {
                    connections.spawn(serve_office(stream, Arc::clone(&store), stop.clone()));
                }
                Err(error) => {
                    cli::log(&format!("cannot accept a connection: {error}"));
                    time::sleep(cli::PAUSE).await;
                }
            },
        }
    }

    drop(listener); // From now on, nobody can connect.
    stop.cancel(); // From now on, no bulletin begins.
    connections.close(); // From now on, `wait` ends as soon as no connection is left.
    cli::log(&format!(
        "stopping: {}",
        cli::connections(connections.len())
    ));

    let ending = tokio::select! {
        // These branches are waited for only once, so none has to be cancel-safe.
        () = connections.wait() => Ending::Finished,
        () = time::sleep(limit) => Ending::LimitPassed,
        _ = stop_requests.recv() => Ending::SecondRequest,
    };
    cli::log(&format!(
        "{ending}: {}",
        cli::connections(connections.len())
    ));
    ending
}
// ANCHOR_END: serve

// ANCHOR: office
/// Serves one office. Reports an error here, because nobody reads the result of the task.
async fn serve_office(stream: TcpStream, store: Arc<Store>, stop: CancellationToken) {
    if let Err(error) = store_bulletins(stream, store, stop).await {
        cli::log(&format!("closed a connection: {error}"));
    }
}

/// Stores the bulletins of one office until it disconnects or the server stops.
async fn store_bulletins(
    stream: TcpStream,
    store: Arc<Store>,
    stop: CancellationToken,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = FramedRead::new(reader, LinesCodec::new_with_max_length(cli::MAX_LINE));
    writer.write_all(b"ready\n").await?;

    loop {
        let first_line = tokio::select! {
            // If both branches are ready, stopping comes first.
            biased;
            // Cancel-safe: once the token is canceled, it stays canceled.
            () = stop.cancelled() => break,
            // Cancel-safe: part of a line stays in `lines`. If the server stops, it is lost: a
            // bulletin begins when its first line is complete.
            line = lines.try_next() => line?,
        };
        let Some(first_line) = first_line else {
            return Ok(()); // The office has disconnected.
        };
        writer.write_all(b"go on\n").await?;

        // A bulletin has begun. Until it is stored, nothing here waits for the token.
        let Some(bulletin) = receive(first_line, &mut lines).await? else {
            return Ok(()); // The office has disconnected in the middle, so there is no bulletin.
        };
        let store = Arc::clone(&store);
        task::spawn_blocking(move || store.put(&bulletin)).await??;
        writer.write_all(b"stored\n").await?;
    }

    writer.write_all(b"closing\n").await?;
    Ok(())
}
// ANCHOR_END: office

/// Receives the rest of a bulletin. Returns `None` if the office disconnects before its end.
async fn receive(
    first_line: String,
    lines: &mut Lines,
) -> Result<Option<String>, Box<dyn Error + Send + Sync>> {
    let mut bulletin = first_line + "\n";
    for _ in 1..cli::MAX_LINES {
        let Some(line) = lines.try_next().await? else {
            return Ok(None);
        };
        bulletin.push_str(&line);
        bulletin.push('\n');
        if line == cli::END {
            return Ok(Some(bulletin));
        }
    }
    Err(format!("a bulletin has more than {} lines", cli::MAX_LINES).into())
}

// ANCHOR: signals
/// Turns each SIGTERM and each Ctrl-C into a request. From now on, they do not end the process.
#[cfg(unix)]
fn forward_signals(requests: mpsc::Sender<StopRequest>) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                // Cancel-safe: a signal that is not received now is received in the next round.
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if requests.send(StopRequest).await.is_err() {
                return; // The server has ended.
            }
        }
    });
    Ok(())
}
// ANCHOR_END: signals

/// Turns each Ctrl-C into a request. From now on, it does not end the process. Windows has no
/// SIGTERM.
#[cfg(windows)]
fn forward_signals(requests: mpsc::Sender<StopRequest>) -> io::Result<()> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    tokio::spawn(async move {
        while interrupt.recv().await.is_some() {
            if requests.send(StopRequest).await.is_err() {
                return; // The server has ended.
            }
        }
    });
    Ok(())
}

//! The same job with a `watch` channel instead of a `CancellationToken` and a `TaskTracker`.
//!
//! ```text
//! cargo run -p shutdown --example shutdown_watch
//! ```
//!
//! The difference from the recipe: one channel has both duties. Each task holds a receiver and
//! waits until the value is `true`. When a task ends, its receiver is dropped, and `closed` waits
//! until none is left. This needs no more than tokio itself. But a task that lets go of its
//! receiver too early is not waited for, and there are no child tokens for a part of the program.

#[path = "../src/cli.rs"]
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
use tokio::sync::{mpsc, watch};
use tokio::{task, time};
use tokio_stream::StreamExt;
use tokio_util::codec::{FramedRead, LinesCodec};

use cli::{Ending, Job, Store};

/// The lines that an office sends.
type Lines = FramedRead<OwnedReadHalf, LinesCodec>;

/// Asks the server to stop.
struct StopRequest;

fn main() -> ExitCode {
    let job = cli::job_or_exit();
    let runtime = Runtime::new().expect("a runtime can be started");
    let ending = runtime.block_on(run(&job));
    runtime.shutdown_background();
    job.report(ending)
}

async fn run(job: &Job) -> io::Result<Ending> {
    let (requests, stop_requests) = mpsc::channel(1);
    forward_signals(requests.clone())?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    job.start(listener.local_addr()?, move || {
        let _ = requests.blocking_send(StopRequest);
    });
    Ok(serve(listener, job.store(), stop_requests, job.limit()).await)
}

async fn serve(
    listener: TcpListener,
    store: Arc<Store>,
    mut stop_requests: mpsc::Receiver<StopRequest>,
    limit: Duration,
) -> Ending {
    let (stop, stopped) = watch::channel(false);

    loop {
        tokio::select! {
            // Cancel-safe: a request that is not received now stays in the channel.
            _ = stop_requests.recv() => break,
            // Cancel-safe: a connection that is not accepted now stays in the listener.
            connection = listener.accept() => match connection {
                Ok((stream, _address)) => {
                    tokio::spawn(serve_office(stream, Arc::clone(&store), stopped.clone()));
                }
                Err(error) => {
                    cli::log(&format!("cannot accept a connection: {error}"));
                    time::sleep(cli::PAUSE).await;
                }
            },
        }
    }

    drop(listener);
    drop(stopped); // Otherwise `closed` would wait for this receiver, too.
    stop.send_replace(true);
    cli::log(&format!(
        "stopping: {}",
        cli::connections(stop.receiver_count())
    ));

    let ending = tokio::select! {
        // These branches are waited for only once, so none has to be cancel-safe.
        () = stop.closed() => Ending::Finished,
        () = time::sleep(limit) => Ending::LimitPassed,
        _ = stop_requests.recv() => Ending::SecondRequest,
    };
    cli::log(&format!(
        "{ending}: {}",
        cli::connections(stop.receiver_count())
    ));
    ending
}

async fn serve_office(stream: TcpStream, store: Arc<Store>, mut stopped: watch::Receiver<bool>) {
    // Only a reference, so that the receiver is dropped when the task ends, and not before.
    if let Err(error) = store_bulletins(stream, store, &mut stopped).await {
        cli::log(&format!("closed a connection: {error}"));
    }
}

async fn store_bulletins(
    stream: TcpStream,
    store: Arc<Store>,
    stopped: &mut watch::Receiver<bool>,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = FramedRead::new(reader, LinesCodec::new_with_max_length(cli::MAX_LINE));
    writer.write_all(b"ready\n").await?;

    loop {
        let first_line = tokio::select! {
            // If both branches are ready, stopping comes first.
            biased;
            // Cancel-safe: the value stays `true`. An error means that the server has ended.
            _ = stopped.wait_for(|is_stopped| *is_stopped) => break,
            // Cancel-safe: part of a line stays in `lines`. If the server stops, it is lost: a
            // bulletin begins when its first line is complete.
            line = lines.try_next() => line?,
        };
        let Some(first_line) = first_line else {
            return Ok(());
        };
        writer.write_all(b"go on\n").await?;
        let Some(bulletin) = receive(first_line, &mut lines).await? else {
            return Ok(());
        };
        let store = Arc::clone(&store);
        task::spawn_blocking(move || store.put(&bulletin)).await??;
        writer.write_all(b"stored\n").await?;
    }

    writer.write_all(b"closing\n").await?;
    Ok(())
}

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

/// Turns each SIGTERM and each Ctrl-C into a request.
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
                return;
            }
        }
    });
    Ok(())
}

/// Turns each Ctrl-C into a request. Windows has no SIGTERM.
#[cfg(windows)]
fn forward_signals(requests: mpsc::Sender<StopRequest>) -> io::Result<()> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    tokio::spawn(async move {
        while interrupt.recv().await.is_some() {
            if requests.send(StopRequest).await.is_err() {
                return;
            }
        }
    });
    Ok(())
}

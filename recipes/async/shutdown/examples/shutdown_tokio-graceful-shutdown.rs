//! The same job with tokio-graceful-shutdown.
//!
//! ```text
//! cargo run -p shutdown --example shutdown_tokio-graceful-shutdown
//! ```
//!
//! The difference from the recipe: the program is a tree of subsystems. `Toplevel` starts the
//! first, waits for a stop, then for all subsystems, and cancels those that take longer than the
//! limit. If a subsystem fails or panics, the others stop too. Choose it if your program has
//! several parts, such as a server and a job that runs every minute. As its authors advise, each
//! connection is a task of a `TaskTracker`, and not a subsystem. `catch_signals` would wait for
//! the first signal, but it ignores the second, so this program forwards its signals itself.

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
use tokio::sync::mpsc;
use tokio::{task, time};
use tokio_graceful_shutdown::errors::{CancelledByShutdown, GracefulShutdownError};
use tokio_graceful_shutdown::{FutureExt, SubsystemBuilder, SubsystemHandle, Toplevel};
use tokio_stream::StreamExt;
use tokio_util::codec::{FramedRead, LinesCodec};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

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
    let stop = CancellationToken::new();
    let connections = TaskTracker::new();
    let tracker = connections.clone();
    let server = async move |subsystem: &mut SubsystemHandle| {
        accept(subsystem, listener, store, tracker).await
    };
    let start = async move |subsystem: &mut SubsystemHandle| {
        subsystem.start(SubsystemBuilder::new("server", server));
    };
    let toplevel = Toplevel::new_with_shutdown_token(start, stop.clone());
    let request_stop = async {
        let _ = stop_requests.recv().await;
        stop.cancel();
        let _ = stop_requests.recv().await;
    };

    let ending = tokio::select! {
        // These branches are waited for only once, so none has to be cancel-safe.
        result = toplevel.handle_shutdown_requests(limit) => match result {
            Ok(()) => Ending::Finished,
            Err(GracefulShutdownError::ShutdownTimeout(_)) => Ending::LimitPassed,
            Err(error) => panic!("the server fails only at the limit: {error}"),
        },
        () = request_stop => Ending::SecondRequest,
    };
    cli::log(&format!(
        "{ending}: {}",
        cli::connections(connections.len())
    ));
    ending
}

/// The subsystem that accepts connections. It ends when all of them are closed.
async fn accept(
    subsystem: &mut SubsystemHandle,
    listener: TcpListener,
    store: Arc<Store>,
    connections: TaskTracker,
) -> Result<(), io::Error> {
    // One token for all connections: tokens made one by one would be canceled one by one.
    let stop = subsystem.create_cancellation_token();
    loop {
        match listener.accept().cancel_on_shutdown(subsystem).await {
            Ok(Ok((stream, _address))) => {
                connections.spawn(serve_office(stream, Arc::clone(&store), stop.clone()));
            }
            Ok(Err(error)) => {
                cli::log(&format!("cannot accept a connection: {error}"));
                time::sleep(cli::PAUSE).await;
            }
            Err(CancelledByShutdown) => break,
        }
    }

    drop(listener);
    connections.close();
    cli::log(&format!(
        "stopping: {}",
        cli::connections(connections.len())
    ));
    connections.wait().await;
    Ok(())
}

async fn serve_office(stream: TcpStream, store: Arc<Store>, stop: CancellationToken) {
    if let Err(error) = store_bulletins(stream, store, stop).await {
        cli::log(&format!("closed a connection: {error}"));
    }
}

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

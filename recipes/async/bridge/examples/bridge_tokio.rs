//! The same job on tokio's threads for blocking work, in a program that is asynchronous throughout.
//!
//! ```text
//! cargo run -p bridge --example bridge_tokio
//! ```
//!
//! The difference from the recipe: each picture is a job of `spawn_blocking`. By default tokio
//! starts up to 512 threads for such jobs, because most of them wait for a disk. These jobs
//! compute, so a semaphore limits them to one for each processor. A panic comes back as a
//! `JoinError`. The clients are tasks. Choose it if you do not want another dependency.

#[path = "../src/cli.rs"]
mod cli;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use cli::{Pictures, Pings, Report};

const HASH_LIMIT: Duration = Duration::from_secs(60);
const ANSWER_LIMIT: Duration = Duration::from_secs(70);
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);
const PING_INTERVAL: Duration = Duration::from_millis(1);
const CHUNK: usize = 64 * 1024;

/// What all tasks of the server share.
struct Server {
    pictures: Pictures,
    /// One permit for each processor.
    processors: Arc<Semaphore>,
}

#[tokio::main]
async fn main() {
    // Blocks this thread, which does no harm: no task is running yet.
    let album = cli::album_or_exit();
    let outcome = hash_on_a_server(&album.pictures).await;
    cli::print_or_exit(&album, outcome);
}

async fn hash_on_a_server(pictures: &Pictures) -> io::Result<Report> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let processors = thread::available_parallelism()?.get();
    let server = Arc::new(Server {
        pictures: Arc::clone(pictures),
        processors: Arc::new(Semaphore::new(processors)),
    });
    task::spawn(serve(listener, server));

    let is_done = Arc::new(AtomicBool::new(false));
    let pings = task::spawn(ping_until(address, Arc::clone(&is_done)));
    let mut client = BufReader::new(TcpStream::connect(address).await?);
    let hashes = ask(&mut client, "hash").await;
    is_done.store(true, Relaxed);
    let pings = pings.await.expect("pinging does not panic");
    Ok(Report {
        hashes: hashes?,
        pings: pings?,
    })
}

/// Pings until the other task has its hashes, and at least once.
async fn ping_until(address: SocketAddr, is_done: Arc<AtomicBool>) -> io::Result<Pings> {
    let mut balancer = BufReader::new(TcpStream::connect(address).await?);
    let mut pings = Pings::default();
    loop {
        let start = Instant::now();
        let answer = ask(&mut balancer, "ping").await?;
        assert_eq!(answer, "pong", "unexpected answer to a ping");
        pings.answered += 1;
        pings.slowest = pings.slowest.max(start.elapsed());
        if is_done.load(Relaxed) {
            return Ok(pings);
        }
        sleep(PING_INTERVAL).await;
    }
}

async fn ask(stream: &mut BufReader<TcpStream>, question: &str) -> io::Result<String> {
    timeout(ANSWER_LIMIT, exchange(stream, question)).await?
}

/// Sends a question as a line, and reads a line as the answer.
async fn exchange(stream: &mut BufReader<TcpStream>, question: &str) -> io::Result<String> {
    let line = format!("{question}\n");
    stream.write_all(line.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_line(&mut answer).await?;
    match answer.strip_suffix('\n') {
        Some(answer) => Ok(answer.to_string()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// Starts a task for each client.
async fn serve(listener: TcpListener, server: Arc<Server>) {
    loop {
        let stream = accept(&listener).await;
        task::spawn(serve_client(stream, Arc::clone(&server)));
    }
}

/// Waits for the next client. Errors must not end the server, because they seldom last. If too many
/// files are open, for example, clients that leave close some.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) => eprintln!("cannot accept a client: {error}"),
        }
        sleep(ACCEPT_PAUSE).await;
    }
}

/// Answers the questions of one client until it hangs up or asks something else.
async fn serve_client(mut stream: TcpStream, server: Arc<Server>) {
    let mut question = [0; 5];
    while stream.read_exact(&mut question).await.is_ok() {
        let mut answer = match &question {
            b"ping\n" => "pong".to_string(),
            b"hash\n" => match timeout(HASH_LIMIT, hash(&server)).await {
                Ok(answer) => answer,
                Err(_) => format!("error: no hashes after {HASH_LIMIT:?}"),
            },
            _ => break,
        };
        answer.push('\n');
        if stream.write_all(answer.as_bytes()).await.is_err() {
            break;
        }
    }
}

/// Hashes all pictures. If the caller drops this future, it cancels the jobs.
async fn hash(server: &Server) -> String {
    let token = CancellationToken::new();
    let _cancels_when_dropped = token.clone().drop_guard();
    let mut jobs = Vec::new();
    for index in 0..server.pictures.len() {
        let processors = Arc::clone(&server.processors);
        let permit = processors
            .acquire_owned()
            .await
            .expect("nobody closes the semaphore");
        let pictures = Arc::clone(&server.pictures);
        let token = token.clone();
        jobs.push(task::spawn_blocking(move || {
            let hash = sha256(&pictures[index], &token);
            drop(permit);
            hash
        }));
    }

    let mut hashes = Vec::new();
    for job in jobs {
        match job.await {
            Ok(Some(hash)) => hashes.push(hash),
            Ok(None) => unreachable!("the token is not canceled before this function ends"),
            Err(_) => return "error: the job panicked".to_string(),
        }
    }
    hashes.join(" ")
}

/// Returns `None` if the job was canceled.
fn sha256(bytes: &[u8], token: &CancellationToken) -> Option<String> {
    let mut hasher = Sha256::new();
    for chunk in bytes.chunks(CHUNK) {
        if token.is_cancelled() {
            return None;
        }
        hasher.update(chunk);
    }
    Some(cli::hexadecimal(&hasher.finalize()))
}

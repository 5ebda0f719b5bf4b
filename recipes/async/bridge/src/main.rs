//! Hash the pictures in a folder on a server that goes on answering pings.
//!
//! The server is asynchronous: its tasks share a few threads, so no task may compute for long. It
//! hashes on the threads of rayon, which send the result through a oneshot channel. While the task
//! that needs it waits, its thread runs other tasks, such as those that answer pings. The rest of
//! the program is synchronous: `main` asks for the hashes, and another thread pings the server as a
//! load balancer does. A load balancer takes a server out of service if it does not answer.
//!
//! ```text
//! cargo run -p bridge                  # the pictures in input/pictures
//! cargo run -p bridge -- my-pictures   # your own folder; the files need not be pictures
//! ```
//!
//! Prints the hashes in the format of `sha256sum`, so `sha256sum --check` can verify them. Standard
//! error says how many pings were answered meanwhile.

mod cli;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Handle, Runtime};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use cli::{Pictures, Pings, Report};

/// How long the server hashes before it gives up.
const HASH_LIMIT: Duration = Duration::from_secs(60);

/// How long a client waits for an answer. This is longer than `HASH_LIMIT`, so that the server can
/// still say that it gave up.
const ANSWER_LIMIT: Duration = Duration::from_secs(70);

/// How long the server waits before it tries again to accept a client.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Load balancers ping every few seconds. This one is faster, because the job is short.
const PING_INTERVAL: Duration = Duration::from_millis(1);

/// How many bytes are hashed before the next check whether the result is still wanted.
const CHUNK: usize = 64 * 1024;

fn main() {
    let album = cli::album_or_exit();
    let outcome = hash_on_a_server(&album.pictures);
    cli::print_or_exit(&album, outcome);
}

// ANCHOR: caller
/// The synchronous caller: starts the server, and asks for the hashes while a thread pings.
fn hash_on_a_server(pictures: &Pictures) -> io::Result<Report> {
    start_rayon()?;
    let runtime = Runtime::new()?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    runtime.spawn(serve(listener, Arc::clone(pictures)));

    let mut client = Client::connect(runtime.handle(), address)?;
    let mut balancer = Client::connect(runtime.handle(), address)?;
    let (done, is_done) = mpsc::channel();
    thread::scope(|scope| {
        let pings = scope.spawn(move || balancer.ping_until(&is_done));
        let hashes = client.ask("hash");
        drop(done); // Ends the pings.
        let pings = pings.join().expect("pinging does not panic");
        Ok(Report {
            hashes: hashes?,
            pings: pings?,
        })
    })
}
// ANCHOR_END: caller

/// Starts the threads of rayon. Without a handler, a panic in a job of `rayon::spawn` would end the
/// process. This handler does nothing, because Rust has already printed the panic.
pub(crate) fn start_rayon() -> io::Result<()> {
    let pool = ThreadPoolBuilder::new().panic_handler(|_panic| ());
    pool.build_global().map_err(io::Error::other)
}

// ANCHOR: client
/// A synchronous client. Its methods block the thread, so never call them in a task.
struct Client {
    runtime: Handle,
    stream: BufReader<TcpStream>,
}

impl Client {
    fn connect(runtime: &Handle, address: SocketAddr) -> io::Result<Self> {
        let stream = runtime.block_on(TcpStream::connect(address))?;
        Ok(Client {
            runtime: runtime.clone(),
            stream: BufReader::new(stream),
        })
    }

    /// Asks a question. After an error, drop the client, because a late answer may still come.
    fn ask(&mut self, question: &str) -> io::Result<String> {
        let answer = exchange(&mut self.stream, question);
        // `timeout` must be called inside the runtime, because it starts a timer.
        self.runtime
            .block_on(async { timeout(ANSWER_LIMIT, answer).await? })
    }
    // ANCHOR_END: client

    /// Pings until the other thread has its hashes, and at least once.
    fn ping_until(&mut self, is_done: &Receiver<()>) -> io::Result<Pings> {
        let mut pings = Pings::default();
        loop {
            let start = Instant::now();
            let answer = self.ask("ping")?;
            assert_eq!(answer, "pong", "unexpected answer to a ping");
            pings.answered += 1;
            pings.slowest = pings.slowest.max(start.elapsed());
            // Disconnected when the other thread drops its end.
            if is_done.recv_timeout(PING_INTERVAL) == Err(RecvTimeoutError::Disconnected) {
                return Ok(pings);
            }
        }
    }
}

/// Sends a question as a line, and reads a line as the answer.
async fn exchange(stream: &mut BufReader<TcpStream>, question: &str) -> io::Result<String> {
    // One write, because Nagle's algorithm would delay the second of two small ones.
    let line = format!("{question}\n");
    stream.write_all(line.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_line(&mut answer).await?;
    match answer.strip_suffix('\n') {
        Some(answer) => Ok(answer.to_string()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

// ANCHOR: server
/// Starts a task for each client.
pub(crate) async fn serve(listener: TcpListener, pictures: Pictures) {
    loop {
        let stream = accept(&listener).await;
        tokio::spawn(serve_client(stream, Arc::clone(&pictures)));
    }
}

/// Answers the questions of one client until it hangs up or asks something else.
async fn serve_client(mut stream: TcpStream, pictures: Pictures) {
    // Both questions have this length, so nobody can fill the memory with a long one.
    let mut question = [0; 5];
    while stream.read_exact(&mut question).await.is_ok() {
        let mut answer = match &question {
            b"ping\n" => "pong".to_string(),
            b"hash\n" => hash(Arc::clone(&pictures)).await,
            _ => break,
        };
        answer.push('\n');
        if stream.write_all(answer.as_bytes()).await.is_err() {
            break;
        }
    }
}
// ANCHOR_END: server

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

// ANCHOR: hash
/// Hashes all pictures on the threads of rayon, and waits for the result without blocking a thread.
pub(crate) async fn hash(pictures: Pictures) -> String {
    let (sender, receiver) = oneshot::channel();
    rayon::spawn(move || {
        let hashes: Option<Vec<String>> = pictures
            .par_iter()
            .map(|picture| sha256(picture, || sender.is_closed()))
            .collect();
        if let Some(hashes) = hashes {
            // Fails if the receiver has been dropped: then nobody wants the hashes.
            let _ = sender.send(hashes.join(" "));
        }
    });

    // When the time is up, `timeout` drops the receiver, and rayon stops at its next check.
    match timeout(HASH_LIMIT, receiver).await {
        Ok(Ok(hashes)) => hashes,
        // The job panicked, which dropped the sender.
        Ok(Err(_)) => "error: the job panicked".to_string(),
        Err(_) => format!("error: no hashes after {HASH_LIMIT:?}"),
    }
}

/// Returns the SHA-256 of a picture in hexadecimal, or `None` if it was canceled.
pub(crate) fn sha256(bytes: &[u8], is_canceled: impl Fn() -> bool) -> Option<String> {
    let mut hasher = Sha256::new();
    for chunk in bytes.chunks(CHUNK) {
        if is_canceled() {
            return None;
        }
        hasher.update(chunk);
    }
    Some(cli::hexadecimal(&hasher.finalize()))
}
// ANCHOR_END: hash

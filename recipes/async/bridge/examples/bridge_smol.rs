//! The same job with smol: its runtime has one thread, and `unblock` runs a job on another one.
//!
//! ```text
//! cargo run -p bridge --example bridge_smol
//! ```
//!
//! The difference from the recipe: each picture is a job on a thread for blocking work, of which
//! smol starts up to 500. The environment variable `BLOCKING_MAX_THREADS` sets another limit.
//! `block_on` needs no handle and works on every thread, so nothing reports a call in a task: the
//! task just blocks its thread. If a job panics, so does the task that awaits it. Choose smol for a
//! small program.

#[path = "../src/cli.rs"]
mod cli;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use smol::io::{self, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use smol::net::{TcpListener, TcpStream};
use smol::{Timer, future};

use cli::{Pictures, Pings, Report};

const HASH_LIMIT: Duration = Duration::from_secs(60);
const ANSWER_LIMIT: Duration = Duration::from_secs(70);
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);
const PING_INTERVAL: Duration = Duration::from_millis(1);
const CHUNK: usize = 64 * 1024;

fn main() {
    let album = cli::album_or_exit();
    let outcome = hash_on_a_server(&album.pictures);
    cli::print_or_exit(&album, outcome);
}

fn hash_on_a_server(pictures: &Pictures) -> io::Result<Report> {
    let listener = smol::block_on(TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    // Without `detach`, dropping the task would cancel it.
    smol::spawn(serve(listener, Arc::clone(pictures))).detach();

    let mut client = Client::connect(address)?;
    let mut balancer = Client::connect(address)?;
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

/// A synchronous client. Its methods block the thread, so never call them in a task.
struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = smol::block_on(TcpStream::connect(address))?;
        Ok(Client {
            stream: BufReader::new(stream),
        })
    }

    /// Sends a question and waits for the answer.
    fn ask(&mut self, question: &str) -> io::Result<String> {
        let answer = exchange(&mut self.stream, question);
        let time_is_up = async {
            Timer::after(ANSWER_LIMIT).await;
            Err(io::ErrorKind::TimedOut.into())
        };
        smol::block_on(future::or(answer, time_is_up))
    }

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
    let line = format!("{question}\n");
    stream.get_mut().write_all(line.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_line(&mut answer).await?;
    match answer.strip_suffix('\n') {
        Some(answer) => Ok(answer.to_string()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// Starts a task for each client.
async fn serve(listener: TcpListener, pictures: Pictures) {
    loop {
        let stream = accept(&listener).await;
        smol::spawn(serve_client(stream, Arc::clone(&pictures))).detach();
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
        Timer::after(ACCEPT_PAUSE).await;
    }
}

/// Answers the questions of one client until it hangs up or asks something else.
async fn serve_client(mut stream: TcpStream, pictures: Pictures) {
    let mut question = [0; 5];
    while stream.read_exact(&mut question).await.is_ok() {
        let mut answer = match &question {
            b"ping\n" => "pong".to_string(),
            b"hash\n" => {
                let time_is_up = async {
                    Timer::after(HASH_LIMIT).await;
                    format!("error: no hashes after {HASH_LIMIT:?}")
                };
                future::or(hash(Arc::clone(&pictures)), time_is_up).await
            }
            _ => break,
        };
        answer.push('\n');
        if stream.write_all(answer.as_bytes()).await.is_err() {
            break;
        }
    }
}

/// Hashes all pictures. If the caller drops this future, it cancels the jobs.
async fn hash(pictures: Pictures) -> String {
    let cancel = CancelWhenDropped(Arc::new(AtomicBool::new(false)));
    let mut jobs = Vec::new();
    for index in 0..pictures.len() {
        let pictures = Arc::clone(&pictures);
        let is_canceled = Arc::clone(&cancel.0);
        jobs.push(smol::unblock(move || {
            sha256(&pictures[index], &is_canceled)
        }));
    }
    let mut hashes = Vec::new();
    for job in jobs {
        let hash = job.await;
        hashes.push(hash.expect("the job is not canceled before this function ends"));
    }
    hashes.join(" ")
}

/// A blocking job does not notice that nobody awaits it anymore. This flag tells it.
struct CancelWhenDropped(Arc<AtomicBool>);

impl Drop for CancelWhenDropped {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

/// Returns `None` if the job was canceled.
fn sha256(bytes: &[u8], is_canceled: &AtomicBool) -> Option<String> {
    let mut hasher = Sha256::new();
    for chunk in bytes.chunks(CHUNK) {
        if is_canceled.load(Relaxed) {
            return None;
        }
        hasher.update(chunk);
    }
    Some(cli::hexadecimal(&hasher.finalize()))
}

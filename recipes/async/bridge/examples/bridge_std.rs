//! The same job without a runtime: the server has a thread for each client.
//!
//! ```text
//! cargo run -p bridge --example bridge_std
//! ```
//!
//! The difference from the recipe: a thread that hashes delays only its own client, because the
//! operating system gives the other threads their turn. There is nothing to bridge. Choose it if
//! you have at most a few hundred clients. Each needs a thread, even while it is silent.

#[path = "../src/cli.rs"]
mod cli;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

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
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let for_server = Arc::clone(pictures);
    // Ends with the process.
    thread::Builder::new().spawn(move || serve(&listener, &for_server))?;

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

struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(ANSWER_LIMIT))?;
        Ok(Client {
            stream: BufReader::new(stream),
        })
    }

    /// Sends a question as a line, and reads a line as the answer.
    fn ask(&mut self, question: &str) -> io::Result<String> {
        let line = format!("{question}\n");
        self.stream.get_mut().write_all(line.as_bytes())?;
        let mut answer = String::new();
        self.stream.read_line(&mut answer)?;
        match answer.strip_suffix('\n') {
            Some(answer) => Ok(answer.to_string()),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
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

/// Starts a thread for each client.
fn serve(listener: &TcpListener, pictures: &Pictures) {
    loop {
        let pictures = Arc::clone(pictures);
        if let Err(error) = accept(listener, pictures) {
            // Such an error seldom lasts: clients that leave free their threads and sockets.
            eprintln!("cannot accept a client: {error}");
            thread::sleep(ACCEPT_PAUSE); // Nothing signals that accepting works again.
        }
    }
}

fn accept(listener: &TcpListener, pictures: Pictures) -> io::Result<()> {
    let (stream, _) = listener.accept()?;
    thread::Builder::new().spawn(move || serve_client(stream, &pictures))?;
    Ok(())
}

/// Answers the questions of one client until it hangs up or asks something else. Nobody reads the
/// error, which ends only this connection.
fn serve_client(mut stream: TcpStream, pictures: &Pictures) -> io::Result<()> {
    let mut question = [0; 5];
    while stream.read_exact(&mut question).is_ok() {
        let mut answer = match &question {
            b"ping\n" => "pong".to_string(),
            b"hash\n" => match hash(pictures)? {
                Some(hashes) => hashes.join(" "),
                None => format!("error: no hashes after {HASH_LIMIT:?}"),
            },
            _ => break,
        };
        answer.push('\n');
        stream.write_all(answer.as_bytes())?;
    }
    Ok(())
}

/// Hashes the pictures on a thread for each processor. Returns `None` when the time is up.
fn hash(pictures: &Pictures) -> io::Result<Option<Vec<String>>> {
    let processors = thread::available_parallelism()?.get();
    let start = Instant::now();
    let next = AtomicUsize::new(0);
    let mut rows = Vec::new();
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for _ in 0..processors {
            threads.push(scope.spawn(|| hash_some(pictures, &next, start)));
        }
        for thread in threads {
            rows.extend(thread.join().expect("hashing does not panic"));
        }
    });
    rows.sort_by_key(|row| row.index);
    let is_complete = rows.len() == pictures.len();
    let hashes = rows.into_iter().map(|row| row.hash);
    Ok(is_complete.then(|| hashes.collect()))
}

/// The hash of one picture.
struct Row {
    index: usize,
    hash: String,
}

/// Takes pictures until there are none left, or the time is up.
fn hash_some(pictures: &Pictures, next: &AtomicUsize, start: Instant) -> Vec<Row> {
    let mut rows = Vec::new();
    loop {
        let index = next.fetch_add(1, Relaxed);
        let Some(picture) = pictures.get(index) else {
            return rows;
        };
        let mut hasher = Sha256::new();
        for chunk in picture.chunks(CHUNK) {
            if start.elapsed() > HASH_LIMIT {
                return rows;
            }
            hasher.update(chunk);
        }
        let hash = cli::hexadecimal(&hasher.finalize());
        rows.push(Row { index, hash });
    }
}

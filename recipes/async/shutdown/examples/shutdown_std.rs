//! The same job with threads of the standard library, and signal-hook for the signals of Unix.
//!
//! ```text
//! cargo run -p shutdown --example shutdown_std
//! ```
//!
//! The difference from the recipe: a thread that waits for a connection or a line cannot wait for a
//! stop as well. The server wakes its own `accept` by connecting to itself. It wakes a thread that
//! waits for the next bulletin by closing the reading side of the connection. It must not do that
//! in the middle of a bulletin, so each thread says whether it is between two. Everything that the
//! server itself waits for comes through one channel. Choose this if your program is not async and
//! has few connections. When `main` returns, the process ends, and so do the threads that are left.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::HashMap;
use std::error::Error;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use cli::{Ending, Job, Store};

/// What the server waits for.
enum Event {
    StopRequest,
    Connected(TcpStream),
    Closed(usize),
}

/// The thread that accepts connections.
struct Acceptor {
    listener: TcpListener,
    events: Sender<Event>,
    is_stopping: Arc<AtomicBool>,
}

struct Server {
    address: SocketAddr,
    store: Arc<Store>,
    is_stopping: Arc<AtomicBool>,
    sender: Sender<Event>,
    events: Receiver<Event>,
    connections: HashMap<usize, Arc<Connection>>,
}

/// What the server and the thread of a connection share.
struct Connection {
    stream: TcpStream,
    is_stopping: Arc<AtomicBool>,
    /// Whether the thread is between two bulletins.
    is_idle: Mutex<bool>,
}

fn main() -> ExitCode {
    let job = cli::job_or_exit();
    let ending = run(&job);
    job.report(ending)
}

fn run(job: &Job) -> io::Result<Ending> {
    let (sender, events) = mpsc::channel();
    forward_signals(sender.clone())?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let requests = sender.clone();
    job.start(address, move || {
        let _ = requests.send(Event::StopRequest);
    });
    let is_stopping = Arc::new(AtomicBool::new(false));
    let acceptor = Acceptor {
        listener,
        events: sender.clone(),
        is_stopping: Arc::clone(&is_stopping),
    };
    thread::spawn(move || acceptor.accept());
    let server = Server {
        address,
        store: job.store(),
        is_stopping,
        sender,
        events,
        connections: HashMap::new(),
    };
    Ok(server.serve(job.limit()))
}

impl Acceptor {
    /// Accepts connections until the server stops. Then the listener is dropped, so that nobody can
    /// connect anymore.
    fn accept(self) {
        for stream in self.listener.incoming() {
            if self.is_stopping.load(Ordering::Relaxed) {
                return;
            }
            match stream {
                Ok(stream) => {
                    if self.events.send(Event::Connected(stream)).is_err() {
                        return;
                    }
                }
                Err(error) => {
                    cli::log(&format!("cannot accept a connection: {error}"));
                    thread::sleep(cli::PAUSE); // Nothing signals that accepting works again.
                }
            }
        }
    }
}

impl Server {
    fn serve(mut self, limit: Duration) -> Ending {
        let mut next_id = 0;
        loop {
            match self.events.recv().expect("`sender` exists") {
                Event::Connected(stream) => {
                    self.start_thread(next_id, stream);
                    next_id += 1;
                }
                Event::Closed(id) => {
                    self.connections.remove(&id);
                }
                Event::StopRequest => break,
            }
        }

        self.is_stopping.store(true, Ordering::Relaxed);
        for connection in self.connections.values() {
            connection.wake_if_idle();
        }
        let _ = TcpStream::connect(self.address); // Wakes `accept`.
        let connections = cli::connections(self.connections.len());
        cli::log(&format!("stopping: {connections}"));

        let ending = self.wait(Instant::now() + limit);
        let connections = cli::connections(self.connections.len());
        cli::log(&format!("{ending}: {connections}"));
        ending
    }

    /// Waits for the connections.
    fn wait(&mut self, deadline: Instant) -> Ending {
        while !self.connections.is_empty() {
            let rest = deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(rest) {
                Ok(Event::Connected(_stream)) => {} // It came at the last moment, and is closed.
                Ok(Event::Closed(id)) => {
                    self.connections.remove(&id);
                }
                Ok(Event::StopRequest) => return Ending::SecondRequest,
                Err(_) => return Ending::LimitPassed,
            }
        }
        Ending::Finished
    }

    /// Starts the thread of a connection.
    fn start_thread(&mut self, id: usize, stream: TcpStream) {
        let connection = Arc::new(Connection {
            stream,
            is_stopping: Arc::clone(&self.is_stopping),
            is_idle: Mutex::new(true),
        });
        self.connections.insert(id, Arc::clone(&connection));
        let store = Arc::clone(&self.store);
        let closed = self.sender.clone();
        thread::spawn(move || {
            if let Err(error) = store_bulletins(&connection, &store) {
                cli::log(&format!("closed a connection: {error}"));
            }
            let _ = connection.stream.shutdown(Shutdown::Both);
            let _ = closed.send(Event::Closed(id));
        });
    }
}

impl Connection {
    /// Ends the wait for the next bulletin. A bulletin that has begun goes on.
    fn wake_if_idle(&self) {
        let is_idle = self.is_idle.lock().expect("no thread panics with the lock");
        if *is_idle {
            let _ = self.stream.shutdown(Shutdown::Read);
        }
    }

    /// Notes whether the thread is between two bulletins. Returns false if the server is stopping.
    fn go_on(&self, is_idle: bool) -> bool {
        let mut state = self.is_idle.lock().expect("no thread panics with the lock");
        *state = is_idle;
        // Either `wake_if_idle` takes the lock later, or this sees that the server stops.
        !self.is_stopping.load(Ordering::Relaxed)
    }
}

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Stores the bulletins of one office until it disconnects or the server stops.
fn store_bulletins(connection: &Connection, store: &Store) -> Result<()> {
    let mut lines = BufReader::new(&connection.stream);
    let mut writer = &connection.stream;
    writer.write_all(b"ready\n")?;

    while connection.go_on(true) {
        let first_line = read_line(&mut lines);
        // A server that stops ends the input. Some systems report this as an error.
        if !connection.go_on(false) {
            break;
        }
        let Some(first_line) = first_line? else {
            return Ok(()); // The office has disconnected.
        };
        writer.write_all(b"go on\n")?;
        let Some(bulletin) = receive(first_line, &mut lines)? else {
            return Ok(());
        };
        store.put(&bulletin)?;
        writer.write_all(b"stored\n")?;
    }

    writer.write_all(b"closing\n")?;
    Ok(())
}

/// Receives the rest of a bulletin. Returns `None` if the office disconnects before its end.
fn receive(first_line: String, lines: &mut impl BufRead) -> Result<Option<String>> {
    let mut bulletin = first_line + "\n";
    for _ in 1..cli::MAX_LINES {
        let Some(line) = read_line(lines)? else {
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

/// Returns `None` at the end of the input.
fn read_line(lines: &mut impl BufRead) -> Result<Option<String>> {
    let mut line = String::new();
    let most = cli::MAX_LINE as u64 + 2; // With `\r\n`.
    if lines.by_ref().take(most).read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let line = line.strip_suffix('\n').unwrap_or(&line);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.len() > cli::MAX_LINE {
        return Err(format!("a line has more than {} bytes", cli::MAX_LINE).into());
    }
    Ok(Some(line.to_string()))
}

/// Turns each SIGTERM and each Ctrl-C into an event.
#[cfg(unix)]
fn forward_signals(events: Sender<Event>) -> io::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    thread::spawn(move || {
        for _signal in signals.forever() {
            if events.send(Event::StopRequest).is_err() {
                return;
            }
        }
    });
    Ok(())
}

/// Does nothing, so Ctrl-C ends the process at once. This part of signal-hook exists only on Unix.
/// On Windows, you can handle Ctrl-C with the crate ctrlc.
#[cfg(not(unix))]
fn forward_signals(_events: Sender<Event>) -> io::Result<()> {
    Ok(())
}

//! Everything around the recipe: reads the requests, runs the server that answers them, and prints
//! the answers. Nothing in this file limits the clients, so you can skip it when you read the
//! recipe.
//!
//! A row is the name of a client, a space, and a number from 2 to 1000000000000:
//!
//! ```text
//! fermat 4294967297
//! ```
//!
//! A name contains no white space. At most 1000 clients are allowed, because each is a thread.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use std::{env, fs, process, thread};

const DEFAULT_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/input/requests.txt");
const MAX_CLIENTS: usize = 1000;
const MAX_NUMBER: u64 = 1_000_000_000_000;

pub(crate) struct Client {
    name: String,
    pub(crate) numbers: Vec<u64>,
}

/// Reads the files named on the command line, or else the recipe's own input. The clients are
/// sorted by name.
///
/// If a file cannot be used, prints one line that says which and why, and exits with status 1.
pub(crate) fn load_or_exit() -> Vec<Client> {
    load(files()).unwrap_or_else(|reason| exit(&reason))
}

/// Prints each client's answers, in the order of its requests, and what the server has counted.
///
/// If a request has failed, prints one line that says which and why, and exits with status 1.
pub(crate) fn print_or_exit(
    clients: &[Client],
    answers: Result<Vec<Vec<u64>>, String>,
    server: &Server,
) {
    let answers = answers.unwrap_or_else(|reason| exit(&reason));
    let refused = server.counts.refused.load(Relaxed);
    let peak = server.counts.peak.load(Relaxed);

    let report = report(clients, &answers, refused);
    match io::stdout().write_all(report.as_bytes()) {
        Ok(()) => eprintln!("peak number of open connections: {peak}"),
        // A program that reads our output, such as `head`, may stop when it has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        Err(error) => exit(&format!("cannot print the result: {error}")),
    }
}

fn report(clients: &[Client], answers: &[Vec<u64>], refused: usize) -> String {
    let mut name_width = 10;
    for client in clients {
        name_width = name_width.max(client.name.chars().count());
    }

    let mut report = String::new();
    let mut request_count = 0;
    let mut answer_count = 0;
    for (client, answers) in clients.iter().zip(answers) {
        report += &format!("{:<name_width$}", client.name);
        for answer in answers {
            report += &format!("{answer:>14}");
        }
        report += "\n";
        request_count += client.numbers.len();
        answer_count += answers.len();
    }
    report + &format!("requests: {request_count}, answers: {answer_count}, refused: {refused}\n")
}

fn files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    if files.is_empty() {
        files.push(PathBuf::from(DEFAULT_FILE));
    }
    files
}

fn load(files: Vec<PathBuf>) -> Result<Vec<Client>, String> {
    let mut numbers_by_name: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for path in files {
        let name = path.display();
        let bytes = fs::read(&path).map_err(|error| format!("cannot read {name}: {error}"))?;
        let text = String::from_utf8(bytes).map_err(|_| format!("{name} is not UTF-8 text"))?;
        // Some editors begin a file with a byte-order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        for (index, row) in text.lines().enumerate() {
            add_row(&mut numbers_by_name, row)
                .map_err(|reason| format!("{name}:{}: {reason}", index + 1))?;
        }
    }

    let mut clients = Vec::new();
    for (name, numbers) in numbers_by_name {
        clients.push(Client { name, numbers });
    }
    Ok(clients)
}

fn add_row(numbers_by_name: &mut BTreeMap<String, Vec<u64>>, row: &str) -> Result<(), String> {
    let expected = || format!("expected a row such as fermat 4294967297, found {row:?}");
    let (name, number) = row.split_once(' ').ok_or_else(expected)?;
    let number: u64 = number.parse().map_err(|_| expected())?;
    if name.is_empty() || name.contains(char::is_whitespace) {
        return Err(expected());
    }
    if !(2..=MAX_NUMBER).contains(&number) {
        return Err(format!(
            "expected a number from 2 to {MAX_NUMBER}, found \"{number}\""
        ));
    }

    if let Some(numbers) = numbers_by_name.get_mut(name) {
        numbers.push(number);
        return Ok(());
    }
    if numbers_by_name.len() == MAX_CLIENTS {
        return Err(format!(
            "{name:?} is one client too many: each is a thread, and {MAX_CLIENTS} are allowed"
        ));
    }
    numbers_by_name.insert(name.to_string(), vec![number]);
    Ok(())
}

fn exit(reason: &str) -> ! {
    eprintln!("{reason}");
    process::exit(1)
}

/// The server, which would be another program if this were not an example.
///
/// It counts its connections itself and knows nothing about permits, so it shows whether the
/// clients keep to the limit.
pub(crate) struct Server {
    address: SocketAddr,
    counts: Arc<Counts>,
}

/// Relaxed is enough for these counters, because no other data depends on them.
#[derive(Default)]
struct Counts {
    open: AtomicUsize,
    peak: AtomicUsize,
    refused: AtomicUsize,
}

impl Server {
    /// Starts a server that runs until the program ends.
    pub(crate) fn start_or_exit(limit: usize) -> Server {
        match Server::start(limit) {
            Ok(server) => server,
            Err(error) => exit(&format!("cannot start the server: {error}")),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    fn start(limit: usize) -> io::Result<Server> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let server = Server {
            address: listener.local_addr()?,
            counts: Arc::default(),
        };
        let counts = Arc::clone(&server.counts);
        thread::spawn(move || serve(&listener, limit, &counts));
        Ok(server)
    }
}

// ANCHOR: server
/// Gives each connection a thread, and refuses those over the limit.
fn serve(listener: &TcpListener, limit: usize, counts: &Arc<Counts>) {
    for stream in listener.incoming().flatten() {
        let open = counts.open.fetch_add(1, Relaxed) + 1;
        let refused = open > limit;
        counts.peak.fetch_max(open, Relaxed);
        if refused {
            counts.refused.fetch_add(1, Relaxed);
        }

        let counts = Arc::clone(counts);
        thread::spawn(move || {
            // An error needs no report here: the client gets no answer, and reports that.
            let _ = answer(&stream, refused);
            // Count first, then close. The client waits for the end of the stream before it gives
            // its permit back, so the next client finds room.
            counts.open.fetch_sub(1, Relaxed);
            drop(stream);
        });
    }
}
// ANCHOR_END: server

fn answer(mut stream: &TcpStream, refused: bool) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let request = io::read_to_string(stream)?;
    let number = request.parse().map_err(io::Error::other)?;
    if refused {
        write!(stream, "busy")
    } else {
        write!(stream, "{}", largest_prime_factor(number))
    }
}

fn largest_prime_factor(mut number: u64) -> u64 {
    let mut factor = 2;
    while factor <= number / factor {
        if number.is_multiple_of(factor) {
            number /= factor;
        } else {
            factor += 1;
        }
    }
    number
}

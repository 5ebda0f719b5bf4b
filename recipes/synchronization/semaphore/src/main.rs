//! Ask a server that serves three connections at a time, from a dozen clients at once, and never be turned away.
//!
//! ```text
//! cargo run -p semaphore               # input/requests.txt
//! cargo run -p semaphore -- mine.txt   # your requests
//! ```
//!
//! A line is a client and a number from 2 to 1000000000000 whose largest prime factor it wants. Each request is a
//! connection of its own to a server inside this program, which tells a fourth one at the same time that it is busy.
//! You see each client's answers in the order of its requests, the clients in byte order, then the counts. Of bad input
//! the first file or line is reported, before any connection is made.

use std::io::{self, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::{collections::BTreeMap, env, fs, path::PathBuf, process, thread, time::Duration};
use sync_primitives::Semaphore;

const PLACES: usize = 3;
const PATIENCE: Duration = Duration::from_secs(10);

/// The numbers that each client asks about.
type Requests = BTreeMap<String, Vec<u64>>;

fn main() {
    let requests = load().unwrap_or_else(|reason| {
        eprintln!("{reason}");
        process::exit(1)
    });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .expect("the loopback interface has a free port");
    let server = listener.local_addr().expect("a listener has an address");
    thread::spawn(move || serve(&listener)); // Until the program ends.
    print(&requests, &ask_all(&requests, server));
}

// ANCHOR: client
fn ask_all(requests: &Requests, server: SocketAddr) -> Vec<Vec<u64>> {
    let permits = Semaphore::new(PLACES);
    let ask = |number: &u64| {
        let _permit = permits.acquire(); // Given back when `request` has read to the end of the stream.
        request(*number, server).unwrap_or_else(|error| panic!("no answer for {number}: {error}"))
    };
    let ask_in_turn = |numbers: &Vec<u64>| numbers.iter().map(ask).collect::<Vec<_>>();
    thread::scope(|scope| {
        let clients: Vec<_> = requests
            .values()
            .map(|numbers| scope.spawn(move || ask_in_turn(numbers)))
            .collect();
        clients
            .into_iter()
            .map(|client| client.join().expect("a client panicked"))
            .collect()
    })
}

fn request(number: u64, server: SocketAddr) -> io::Result<u64> {
    let mut stream = TcpStream::connect_timeout(&server, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "{number}")?;
    stream.shutdown(Shutdown::Write)?;
    let answer = io::read_to_string(stream)?;
    answer
        .parse()
        .map_err(|_| io::Error::other(format!("the server says {answer:?}")))
}
// ANCHOR_END: client

// ANCHOR: server
/// The server's own counts. Relaxed: they say nothing about other memory.
static OPEN: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);
static REFUSED: AtomicUsize = AtomicUsize::new(0);

fn serve(listener: &TcpListener) {
    // Here and in `answer` an error needs no report: the client gets no answer, and says so.
    for stream in listener.incoming().flatten() {
        let open = OPEN.fetch_add(1, Relaxed) + 1;
        MOST.fetch_max(open, Relaxed);
        REFUSED.fetch_add(usize::from(open > PLACES), Relaxed);
        thread::spawn(move || {
            let _ = answer(&stream, open <= PLACES);
            // First make room, then end the stream: the client that reads the end gives its permit to the next.
            OPEN.fetch_sub(1, Relaxed);
            drop(stream);
        });
    }
}

fn answer(mut stream: &TcpStream, welcome: bool) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let number = io::read_to_string(stream)?
        .parse()
        .map_err(io::Error::other)?;
    if welcome {
        write!(stream, "{}", largest_prime_factor(number))
    } else {
        write!(stream, "busy")
    }
}
// ANCHOR_END: server

fn largest_prime_factor(number: u64) -> u64 {
    let smallest = (2..)
        .take_while(|factor| factor * factor <= number)
        .find(|factor| number.is_multiple_of(*factor));
    smallest.map_or(number, |prime| largest_prime_factor(number / prime))
}

fn print(requests: &Requests, answers: &[Vec<u64>]) {
    for (client, answers) in requests.keys().zip(answers) {
        let columns: String = answers
            .iter()
            .map(|answer| format!("{answer:>14}"))
            .collect();
        println!("{client:10}{columns}");
    }
    let (asked, answered) = (
        requests.values().flatten().count(),
        answers.iter().flatten().count(),
    );
    println!(
        "requests: {asked}, answers: {answered}, refused: {}",
        REFUSED.load(Relaxed)
    );
    eprintln!(
        "the server had up to {} connections at once",
        MOST.load(Relaxed)
    );
}

fn load() -> Result<Requests, String> {
    let named = env::args_os().skip(1);
    let default = (named.len() == 0)
        .then(|| concat!(env!("CARGO_MANIFEST_DIR"), "/input/requests.txt").into());
    let mut requests = Requests::new();
    for path in named.chain(default).map(PathBuf::from) {
        let name = path.display();
        let failed = |error| format!("cannot read {name}: {error}; name files that exist");
        for (row, line) in (1..).zip(fs::read_to_string(&path).map_err(failed)?.lines()) {
            let fields = line
                .split_once(' ')
                .filter(|(client, _)| !client.is_empty());
            let request = fields.and_then(|(client, number)| Some((client, number.parse().ok()?)));
            let Some((client, number @ 2..=1_000_000_000_000)) = request else {
                return Err(format!(
                    "{name}:{row}: expected a line such as fermat 4294967297, found {line:?}"
                ));
            };
            requests.entry(client.to_owned()).or_default().push(number);
        }
    }
    Ok(requests)
}

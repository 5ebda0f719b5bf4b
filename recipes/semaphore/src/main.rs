//! Ask a server that serves three connections at a time, from a dozen clients at once, and never be turned away.
//!
//! ```text
//! cargo run -p semaphore               # input/requests.txt
//! cargo run -p semaphore -- mine.txt   # your requests
//! ```
//!
//! A line is a client and a number from 2 to 1000000000000 whose largest prime factor it wants. Each request is a
//! connection of its own to a server inside this program, which tells a fourth one at the same time that it is busy.
//! You see each client's answers in the order of its requests, the clients in byte order, then the counts. The first
//! file that cannot be read or line that is malformed is reported before any connection is made.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{MAIN_SEPARATOR_STR, Path, PathBuf};
use std::{collections::BTreeMap, env, fs, process, thread, time::Duration};
use sync_primitives::{Lock, Semaphore};

const SERVED_AT_ONCE: usize = 3;
const PATIENCE: Duration = Duration::from_secs(10);

/// The numbers that each client asks about.
type Requests = BTreeMap<String, Vec<u64>>;

// ANCHOR: main
fn main() {
    let requests = load(&input_files()).unwrap_or_else(|reason| fail(&reason));
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap_or_else(|error| fail(&format!("no server: {error}")));
    let address = listener.local_addr().expect("a listener has an address");
    let server = thread::spawn(move || serve(&listener));
    let answers = ask_all(&requests, address).unwrap_or_else(|reason| fail(&reason));
    DESK.lock().closing = true;
    // One more connection gets the server out of `accept`, and it sees that it is closing.
    TcpStream::connect(address).unwrap_or_else(|error| fail(&format!("the server does not close: {error}")));
    server.join().expect("the server panicked");
    print(&requests, &answers);
}
// ANCHOR_END: main

// ANCHOR: client
fn ask_all(requests: &Requests, server: SocketAddr) -> Result<Vec<Vec<u64>>, String> {
    let permits = &Semaphore::new(SERVED_AT_ONCE);
    thread::scope(|scope| {
        let ask = |client, numbers| scope.spawn(move || ask_in_turn(client, numbers, server, permits));
        let clients: Vec<_> = requests.iter().map(|(client, numbers)| ask(client, numbers)).collect();
        clients.into_iter().map(|client| client.join().expect("a client panicked")).collect()
    })
}

fn ask_in_turn(client: &str, numbers: &[u64], server: SocketAddr, permits: &Semaphore) -> Result<Vec<u64>, String> {
    let mut answers = Vec::new();
    for number in numbers {
        // Given back at the end of each round, and so after `ask` has read to the end of the stream.
        let _permit = permits.acquire();
        let failed = |error| format!("{client} got no answer for {number}: {error}");
        answers.push(ask(*number, server).map_err(failed)?);
    }
    eprintln!("{client} has its answers");
    Ok(answers)
}

fn ask(number: u64, server: SocketAddr) -> io::Result<u64> {
    let mut stream = TcpStream::connect_timeout(&server, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(format!("{number}\n").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    answer.parse().map_err(|_| io::Error::other(format!("the server says {answer:?}")))
}
// ANCHOR_END: client

// ANCHOR: server
static DESK: Lock<Desk> = Lock::new(Desk { serving: 0, most: 0, refused: 0, closing: false });

struct Desk {
    serving: usize,
    most: usize,
    refused: usize,
    closing: bool,
}

fn serve(listener: &TcpListener) {
    for stream in listener.incoming() {
        let mut desk = DESK.lock();
        if desk.closing {
            break;
        }
        // Here and in `attend` an error needs no report: the client gets no answer, and says so.
        let Ok(stream) = stream else { continue };
        let welcome = desk.serving < SERVED_AT_ONCE;
        *(if welcome { &mut desk.serving } else { &mut desk.refused }) += 1;
        desk.most = desk.most.max(desk.serving);
        thread::spawn(move || attend(stream, welcome));
    }
}

fn attend(stream: TcpStream, welcome: bool) {
    let _ = answer(&stream, welcome);
    // First make room, then end the stream: the client that reads the end gives its permit to the next.
    DESK.lock().serving -= usize::from(welcome);
    drop(stream);
}

fn answer(mut stream: &TcpStream, welcome: bool) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut request = String::new();
    BufReader::new(stream).read_line(&mut request)?;
    let number = request.trim_end().parse().map_err(io::Error::other)?;
    let answer = if welcome { largest_prime_factor(number).to_string() } else { "busy".to_owned() };
    stream.write_all(answer.as_bytes())
}
// ANCHOR_END: server

fn largest_prime_factor(number: u64) -> u64 {
    let mut candidates = (2..).take_while(|candidate| candidate * candidate <= number);
    let smallest = candidates.find(|candidate| number.is_multiple_of(*candidate));
    smallest.map_or(number, |prime| largest_prime_factor(number / prime))
}

fn print(requests: &Requests, answers: &[Vec<u64>]) {
    for (client, answers) in requests.keys().zip(answers) {
        let columns: String = answers.iter().map(|answer| format!("{answer:>14}")).collect();
        println!("{client:10}{columns}");
    }
    let (asked, answered) = (requests.values().flatten().count(), answers.iter().flatten().count());
    let desk = DESK.lock();
    println!("requests: {asked}, answers: {answered}, refused: {}", desk.refused);
    eprintln!("the server had up to {} connections at once", desk.most);
}

fn load(files: &[PathBuf]) -> Result<Requests, String> {
    let mut requests = Requests::new();
    for path in files {
        let name = path.display().to_string().replace(MAIN_SEPARATOR_STR, "/");
        let failed = |error| format!("cannot read {name}: {error}; name files that exist");
        for (line, request) in (1..).zip(fs::read_to_string(path).map_err(failed)?.lines()) {
            let malformed = || format!("{name}:{line}: expected a line such as fermat 4294967297, found {request:?}");
            let (client, number) = parse(request).ok_or_else(malformed)?;
            requests.entry(client.to_owned()).or_default().push(number);
        }
    }
    Ok(requests)
}

fn parse(request: &str) -> Option<(&str, u64)> {
    let (client, number) = request.split_once(' ').filter(|(client, _)| !client.is_empty())?;
    let number = number.parse().ok().filter(|number| (2..=1_000_000_000_000).contains(number))?;
    Some((client, number))
}

fn input_files() -> Vec<PathBuf> {
    let named: Vec<_> = env::args_os().skip(1).map(PathBuf::from).collect();
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("input/requests.txt");
    if named.is_empty() { vec![default] } else { named }
}

fn fail(reason: &str) -> ! {
    eprintln!("{reason}");
    process::exit(1)
}

//! Ask a server that serves three connections at a time, from a dozen clients at once. A client that gets no permit within
//! two milliseconds goes on with its next number and comes back to this one.
//!
//! Run `cargo run -p semaphore --example semaphore_solution`; for requests of your own, add `-- mine.txt`.
//!
//! What differs from the recipe: `try_acquire_for` gives up and says so by `None`. What was put off is not lost, so each
//! client gets all its answers, and they are printed in the order of its requests.

use std::io::{self, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::{
    collections::BTreeMap, collections::VecDeque, env, fs, path::PathBuf, process, thread,
    time::Duration,
};
use sync_primitives::Semaphore;

const PLACES: usize = 3;
const A_WHILE: Duration = Duration::from_millis(2);
const PATIENCE: Duration = Duration::from_secs(10);

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

fn ask_all(requests: &Requests, server: SocketAddr) -> Vec<Vec<u64>> {
    let permits = Semaphore::new(PLACES);
    thread::scope(|scope| {
        let clients: Vec<_> = requests
            .values()
            .map(|it| scope.spawn(|| ask(it, &permits, server)))
            .collect();
        clients
            .into_iter()
            .map(|client| client.join().expect("a client panicked"))
            .collect()
    })
}

/// The answers in the order of the numbers, whatever was put off.
fn ask(numbers: &[u64], permits: &Semaphore, server: SocketAddr) -> Vec<u64> {
    let mut open: VecDeque<usize> = (0..numbers.len()).collect();
    let mut answers = vec![0; numbers.len()];
    while let Some(place) = open.pop_front() {
        if let Some(_permit) = permits.try_acquire_for(A_WHILE) {
            answers[place] = request(numbers[place], server).expect("the server answers");
        } else {
            PUT_OFF.fetch_add(1, Relaxed);
            open.push_back(place);
        }
    }
    answers
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

/// How often a client put a number off, and the server's own counts. Relaxed: they say nothing about other memory.
static PUT_OFF: AtomicUsize = AtomicUsize::new(0);
static OPEN: AtomicUsize = AtomicUsize::new(0);
static REFUSED: AtomicUsize = AtomicUsize::new(0);

fn serve(listener: &TcpListener) {
    for stream in listener.incoming().flatten() {
        let open = OPEN.fetch_add(1, Relaxed) + 1;
        REFUSED.fetch_add(usize::from(open > PLACES), Relaxed);
        thread::spawn(move || {
            let _ = answer(&stream, open <= PLACES);
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
    eprintln!("clients put numbers off {} times", PUT_OFF.load(Relaxed));
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

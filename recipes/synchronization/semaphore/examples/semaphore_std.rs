//! Ask a server that serves three connections at a time, from a dozen clients at once, with std alone.
//!
//! Run `cargo run -p semaphore --example semaphore_std`; for a list of your own, add `-- mine.txt`.
//!
//! std has no semaphore. A count under a `Mutex`, and a `Condvar` for those who find it at zero, make one. What the
//! recipe's has and this one lacks: several permits at once, and a promise that a waiter's turn comes.

use std::io::{self, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Condvar, Mutex};
use std::{collections::BTreeMap, env, fs, path::PathBuf, process, thread, time::Duration};

const PLACES: usize = 3;

type Requests = BTreeMap<String, Vec<u64>>; // The numbers that each client asks about.

fn main() {
    let Ok(requests) = load().inspect_err(|reason| eprintln!("{reason}")) else {
        process::exit(1)
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .expect("the loopback interface has a free port");
    let server = listener.local_addr().expect("a listener has an address");
    thread::spawn(move || serve(&listener)); // Until the program ends.
    print(&requests, &ask_all(&requests, server));
}

fn ask_all(requests: &Requests, server: SocketAddr) -> Vec<Vec<u64>> {
    let permits = Semaphore(Mutex::new(PLACES), Condvar::new());
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

/// How many permits are free, and the news that one has become so.
struct Semaphore(Mutex<usize>, Condvar);
struct Permit<'a>(&'a Semaphore);

impl Semaphore {
    fn acquire(&self) -> Permit<'_> {
        // Never poisoned: nothing between taking this lock and releasing it can panic.
        let free = self.0.lock().unwrap();
        *self.1.wait_while(free, |free| *free == 0).unwrap() -= 1;
        Permit(self)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let Semaphore(free, released) = self.0;
        *free.lock().unwrap() += 1;
        released.notify_one();
    }
}

fn request(number: u64, server: SocketAddr) -> io::Result<u64> {
    let mut stream = TcpStream::connect(server)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(stream, "{number}")?;
    stream.shutdown(Shutdown::Write)?;
    let answer = io::read_to_string(stream)?;
    answer
        .parse()
        .map_err(|_| io::Error::other(format!("the server says {answer:?}")))
}

/// The server's own counts. Relaxed: they say nothing about other memory.
static OPEN: AtomicUsize = AtomicUsize::new(0);
static REFUSED: AtomicUsize = AtomicUsize::new(0);

fn serve(listener: &TcpListener) {
    for mut stream in listener.incoming().flatten() {
        let welcome = OPEN.fetch_add(1, Relaxed) < PLACES;
        REFUSED.fetch_add(usize::from(!welcome), Relaxed);
        thread::spawn(move || {
            let number = io::read_to_string(&stream)
                .ok()
                .and_then(|text| text.parse().ok());
            let factor = number
                .filter(|_| welcome)
                .map(|number| largest_prime_factor(number).to_string());
            let _ = write!(stream, "{}", factor.as_deref().unwrap_or("busy")); // A client knows of an error.
            // First make room, then end the stream: the client that reads the end gives its permit to the next.
            OPEN.fetch_sub(1, Relaxed);
            drop(stream);
        });
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

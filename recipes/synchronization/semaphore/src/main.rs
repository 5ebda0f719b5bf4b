//! Limit how many threads do something at once: twelve clients share a server.
//!
//! Each client is a thread that sends its requests one after another, each over a new connection.
//! The server serves three connections at a time and answers "busy" to a fourth. Therefore a client
//! takes one of the three permits of a [`Semaphore`] before it connects, and gives it back when it
//! has read the answer. If no permit is free, the client waits for one. So the server never has to
//! refuse a request.
//!
//! ```text
//! cargo run -p semaphore               # the requests in input/requests.txt
//! cargo run -p semaphore -- mine.txt   # your own requests; src/cli.rs describes the format
//! ```
//!
//! A request is a number, and the answer is its largest prime factor. Prints the answers for every
//! client, and that no request was refused. If one is refused, the program fails instead. The
//! output is the same on every run. The peak number of open connections may differ, so it goes to
//! standard error.

mod cli;

use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use cli::Server;
use sync_primitives::Semaphore;

/// How many connections the server serves at a time.
const LIMIT: usize = 3;

/// How long a client waits for the network, at most.
const NETWORK_TIMEOUT: Duration = Duration::from_secs(10);

// ANCHOR: main
fn main() {
    let clients = cli::load_or_exit();
    let server = Server::start_or_exit(LIMIT);
    let permits = Semaphore::new(LIMIT);

    let answers: Result<Vec<Vec<u64>>, String> = thread::scope(|scope| {
        let mut threads = Vec::new();
        for client in &clients {
            threads.push(scope.spawn(|| ask_all(&client.numbers, &permits, server.address())));
        }

        let mut answers = Vec::new();
        for thread in threads {
            answers.push(thread.join().expect("a client panicked")?);
        }
        Ok(answers)
    });

    cli::print_or_exit(&clients, answers, &server);
}
// ANCHOR_END: main

// ANCHOR: client
/// Sends the requests of one client, and returns the answers.
fn ask_all(numbers: &[u64], permits: &Semaphore, server: SocketAddr) -> Result<Vec<u64>, String> {
    let mut answers = Vec::new();
    for &number in numbers {
        let _permit = permits.acquire(); // Waits while three requests are under way.
        match request(number, server) {
            Ok(answer) => answers.push(answer),
            Err(error) => return Err(format!("no answer for {number}: {error}")),
        }
    } // `_permit` is dropped here or at the `return`, which gives it back.
    Ok(answers)
}

/// Sends one request and returns the answer. `read_to_string` returns when the server closes the
/// connection. By then the server has room for the next client.
fn request(number: u64, server: SocketAddr) -> io::Result<u64> {
    let mut stream = TcpStream::connect_timeout(&server, NETWORK_TIMEOUT)?;
    stream.set_read_timeout(Some(NETWORK_TIMEOUT))?;
    write!(stream, "{number}")?;
    stream.shutdown(Shutdown::Write)?;
    let answer = io::read_to_string(stream)?;
    answer
        .parse()
        .map_err(|_| io::Error::other(format!("the server says {answer:?}")))
}
// ANCHOR_END: client

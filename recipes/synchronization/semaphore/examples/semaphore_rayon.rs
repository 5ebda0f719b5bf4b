//! The same job with a thread pool of rayon.
//!
//! ```text
//! cargo run -p semaphore --example semaphore_rayon
//! ```
//!
//! The difference from the recipe: there are no permits but only three threads, so there are never
//! more than three requests. A client keeps its thread until it has all its answers, and then the
//! next client gets it. The pool is its own, because its threads sleep while the server works, and
//! in the global pool they would keep others from computing. Choose it when the work starts in the
//! pool.

#[path = "../src/cli.rs"]
mod cli;

use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use cli::Server;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;

/// How many connections the server serves at a time.
const LIMIT: usize = 3;

/// How long a client waits for the network, at most.
const NETWORK_TIMEOUT: Duration = Duration::from_secs(10);

fn main() {
    let clients = cli::load_or_exit();
    let server = Server::start_or_exit(LIMIT);
    let pool = ThreadPoolBuilder::new()
        .num_threads(LIMIT)
        .build()
        .expect("three threads can be started");

    // `collect` keeps the order of the clients, whichever of them finishes first.
    let answers = pool.install(|| {
        clients
            .par_iter()
            .map(|client| ask_all(&client.numbers, server.address()))
            .collect()
    });

    cli::print_or_exit(&clients, answers, &server);
}

/// Sends the requests of one client, and returns the answers.
fn ask_all(numbers: &[u64], server: SocketAddr) -> Result<Vec<u64>, String> {
    let mut answers = Vec::new();
    for &number in numbers {
        match request(number, server) {
            Ok(answer) => answers.push(answer),
            Err(error) => return Err(format!("no answer for {number}: {error}")),
        }
    }
    Ok(answers)
}

/// Sends one request and returns the answer. Waits until the server has closed the connection, so
/// that it has room for the next client.
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

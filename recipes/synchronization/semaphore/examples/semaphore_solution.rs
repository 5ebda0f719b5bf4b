//! The recipe with a limit on each wait: a client that gets no permit within two milliseconds goes
//! on with its next request, and comes back to this one later.
//!
//! ```text
//! cargo run -p semaphore --example semaphore_solution
//! ```
//!
//! The difference from the recipe: `try_acquire_for` gives up and returns `None`. The request goes
//! to the end of the client's queue, so no answer is missing. The answers keep the order of the
//! requests.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::VecDeque;
use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use cli::Server;
use sync_primitives::Semaphore;

/// How many connections the server serves at a time.
const LIMIT: usize = 3;

/// How long a client waits for the network, at most.
const NETWORK_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a client waits for a permit before it goes on with its next request.
const MAX_WAIT: Duration = Duration::from_millis(2);

/// How often a request was postponed. Relaxed: no other data depends on this number.
static POSTPONED: AtomicUsize = AtomicUsize::new(0);

fn main() {
    let clients = cli::load_or_exit();
    let server = Server::start_or_exit(LIMIT);
    let permits = Semaphore::new(LIMIT);

    let answers = thread::scope(|scope| {
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
    eprintln!("postponed requests: {}", POSTPONED.load(Relaxed));
}

/// Sends the requests of one client, and returns the answers in the order of the requests.
fn ask_all(numbers: &[u64], permits: &Semaphore, server: SocketAddr) -> Result<Vec<u64>, String> {
    let mut answers = vec![0; numbers.len()];
    let mut open: VecDeque<usize> = (0..numbers.len()).collect();
    while let Some(index) = open.pop_front() {
        let Some(_permit) = permits.try_acquire_for(MAX_WAIT) else {
            POSTPONED.fetch_add(1, Relaxed);
            open.push_back(index);
            continue;
        };
        let number = numbers[index];
        match request(number, server) {
            Ok(answer) => answers[index] = answer,
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

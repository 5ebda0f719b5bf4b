//! The same job with parking_lot.
//!
//! ```text
//! cargo run -p semaphore --example semaphore_parking_lot
//! ```
//!
//! The difference from the recipe: parking_lot has no semaphore, so a count under its `Mutex` and
//! its `Condvar` make one. Unlike std's, they are not poisoned by a panic. It lacks what the
//! recipe's has: several permits at once, timeouts, and a promise that no thread waits forever
//! while others are served. Choose it when your locks are parking_lot's already.

#[path = "../src/cli.rs"]
mod cli;

use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use cli::Server;
use parking_lot::{Condvar, Mutex};

/// How many connections the server serves at a time.
const LIMIT: usize = 3;

/// How long a client waits for the network, at most.
const NETWORK_TIMEOUT: Duration = Duration::from_secs(10);

/// How many permits are free, and a condition variable for the threads that find none.
struct Semaphore {
    free: Mutex<usize>,
    released: Condvar,
}

struct Permit<'a> {
    semaphore: &'a Semaphore,
}

impl Semaphore {
    fn new(permits: usize) -> Self {
        Semaphore {
            free: Mutex::new(permits),
            released: Condvar::new(),
        }
    }

    fn acquire(&self) -> Permit<'_> {
        let mut free = self.free.lock();
        self.released.wait_while(&mut free, |free| *free == 0);
        *free -= 1;
        Permit { semaphore: self }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *self.semaphore.free.lock() += 1;
        self.semaphore.released.notify_one();
    }
}

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
}

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

//! The same job with a channel of crossbeam.
//!
//! ```text
//! cargo run -p semaphore --example semaphore_crossbeam
//! ```
//!
//! The difference from the recipe: a channel that holds three tokens is a semaphore. It lacks
//! several permits at once, and a promise that no thread waits forever while others are served.
//! Choose it when the token is a thing, such as one of three open connections, or when a thread
//! waits for other channels at the same time.

#[path = "../src/cli.rs"]
mod cli;

use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use cli::Server;
use crossbeam::channel::{self, Receiver, Sender};

/// How many connections the server serves at a time.
const LIMIT: usize = 3;

/// How long a client waits for the network, at most.
const NETWORK_TIMEOUT: Duration = Duration::from_secs(10);

/// A channel with a token for each permit. Here a token is a number, but it could be a connection.
struct Semaphore {
    sender: Sender<usize>,
    receiver: Receiver<usize>,
}

/// A token that has been taken out of the channel. Dropping it sends the token back.
struct Permit<'a> {
    semaphore: &'a Semaphore,
    token: usize,
}

impl Semaphore {
    fn new(permits: usize) -> Self {
        let (sender, receiver) = channel::bounded(permits);
        for token in 0..permits {
            sender.send(token).expect("the receiver exists");
        }
        Semaphore { sender, receiver }
    }

    fn acquire(&self) -> Permit<'_> {
        let token = self.receiver.recv().expect("the sender exists");
        Permit {
            semaphore: self,
            token,
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        // Cannot fail: the receiver exists, and there is room for every token.
        let _ = self.semaphore.sender.send(self.token);
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

//! The same job with tasks of tokio as the clients.
//!
//! ```text
//! cargo run -p semaphore --example semaphore_tokio
//! ```
//!
//! The difference from the recipe: a client that waits for a permit or for an answer does not block
//! a thread, because its thread runs other tasks meanwhile. Permits go out strictly in the order in
//! which tasks ask for them. If you cancel a client, it closes its connection and gives its permit
//! back at once, although the server may still be busy with its request. Choose it when tasks wait.

#[path = "../src/cli.rs"]
mod cli;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cli::{Client, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::time;

const LIMIT: usize = 3;
const NETWORK_TIMEOUT: Duration = Duration::from_secs(10);

fn main() {
    // Reads the files before there is a runtime, whose threads must not block.
    let clients = cli::load_or_exit();
    let server = Server::start_or_exit(LIMIT);
    let runtime = Runtime::new().expect("the runtime starts");
    let answers = runtime.block_on(run(&clients, server.address()));
    cli::print_or_exit(&clients, answers, &server);
}

async fn run(clients: &[Client], server: SocketAddr) -> Result<Vec<Vec<u64>>, String> {
    let permits = Arc::new(Semaphore::new(LIMIT));
    let mut tasks = Vec::new();
    for client in clients {
        let numbers = client.numbers.clone();
        tasks.push(tokio::spawn(ask_all(numbers, Arc::clone(&permits), server)));
    }

    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.expect("a client panicked")?);
    }
    Ok(answers)
}

async fn ask_all(
    numbers: Vec<u64>,
    permits: Arc<Semaphore>,
    server: SocketAddr,
) -> Result<Vec<u64>, String> {
    let mut answers = Vec::new();
    for number in numbers {
        let _permit = permits
            .acquire()
            .await
            .expect("nobody closes the semaphore");
        match time::timeout(NETWORK_TIMEOUT, request(number, server)).await {
            Ok(Ok(answer)) => answers.push(answer),
            Ok(Err(error)) => return Err(format!("no answer for {number}: {error}")),
            Err(elapsed) => return Err(format!("no answer for {number}: {elapsed}")),
        }
    }
    Ok(answers)
}

async fn request(number: u64, server: SocketAddr) -> io::Result<u64> {
    let mut stream = TcpStream::connect(server).await?;
    stream.write_all(number.to_string().as_bytes()).await?;
    stream.shutdown().await?; // Closes the writing half.
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    answer
        .parse()
        .map_err(|_| io::Error::other(format!("the server says {answer:?}")))
}

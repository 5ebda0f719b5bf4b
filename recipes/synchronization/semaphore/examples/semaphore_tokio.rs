//! Ask a server that serves three connections at a time, from a dozen tasks at once, with tokio's `Semaphore`.
//!
//! Run `cargo run -p semaphore --example semaphore_tokio`; for a list of your own, add `-- mine.txt`.
//!
//! A client is a task: while it waits for a permit or an answer, its thread runs others. Permits go out strictly in
//! order of asking. What the recipe's has and this one lacks: a limit on the wait of a thread.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, atomic::AtomicUsize, atomic::Ordering::Relaxed};
use std::{collections::BTreeMap, env, fs, io, path::PathBuf, process, time::Duration};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::{runtime::Runtime, task, time::timeout};

const PLACES: usize = 3;

type Requests = BTreeMap<String, Vec<u64>>; // The numbers that each client asks about.

fn main() {
    // Files are read before there is a runtime whose threads this could block.
    let Ok(requests) = load().inspect_err(|reason| eprintln!("{reason}")) else {
        process::exit(1)
    };
    let runtime = Runtime::new().expect("a runtime can be started");
    print(&requests, &runtime.block_on(ask_all(&requests)));
}

async fn ask_all(requests: &Requests) -> Vec<Vec<u64>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .expect("the loopback interface has a free port");
    let server = listener.local_addr().expect("a listener has an address");
    task::spawn(serve(listener)); // Until the runtime ends.
    let permits = Arc::new(Semaphore::new(PLACES));
    let ask_in_turn = |numbers| task::spawn(ask_in_turn(numbers, permits.clone(), server));
    let clients: Vec<_> = requests.values().cloned().map(ask_in_turn).collect();
    let mut answers = Vec::new();
    for client in clients {
        answers.push(client.await.expect("a client panicked"));
    }
    answers
}

async fn ask_in_turn(numbers: Vec<u64>, permits: Arc<Semaphore>, server: SocketAddr) -> Vec<u64> {
    let mut answers = Vec::new();
    for number in numbers {
        let permit = permits
            .clone()
            .acquire_owned()
            .await
            .expect("nobody closes the semaphore");
        // A task that owns its permit. Cancelling the client does not cancel it: while the server is busy with the
        // connection, the permit is out. A permit borrowed here would be given back at once.
        let connection = task::spawn(timeout(
            Duration::from_secs(10),
            request(number, server, permit),
        ));
        let answer = connection
            .await
            .expect("a connection panicked")
            .map_err(io::Error::from)
            .flatten();
        answers.push(answer.unwrap_or_else(|error| panic!("no answer for {number}: {error}")));
    }
    answers
}

async fn request(
    number: u64,
    server: SocketAddr,
    _permit: OwnedSemaphorePermit,
) -> io::Result<u64> {
    let mut stream = TcpStream::connect(server).await?;
    stream.write_all(number.to_string().as_bytes()).await?;
    stream.shutdown().await?; // Of the writing half.
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    answer
        .parse()
        .map_err(|_| io::Error::other(format!("the server says {answer:?}")))
}

/// The server's own counts. Relaxed: they say nothing about other memory.
static OPEN: AtomicUsize = AtomicUsize::new(0);
static REFUSED: AtomicUsize = AtomicUsize::new(0);

async fn serve(listener: TcpListener) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let welcome = OPEN.fetch_add(1, Relaxed) < PLACES;
        REFUSED.fetch_add(usize::from(!welcome), Relaxed);
        task::spawn(async move {
            let _ = answer(&mut stream, welcome).await; // Of an error the client knows by itself.
            // First make room. Then the stream ends; the client that reads the end gives its permit to the next.
            OPEN.fetch_sub(1, Relaxed);
        });
    }
}

async fn answer(stream: &mut TcpStream, welcome: bool) -> io::Result<()> {
    let mut number = String::new();
    stream.read_to_string(&mut number).await?;
    let number = number.parse().map_err(io::Error::other)?;
    let factor = move || largest_prime_factor(number).to_string(); // Up to a million divisions: nothing for a task.
    let answer = if welcome {
        task::spawn_blocking(factor).await?
    } else {
        "busy".to_owned()
    };
    stream.write_all(answer.as_bytes()).await
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

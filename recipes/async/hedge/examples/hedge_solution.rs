//! The solution of the exercise: a canceled request tells its mirror before it hangs up.
//!
//! ```text
//! cargo run -p hedge --example hedge_solution
//! ```
//!
//! An aborted task cannot `await` anymore, so it cannot send anything. A `CancellationToken` does
//! not abort: it only tells the tasks that they should stop. A request notices this in its
//! `select!`, sends the line `cancel`, and then returns.

#[path = "../src/cli.rs"]
mod cli;

use std::future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{self, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::io::{DuplexStream, ReadHalf, WriteHalf};
use tokio::task::JoinSet;
use tokio::time::{self, Instant};
use tokio_util::sync::CancellationToken;

use cli::{BadAnswer, Catalog, Fault, GoodAnswer, Orbit, Outcome, Plan, Reply};

/// If no answer has come this long after a request, the program asks the next mirror as well.
const DELAY: Duration = Duration::from_secs(2);

/// The program stops asking for a satellite after this time.
const LIMIT: Duration = Duration::from_secs(10);

/// The program reads at most this many bytes of an answer. A good one is shorter.
const MAX_ANSWER: u64 = 200;

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let catalog = Arc::new(cli::catalog_or_exit());
    let mut mirrors = Vec::new();
    for plan in cli::PLANS {
        mirrors.push(Mirror::new(plan, &catalog));
    }

    let mut outcomes = Vec::new();
    for number in catalog.numbers() {
        outcomes.push(hedge(&mut mirrors, number).await);
    }

    let mut goodbyes = 0;
    for mirror in mirrors {
        goodbyes += mirror.goodbyes().await;
    }
    cli::print_report(&catalog, &outcomes, goodbyes);
}

/// Asks one mirror after the other until the first good answer, or until the time limit.
async fn hedge(mirrors: &mut [Mirror], number: &str) -> Outcome {
    let start = Instant::now();
    let mut outcome = Outcome::default();
    let mut requests: JoinSet<Option<Result<GoodAnswer, BadAnswer>>> = JoinSet::new();
    let token = CancellationToken::new();
    let mut to_ask = mirrors.iter_mut();
    let mut delay = pin!(time::sleep(Duration::ZERO)); // The first mirror is asked at once.
    let mut limit = pin!(time::sleep(LIMIT));

    while !requests.is_empty() || to_ask.len() > 0 {
        tokio::select! {
            biased; // If several branches are ready, the first one runs, not a random one.

            // Cancel-safe: `join_next` takes a request out of the set only when it returns it.
            Some(request) = requests.join_next() => {
                let answer = request.expect("a request panicked");
                match answer.expect("nothing has been canceled yet") {
                    Ok(answer) => {
                        outcome.good = Some(answer);
                        break;
                    }
                    Err(answer) => {
                        outcome.bad.push(answer);
                        delay.as_mut().reset(Instant::now()); // Asks the next mirror at once.
                    }
                }
            }

            // Cancel-safe: the next round waits for the same `Sleep`, so no time is lost.
            () = &mut delay, if to_ask.len() > 0 => {
                let mirror = to_ask.next().expect("a mirror is left");
                outcome.asked.push(mirror.plan.name);
                let number = number.to_string();
                let token = token.clone();
                requests.spawn(ask(mirror.plan.name, mirror.connect(), number, token));
                delay.as_mut().reset(Instant::now() + DELAY);
            }

            // Cancel-safe for the same reason as `delay`.
            () = &mut limit => break,
        }
    }

    outcome.time = start.elapsed();
    token.cancel();
    requests.join_all().await; // Waits until the other requests have said goodbye.
    outcome
}

/// Asks a mirror. Returns `None` if the token was canceled first.
async fn ask(
    mirror: &'static str,
    stream: DuplexStream,
    number: String,
    token: CancellationToken,
) -> Option<Result<GoodAnswer, BadAnswer>> {
    let (reader, mut writer) = io::split(stream);
    tokio::select! {
        biased;
        // Not cancel-safe, but nobody wants the rest of the answer after a cancellation.
        result = request(reader, &mut writer, &number) => match result {
            Ok(orbit) => Some(Ok(GoodAnswer { mirror, orbit })),
            Err(fault) => Some(Err(BadAnswer { mirror, fault })),
        },
        // Cancel-safe: a canceled token stays canceled.
        () = token.cancelled() => {
            // Fails only if the mirror has hung up. Then it need not be told.
            let _ = writer.write_all(b"cancel\n").await;
            None
        }
    }
}

/// Sends the number of a satellite, and checks the answer. It is not cancel-safe.
async fn request(
    reader: ReadHalf<DuplexStream>,
    writer: &mut WriteHalf<DuplexStream>,
    number: &str,
) -> Result<Orbit, Fault> {
    writer.write_all(format!("{number}\n").as_bytes()).await?;
    let mut answer = String::new();
    reader.take(MAX_ANSWER).read_to_string(&mut answer).await?;
    Orbit::parse(&answer, number)
}

/// A mirror, with the tasks that serve its connections.
struct Mirror {
    plan: Plan,
    catalog: Arc<Catalog>,
    connections: JoinSet<io::Result<Ending>>,
}

/// How a connection ended, as its mirror sees it.
enum Ending {
    Answered,
    Goodbye,
    HungUp,
}

impl Mirror {
    fn new(plan: Plan, catalog: &Arc<Catalog>) -> Self {
        Mirror {
            plan,
            catalog: Arc::clone(catalog),
            connections: JoinSet::new(),
        }
    }

    fn connect(&mut self) -> DuplexStream {
        let (client, server) = io::duplex(1024);
        // Counts all requests so far, because no connection is joined before the end.
        let requests = self.connections.len();
        let reply = self.plan.reply(requests);
        let catalog = Arc::clone(&self.catalog);
        self.connections.spawn(serve(server, reply, catalog));
        client
    }

    /// Waits until all connections have ended, and returns how many clients said goodbye.
    async fn goodbyes(self) -> usize {
        let mut goodbyes = 0;
        for ending in self.connections.join_all().await {
            match ending.expect("a pipe in memory does not fail") {
                Ending::Answered => {}
                Ending::Goodbye => goodbyes += 1,
                Ending::HungUp => panic!("a client hung up without a goodbye"),
            }
        }
        goodbyes
    }
}

/// Serves one connection. Stops working on the answer when the client says goodbye or
/// hangs up.
async fn serve(stream: DuplexStream, reply: Reply, catalog: Arc<Catalog>) -> io::Result<Ending> {
    let (reader, mut writer) = io::split(stream);
    let mut lines = BufReader::new(reader).lines();
    let Some(number) = lines.next_line().await? else {
        return Ok(Ending::HungUp);
    };

    tokio::select! {
        biased;
        // Cancel-safe: `lines` keeps what it has read.
        line = lines.next_line() => match line? {
            Some(word) if word == "cancel" => Ok(Ending::Goodbye),
            _ => Ok(Ending::HungUp),
        },
        // Not cancel-safe, but nothing is lost: this branch is dropped only when the client has
        // hung up, and then nobody waits for the answer.
        result = send(&mut writer, reply, catalog.lines(&number)) => {
            result.map(|()| Ending::Answered)
        }
    }
}

async fn send(writer: &mut WriteHalf<DuplexStream>, reply: Reply, lines: &str) -> io::Result<()> {
    match reply.delay() {
        Some(delay) => time::sleep(delay).await,
        None => future::pending().await, // A silent mirror waits until the client hangs up.
    }
    writer.write_all(reply.text(lines).as_bytes()).await
}

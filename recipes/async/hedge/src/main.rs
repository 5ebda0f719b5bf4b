//! Ask a second mirror if the first is slow, take the first good answer, and cancel the rest.
//!
//! Three mirrors serve the orbits of satellites. Sometimes a mirror answers at once. Sometimes it
//! is slow or silent, cuts its answer off, or sends a damaged one. So the program *hedges*: if a
//! mirror has not answered after two seconds, it asks the next one as well. If an answer is bad, it
//! asks the next one at once. The first good answer wins, and the program cancels the requests that
//! are still running. An answer is good if it is complete and its checksums are right.
//!
//! The mirrors are tasks of this program, and the connections are pipes in memory. No network is
//! involved, so tokio's clock can be paused: whenever all tasks wait, it jumps to the end of the
//! next `sleep`. The seconds in the output are exact, but nobody has to wait for them.
//!
//! ```text
//! cargo run -p hedge               # the satellites in input/orbits.tle
//! cargo run -p hedge -- mine.tle   # your own satellites; src/cli.rs describes the format
//! ```
//!
//! For each satellite, the program prints how often it circles the Earth in a day, and which mirror
//! gave the answer. The output is the same on every run.

mod cli;

use std::future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{self, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::io::{DuplexStream, WriteHalf};
use tokio::task::JoinSet;
use tokio::time::{self, Instant};

use cli::{BadAnswer, Catalog, Fault, GoodAnswer, Orbit, Outcome, Plan, Reply};

/// If no answer has come this long after a request, the program asks the next mirror as well.
const DELAY: Duration = Duration::from_secs(2);

/// The program stops asking for a satellite after this time.
const LIMIT: Duration = Duration::from_secs(10);

/// The program reads at most this many bytes of an answer. A good one is shorter.
const MAX_ANSWER: u64 = 200;

// ANCHOR: main
// `start_paused` needs tokio's feature `test-util` and is meant for tests. Without it, the clock is
// real.
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

    let mut hang_ups = 0;
    for mirror in mirrors {
        hang_ups += mirror.hang_ups().await;
    }
    cli::print_report(&catalog, &outcomes, hang_ups);
}
// ANCHOR_END: main

// ANCHOR: hedge
/// Asks one mirror after the other until the first good answer, or until the time limit.
async fn hedge(mirrors: &mut [Mirror], number: &str) -> Outcome {
    let start = Instant::now();
    let mut outcome = Outcome::default();
    let mut requests = JoinSet::new();
    let mut to_ask = mirrors.iter_mut();
    let mut delay = pin!(time::sleep(Duration::ZERO)); // The first mirror is asked at once.
    let mut limit = pin!(time::sleep(LIMIT));

    while !requests.is_empty() || to_ask.len() > 0 {
        tokio::select! {
            biased; // If several branches are ready, the first one runs, not a random one.

            // Cancel-safe: `join_next` takes a request out of the set only when it returns it. If
            // the set is empty, it returns `None`, and the branch is skipped.
            Some(request) = requests.join_next() => {
                match request.expect("a request panicked") {
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
                requests.spawn(ask(mirror.plan.name, mirror.connect(), number.to_string()));
                delay.as_mut().reset(Instant::now() + DELAY);
            }

            // Cancel-safe for the same reason as `delay`.
            () = &mut limit => break,
        }
    }

    outcome.time = start.elapsed();
    requests.shutdown().await; // Cancels the other requests, and waits until they have ended.
    outcome
}
// ANCHOR_END: hedge

// ANCHOR: ask
async fn ask(
    mirror: &'static str,
    stream: DuplexStream,
    number: String,
) -> Result<GoodAnswer, BadAnswer> {
    match request(stream, &number).await {
        Ok(orbit) => Ok(GoodAnswer { mirror, orbit }),
        Err(fault) => Err(BadAnswer { mirror, fault }),
    }
}

/// Sends the number of a satellite, and checks the answer.
///
/// This function is not cancel-safe, because `read_to_string` may have read a part of the answer.
/// That does no harm: canceling it drops the connection as well, so nobody reads the rest.
async fn request(mut stream: DuplexStream, number: &str) -> Result<Orbit, Fault> {
    stream.write_all(format!("{number}\n").as_bytes()).await?;
    let mut answer = String::new();
    stream.take(MAX_ANSWER).read_to_string(&mut answer).await?;
    Orbit::parse(&answer, number)
}
// ANCHOR_END: ask

/// A mirror, with the tasks that serve its connections.
struct Mirror {
    plan: Plan,
    catalog: Arc<Catalog>,
    connections: JoinSet<io::Result<Ending>>,
}

/// How a connection ended, as its mirror sees it.
enum Ending {
    Answered,
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

    /// Waits until all connections have ended, and returns how many clients hung up.
    async fn hang_ups(self) -> usize {
        let mut hang_ups = 0;
        for ending in self.connections.join_all().await {
            match ending.expect("a pipe in memory does not fail") {
                Ending::Answered => {}
                Ending::HungUp => hang_ups += 1,
            }
        }
        hang_ups
    }
}

// ANCHOR: serve
/// Serves one connection. Stops working on the answer when the client hangs up.
async fn serve(stream: DuplexStream, reply: Reply, catalog: Arc<Catalog>) -> io::Result<Ending> {
    let (reader, mut writer) = io::split(stream);
    let mut lines = BufReader::new(reader).lines();
    let Some(number) = lines.next_line().await? else {
        return Ok(Ending::HungUp);
    };

    tokio::select! {
        biased;
        // Cancel-safe: `lines` keeps what it has read. The client sends only one line, so this
        // waits until the client hangs up.
        _ = lines.next_line() => Ok(Ending::HungUp),
        // Not cancel-safe, but nothing is lost: this branch is dropped only when the client has
        // hung up, and then nobody waits for the answer.
        result = send(&mut writer, reply, catalog.lines(&number)) => {
            result.map(|()| Ending::Answered)
        }
    }
}
// ANCHOR_END: serve

async fn send(writer: &mut WriteHalf<DuplexStream>, reply: Reply, lines: &str) -> io::Result<()> {
    match reply.delay() {
        Some(delay) => time::sleep(delay).await,
        None => future::pending().await, // A silent mirror waits until the client hangs up.
    }
    writer.write_all(reply.text(lines).as_bytes()).await
}

//! The same job with smol.
//!
//! ```text
//! cargo run -p hedge --example hedge_smol
//! ```
//!
//! The difference from the recipe: smol has no clock that can be paused, so the program brings its
//! own. `or` waits for two futures and takes the result of the one that is ready first; in a tie,
//! the left one wins. Dropping a `Task` of smol cancels it, but a task of tokio goes on without its
//! handle. Choose smol if you want few dependencies.

#[path = "../src/cli.rs"]
mod cli;

use std::cell::{Cell, RefCell};
use std::future::{self, Future};
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use piper::{Reader, Writer};
use smol::future::FutureExt;
use smol::io::{self, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use smol::stream::StreamExt;
use smol::{LocalExecutor, Task, channel};

use cli::{BadAnswer, Catalog, Fault, GoodAnswer, Orbit, Outcome, Plan, Reply};

/// If no answer has come this long after a request, the program asks the next mirror as well.
const DELAY: Duration = Duration::from_secs(2);

/// The program stops asking for a satellite after this time.
const LIMIT: Duration = Duration::from_secs(10);

/// The program reads at most this many bytes of an answer. A good one is shorter.
const MAX_ANSWER: u64 = 200;

/// What the tasks share.
#[derive(Clone)]
struct Context {
    catalog: Rc<Catalog>,
    clock: Rc<Clock>,
    executor: Rc<LocalExecutor<'static>>,
}

fn main() {
    let context = Context {
        catalog: Rc::new(cli::catalog_or_exit()),
        clock: Rc::default(),
        executor: Rc::default(),
    };
    context.run(ask_for_all(&context));
}

async fn ask_for_all(context: &Context) {
    let mut mirrors = cli::PLANS.map(|plan| Mirror::new(plan, context));
    let mut outcomes = Vec::new();
    for number in context.catalog.numbers() {
        outcomes.push(hedge(context, &mut mirrors, number).await);
    }

    let mut hang_ups = 0;
    for mirror in mirrors {
        hang_ups += mirror.hang_ups().await;
    }
    cli::print_report(&context.catalog, &outcomes, hang_ups);
}

/// `hedge` waits for one of these.
enum Event {
    Answer(Result<GoodAnswer, BadAnswer>),
    Delay,
    Limit,
}

/// Asks one mirror after the other until the first good answer, or until the time limit.
async fn hedge(context: &Context, mirrors: &mut [Mirror], number: &str) -> Outcome {
    let clock = &context.clock;
    let start = clock.now();
    let mut outcome = Outcome::default();
    let (sender, answers) = channel::unbounded();
    let mut requests: Vec<Task<()>> = Vec::new();
    let mut to_ask = mirrors.iter_mut();
    let mut ask_at = start; // The first mirror is asked at once.

    while outcome.bad.len() < requests.len() || to_ask.len() > 0 {
        // Cancel-safe: an answer stays in the channel until `recv` returns it.
        let answer = async { Event::Answer(answers.recv().await.expect("a sender is here")) };
        // Cancel-safe: each round makes a new future, but it ends at the same time.
        let delay = async {
            if to_ask.len() == 0 {
                future::pending::<()>().await;
            }
            clock.sleep_until(ask_at).await;
            Event::Delay
        };
        // Cancel-safe for the same reason as `delay`.
        let limit = async {
            clock.sleep_until(start + LIMIT).await;
            Event::Limit
        };

        match answer.or(delay).or(limit).await {
            Event::Answer(Ok(answer)) => {
                outcome.good = Some(answer);
                break;
            }
            Event::Answer(Err(answer)) => {
                outcome.bad.push(answer);
                ask_at = clock.now();
            }
            Event::Delay => {
                let mirror = to_ask.next().expect("a mirror is left");
                outcome.asked.push(mirror.plan.name);
                let connection = mirror.connect();
                let request = ask(mirror.plan.name, connection, number.to_string());
                let sender = sender.clone();
                requests.push(context.executor.spawn(async move {
                    // Cannot fail: `hedge` keeps the receiver until all requests have ended.
                    let _ = sender.send(request.await).await;
                }));
                ask_at = clock.now() + DELAY;
            }
            Event::Limit => break,
        }
    }

    outcome.time = clock.now() - start;
    for request in requests {
        request.cancel().await; // Waits until the task has ended. Dropping it would not wait.
    }
    outcome
}

/// One end of a connection.
struct Stream {
    reader: Reader,
    writer: Writer,
}

async fn ask(
    mirror: &'static str,
    stream: Stream,
    number: String,
) -> Result<GoodAnswer, BadAnswer> {
    match request(stream, &number).await {
        Ok(orbit) => Ok(GoodAnswer { mirror, orbit }),
        Err(fault) => Err(BadAnswer { mirror, fault }),
    }
}

/// Sends the number of a satellite, and checks the answer.
///
/// This function is not cancel-safe. That does no harm: canceling it drops the connection as well,
/// so nobody reads the rest.
async fn request(mut stream: Stream, number: &str) -> Result<Orbit, Fault> {
    let line = format!("{number}\n");
    stream.writer.write_all(line.as_bytes()).await?;
    let mut answer = String::new();
    let mut reader = stream.reader.take(MAX_ANSWER);
    reader.read_to_string(&mut answer).await?;
    Orbit::parse(&answer, number)
}

/// A mirror, with the tasks that serve its connections.
struct Mirror {
    plan: Plan,
    context: Context,
    connections: Vec<Task<io::Result<Ending>>>,
}

/// How a connection ended, as its mirror sees it.
enum Ending {
    Answered,
    HungUp,
}

impl Mirror {
    fn new(plan: Plan, context: &Context) -> Self {
        Mirror {
            plan,
            context: context.clone(),
            connections: Vec::new(),
        }
    }

    fn connect(&mut self) -> Stream {
        let (from_client, to_server) = piper::pipe(1024);
        let (from_server, to_client) = piper::pipe(1024);
        let server = Stream {
            reader: from_client,
            writer: to_client,
        };
        let requests = self.connections.len();
        let reply = self.plan.reply(requests);
        let task = serve(server, reply, self.context.clone());
        self.connections.push(self.context.executor.spawn(task));
        Stream {
            reader: from_server,
            writer: to_server,
        }
    }

    /// Waits until all connections have ended, and returns how many clients hung up.
    async fn hang_ups(self) -> usize {
        let mut hang_ups = 0;
        for connection in self.connections {
            match connection.await.expect("a pipe in memory does not fail") {
                Ending::Answered => {}
                Ending::HungUp => hang_ups += 1,
            }
        }
        hang_ups
    }
}

/// Serves one connection. Stops working on the answer when the client hangs up.
async fn serve(stream: Stream, reply: Reply, context: Context) -> io::Result<Ending> {
    let mut writer = stream.writer;
    let mut lines = BufReader::new(stream.reader).lines();
    let Some(number) = lines.next().await else {
        return Ok(Ending::HungUp);
    };
    let number = number?;

    // Cancel-safe: `lines` keeps what it has read.
    let hang_up = async {
        lines.next().await;
        Ok(Ending::HungUp)
    };
    // Not cancel-safe, but nothing is lost: this future is dropped only when the client has hung
    // up, and then nobody waits for the answer.
    let answer = async {
        match reply.delay() {
            Some(delay) => context.clock.sleep_until(context.clock.now() + delay).await,
            None => future::pending().await,
        }
        let text = reply.text(context.catalog.lines(&number));
        writer.write_all(text.as_bytes()).await?;
        Ok(Ending::Answered)
    };
    hang_up.or(answer).await
}

/// A clock that stands still while a task can run, and then jumps to the end of the next sleep.
#[derive(Default)]
struct Clock {
    now: Cell<Duration>,
    sleepers: RefCell<Vec<Sleeper>>,
}

struct Sleeper {
    end: Duration,
    waker: Waker,
}

impl Clock {
    /// The time since the clock was made.
    fn now(&self) -> Duration {
        self.now.get()
    }

    async fn sleep_until(&self, end: Duration) {
        let is_over = future::poll_fn(|context| {
            if self.now() >= end {
                return Poll::Ready(());
            }
            let waker = context.waker().clone();
            self.sleepers.borrow_mut().push(Sleeper { end, waker });
            Poll::Pending
        });
        is_over.await;
    }

    /// Moves the clock to the end of the next sleep, and wakes every sleeper. A sleeper whose time
    /// has not come puts itself on the list again, unless it has been canceled.
    fn jump(&self) {
        let sleepers = self.sleepers.take();
        let ends = sleepers.iter().map(|sleeper| sleeper.end);
        let next_end = ends.min().expect("all tasks wait, but none of them sleeps");
        self.now.set(next_end);
        for sleeper in sleepers {
            sleeper.waker.wake();
        }
    }
}

impl Context {
    /// Runs the future and all tasks. The clock jumps when none of them can run.
    fn run(&self, future: impl Future<Output = ()>) {
        let tasks = async {
            loop {
                if !self.executor.try_tick() {
                    self.clock.jump();
                }
                smol::future::yield_now().await; // Gives the future its turn.
            }
        };
        smol::block_on(future.or(tasks));
    }
}

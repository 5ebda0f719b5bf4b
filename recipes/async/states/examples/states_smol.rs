//! The same futures on smol's executor, with a virtual clock of our own.
//!
//! ```text
//! cargo run -p states --example states_smol
//! ```
//!
//! The difference from the recipe: smol has no clock that can be paused. But its executor can be
//! used without its timers, and your program can drive it: `try_tick` polls one task that was
//! woken. When there is none, every task waits, and the clock moves on. Choose it if your program
//! has a loop of its own, as a game or a simulation has.

#[path = "../src/cli.rs"]
mod cli;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use smol::LocalExecutor;
use smol::channel::{self, Receiver, Sender};
use smol::future::{self, yield_now};

use cli::{Capture, Change, Event, State};

/// How long a packet can survive in the network: the maximum segment lifetime of RFC 9293.
const MSL: Duration = Duration::from_secs(120);

/// An end that opens a connection and hears nothing gives up after this time.
const OPEN_LIMIT: Duration = Duration::from_secs(180);

/// An end that closes a connection and hears nothing gives up after this time.
const CLOSE_LIMIT: Duration = Duration::from_secs(100);

/// How long the program waits after the last packet. Every timer ends in this time.
const SILENCE: Duration = Duration::from_secs(300);

/// How many events a channel holds.
const CAPACITY: usize = 8;

fn main() {
    let capture = cli::capture_or_exit();
    let start = Instant::now();
    let executor = LocalExecutor::new();

    let mut channels = Vec::new();
    let mut tasks = Vec::new();
    for state in capture.first_states() {
        let (sender, events) = channel::bounded(CAPACITY);
        let end = End { events, start };
        channels.push(sender);
        tasks.push(executor.spawn(follow(state, end)));
    }
    executor.spawn(replay(&capture, channels, start)).detach();
    run(&executor);

    let mut histories = Vec::new();
    for task in tasks {
        assert!(task.is_finished(), "a task is still waiting");
        histories.push(future::block_on(task));
    }
    cli::print_report(&capture, &histories);
}

/// Runs until no task can be polled and no timer is left.
fn run(executor: &LocalExecutor<'_>) {
    loop {
        while executor.try_tick() {}
        let wakers = CLOCK.with_borrow_mut(Clock::advance);
        if wakers.is_empty() {
            return;
        }
        for waker in wakers {
            waker.wake();
        }
    }
}

/// A clock that moves only when every task waits.
#[derive(Default)]
struct Clock {
    now: Duration,
    /// Sorted by deadline. The number tells apart timers with the same deadline.
    timers: BTreeMap<(Duration, u64), Waker>,
    next_number: u64,
}

thread_local! {
    static CLOCK: RefCell<Clock> = RefCell::default();
}

impl Clock {
    /// Moves to the next deadline, and returns the wakers of the tasks that wait for it.
    fn advance(&mut self) -> Vec<Waker> {
        let mut wakers = Vec::new();
        if let Some((timer, _waker)) = self.timers.first_key_value() {
            self.now = timer.0;
        }
        while let Some(timer) = self.timers.first_entry()
            && timer.key().0 == self.now
        {
            wakers.push(timer.remove());
        }
        wakers
    }
}

/// A future that is ready at the deadline.
struct Sleep {
    deadline: Duration,
    number: u64,
}

fn sleep(duration: Duration) -> Sleep {
    CLOCK.with_borrow_mut(|clock| {
        clock.next_number += 1;
        Sleep {
            deadline: clock.now + duration,
            number: clock.next_number,
        }
    })
}

impl Future for Sleep {
    type Output = ();
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        CLOCK.with_borrow_mut(|clock| {
            if clock.now >= self.deadline {
                return Poll::Ready(());
            }
            // Replaces the waker of an earlier poll.
            let timer = (self.deadline, self.number);
            clock.timers.insert(timer, context.waker().clone());
            Poll::Pending
        })
    }
}

/// Dropping the future cancels the timer.
impl Drop for Sleep {
    fn drop(&mut self) {
        let timer = (self.deadline, self.number);
        CLOCK.with_borrow_mut(|clock| clock.timers.remove(&timer));
    }
}

/// Gives up on a future at the deadline. `or` polls the future first, and then the timer.
async fn timeout<F: Future>(limit: Duration, future: F) -> Result<F::Output, Elapsed> {
    let in_time = async { Ok(future.await) };
    let too_late = async {
        sleep(limit).await;
        Err(Elapsed)
    };
    future::or(in_time, too_late).await
}

struct Elapsed;

/// A time of the virtual clock.
#[derive(Clone, Copy)]
struct Instant(Duration);

impl Instant {
    fn now() -> Self {
        Instant(CLOCK.with_borrow(|clock| clock.now))
    }

    fn elapsed(self) -> Duration {
        Instant::now().0 - self.0
    }
}

/// Sends each event at its time. At the end, drops the channels, so that every task ends.
async fn replay(capture: &Capture, channels: Vec<Sender<Event>>, start: Instant) {
    for step in &capture.steps {
        sleep(step.time.saturating_sub(start.elapsed())).await;
        // A timer that ends at the same time comes first.
        yield_now().await;
        let sent = channels[step.end].send(step.event).await;
        sent.expect("a task receives until the capture is over");
    }
    sleep(SILENCE).await;
}

/// One end of a connection.
struct End {
    events: Receiver<Event>,
    start: Instant,
}

/// Why the function of a state ended without a next state.
enum Interrupt {
    Reset,
    TimedOut,
    CaptureOver,
}

/// What the function of a state returns.
type Next = Result<State, Interrupt>;

/// Follows one end from state to state until the capture is over.
async fn follow(mut state: State, mut end: End) -> Vec<Change> {
    let mut history = Vec::new();
    loop {
        let outcome = match state {
            State::Closed => closed(&mut end).await,
            State::SynSent => within(OPEN_LIMIT, syn_sent(&mut end)).await,
            State::SynReceived => within(OPEN_LIMIT, syn_received(&mut end)).await,
            State::Established => established(&mut end).await,
            State::FinWait1 => within(CLOSE_LIMIT, fin_wait_1(&mut end)).await,
            State::FinWait2 => fin_wait_2(&mut end).await,
            State::CloseWait => close_wait(&mut end).await,
            State::Closing => within(CLOSE_LIMIT, closing(&mut end)).await,
            State::LastAck => within(CLOSE_LIMIT, last_ack(&mut end)).await,
            State::TimeWait => within(2 * MSL, time_wait(&mut end)).await,
        };
        let (next, cause) = match outcome {
            Ok(next) => (next, ""),
            Err(Interrupt::Reset) => (State::Closed, "reset"),
            Err(Interrupt::TimedOut) => (State::Closed, "timer"),
            Err(Interrupt::CaptureOver) => return history,
        };
        // A state may follow itself: TIME_WAIT does if its wait begins again.
        if next != state {
            let time = end.start.elapsed();
            history.push(Change {
                time,
                state: next,
                cause,
            });
        }
        state = next;
    }
}

/// Limits the time in a state. At the limit, `timeout` drops the state's future. No event is lost,
/// because `recv` is cancel-safe.
async fn within(limit: Duration, state: impl Future<Output = Next>) -> Next {
    let outcome = timeout(limit, state).await;
    outcome.unwrap_or(Err(Interrupt::TimedOut))
}

impl End {
    /// Waits for the next event. A reset ends every state.
    async fn next(&mut self) -> Result<Event, Interrupt> {
        match self.events.recv().await {
            Ok(Event::Reset) => Err(Interrupt::Reset),
            Ok(event) => Ok(event),
            Err(_) => Err(Interrupt::CaptureOver),
        }
    }
}

/// Waits for a new connection. A server that listens is in this state, too, because no packet shows
/// `LISTEN`.
async fn closed(end: &mut End) -> Next {
    loop {
        match end.next().await? {
            Event::SentSyn => return Ok(State::SynSent),
            Event::SentSynAck => return Ok(State::SynReceived),
            _ => {}
        }
    }
}

async fn syn_sent(end: &mut End) -> Next {
    loop {
        match end.next().await? {
            Event::ReceivedSynAck => return Ok(State::Established),
            Event::ReceivedSyn => return Ok(State::SynReceived),
            _ => {}
        }
    }
}

async fn syn_received(end: &mut End) -> Next {
    loop {
        match end.next().await? {
            Event::ReceivedAck | Event::ReceivedSynAck => return Ok(State::Established),
            Event::SentFin => return Ok(State::FinWait1),
            _ => {}
        }
    }
}

async fn established(end: &mut End) -> Next {
    loop {
        match end.next().await? {
            Event::SentFin => return Ok(State::FinWait1),
            Event::ReceivedFin => return Ok(State::CloseWait),
            _ => {}
        }
    }
}

async fn fin_wait_1(end: &mut End) -> Next {
    loop {
        match end.next().await? {
            Event::ReceivedAckOfFin => return Ok(State::FinWait2),
            Event::ReceivedFin => return Ok(State::Closing),
            _ => {}
        }
    }
}

async fn fin_wait_2(end: &mut End) -> Next {
    loop {
        if let Event::ReceivedFin = end.next().await? {
            return Ok(State::TimeWait);
        }
    }
}

async fn close_wait(end: &mut End) -> Next {
    loop {
        if let Event::SentFin = end.next().await? {
            return Ok(State::LastAck);
        }
    }
}

async fn closing(end: &mut End) -> Next {
    loop {
        if let Event::ReceivedAckOfFin = end.next().await? {
            return Ok(State::TimeWait);
        }
    }
}

async fn last_ack(end: &mut End) -> Next {
    loop {
        if let Event::ReceivedAckOfFin = end.next().await? {
            return Ok(State::Closed);
        }
    }
}

/// If the other end repeats its FIN, our last packet was lost, and the wait begins again.
async fn time_wait(end: &mut End) -> Next {
    loop {
        match end.next().await? {
            Event::ReceivedFin => return Ok(State::TimeWait),
            Event::SentSyn => return Ok(State::SynSent),
            Event::SentSynAck => return Ok(State::SynReceived),
            _ => {}
        }
    }
}

//! Follow TCP connections through their states, with the timers of RFC 9293.
//!
//! A connection has two ends, and each end is in one of ten states. Here each state is an async
//! function: it waits for the events of its end, and returns the next state. Each end has a task
//! that goes from state to state. A packet of the capture is an event for the end that sends it,
//! and for the end that receives it. The events reach the tasks through channels.
//!
//! The clock is paused: as soon as every task waits, tokio moves it to the next timer. So minutes
//! of the capture take no time.
//!
//! ```text
//! cargo run -p states                             # the packets in input/mail.txt
//! tcpdump -n -tt -S -r mine.pcap tcp > mine.txt   # your own, as text
//! cargo run -p states -- mine.txt
//! ```
//!
//! For each end, the program prints its states, and the time in seconds at which it entered each of
//! them. The output is the same on every run.

mod cli;

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, sleep_until, timeout};

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

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    // Blocks this thread, but no task is running yet.
    let capture = cli::capture_or_exit();
    let start = Instant::now();

    let mut channels = Vec::new();
    let mut tasks = Vec::new();
    for state in capture.first_states() {
        let (sender, events) = mpsc::channel(CAPACITY);
        let end = End { events, start };
        channels.push(sender);
        tasks.push(tokio::spawn(follow(state, end)));
    }
    replay(&capture, channels, start).await;

    let mut histories = Vec::new();
    for task in tasks {
        histories.push(task.await.expect("no task should panic"));
    }
    cli::print_report(&capture, &histories);
}

/// Sends each event at its time. At the end, drops the channels, so that every task ends.
async fn replay(capture: &Capture, channels: Vec<mpsc::Sender<Event>>, start: Instant) {
    for step in &capture.steps {
        sleep_until(start + step.time).await;
        // A timer that ends at the same time comes first.
        yield_now().await;
        let sent = channels[step.end].send(step.event).await;
        sent.expect("a task receives until the capture is over");
    }
    sleep(SILENCE).await;
}

/// One end of a connection.
struct End {
    events: mpsc::Receiver<Event>,
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
        // ANCHOR: follow
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
        // ANCHOR_END: follow
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
            Some(Event::Reset) => Err(Interrupt::Reset),
            Some(event) => Ok(event),
            None => Err(Interrupt::CaptureOver),
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

// ANCHOR: syn_sent
async fn syn_sent(end: &mut End) -> Next {
    loop {
        match end.next().await? {
            Event::ReceivedSynAck => return Ok(State::Established),
            Event::ReceivedSyn => return Ok(State::SynReceived),
            _ => {}
        }
    }
}
// ANCHOR_END: syn_sent

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

//! The same job without async: a state machine that is written by hand.
//!
//! ```text
//! cargo run -p states --example states_sequential
//! ```
//!
//! The difference from the recipe: `Machine` stores the state and the deadline of an end, and one
//! `match` has all transitions. From an async function, the compiler makes such a machine for you:
//! an enum with a variant for each `.await`, and the variables that live across it. Choose this if
//! a machine has no other variables than its state, or if you have no runtime.

#[path = "../src/cli.rs"]
mod cli;

use std::time::Duration;

use cli::{Change, Event, State};

/// How long a packet can survive in the network: the maximum segment lifetime of RFC 9293.
const MSL: Duration = Duration::from_secs(120);

/// An end that opens a connection and hears nothing gives up after this time.
const OPEN_LIMIT: Duration = Duration::from_secs(180);

/// An end that closes a connection and hears nothing gives up after this time.
const CLOSE_LIMIT: Duration = Duration::from_secs(100);

/// One end of a connection.
struct Machine {
    state: State,
    /// When the timer of the state ends, if it has one.
    deadline: Option<Duration>,
    history: Vec<Change>,
}

fn main() {
    let capture = cli::capture_or_exit();
    let mut machines = Vec::new();
    for state in capture.first_states() {
        machines.push(Machine {
            state,
            deadline: None,
            history: Vec::new(),
        });
    }
    for step in &capture.steps {
        let machine = &mut machines[step.end];
        machine.pass_time(step.time);
        machine.handle(step.time, step.event);
    }
    let mut histories = Vec::new();
    for mut machine in machines {
        machine.pass_time(Duration::MAX);
        histories.push(machine.history);
    }
    cli::print_report(&capture, &histories);
}

impl Machine {
    /// Ends the state if its timer ends before this time, or at it.
    fn pass_time(&mut self, now: Duration) {
        if let Some(deadline) = self.deadline
            && deadline <= now
        {
            self.enter(deadline, State::Closed, "timer");
        }
    }

    fn handle(&mut self, time: Duration, event: Event) {
        let next = match (self.state, event) {
            (_, Event::Reset) => {
                self.enter(time, State::Closed, "reset");
                return;
            }
            (State::Closed | State::TimeWait, Event::SentSyn) => State::SynSent,
            (State::Closed | State::TimeWait, Event::SentSynAck) => State::SynReceived,
            (State::SynSent | State::SynReceived, Event::ReceivedSynAck) => State::Established,
            (State::SynSent, Event::ReceivedSyn) => State::SynReceived,
            (State::SynReceived, Event::ReceivedAck) => State::Established,
            (State::SynReceived | State::Established, Event::SentFin) => State::FinWait1,
            (State::Established, Event::ReceivedFin) => State::CloseWait,
            (State::FinWait1, Event::ReceivedAckOfFin) => State::FinWait2,
            (State::FinWait1, Event::ReceivedFin) => State::Closing,
            (State::FinWait2 | State::TimeWait, Event::ReceivedFin) => State::TimeWait,
            (State::CloseWait, Event::SentFin) => State::LastAck,
            (State::Closing, Event::ReceivedAckOfFin) => State::TimeWait,
            (State::LastAck, Event::ReceivedAckOfFin) => State::Closed,
            _ => return,
        };
        self.enter(time, next, "");
    }

    fn enter(&mut self, time: Duration, state: State, cause: &'static str) {
        if state != self.state {
            self.history.push(Change { time, state, cause });
        }
        self.state = state;
        self.deadline = limit(state).map(|limit| time + limit);
    }
}

fn limit(state: State) -> Option<Duration> {
    match state {
        State::SynSent | State::SynReceived => Some(OPEN_LIMIT),
        State::FinWait1 | State::Closing | State::LastAck => Some(CLOSE_LIMIT),
        State::TimeWait => Some(2 * MSL),
        _ => None,
    }
}

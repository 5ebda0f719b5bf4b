//! The command-line part of the recipe: reads the packets, turns them into events and prints the
//! states. Nothing in this file is async, so you can skip it when you read the recipe.
//!
//! A line is a TCP packet as `tcpdump -n -tt -S tcp` prints it:
//!
//! ```text
//! SECONDS.FRACTION IP SOURCE > DESTINATION: Flags [FLAGS], seq FIRST:LAST, ack NUMBER, ...
//! ```
//!
//! In the flags, `S` is SYN, `F` is FIN, `R` is RST and `.` is ACK. The numbers and whatever
//! follows them may be absent. tokio's timers count milliseconds, so further digits are ignored.

use std::collections::HashMap;
use std::fmt::{self, Display, Formatter};
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::time::Duration;
use std::{env, fs, process};

const DEFAULT_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/input/mail.txt");

/// The longest time between the first and the last packet. tokio's timers reach about two years.
const MAX_LENGTH: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// A state of RFC 9293, section 3.3.2. `LISTEN` is missing, because no packet shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Closed,
    SynSent,
    SynReceived,
    Established,
    FinWait1,
    FinWait2,
    CloseWait,
    Closing,
    LastAck,
    TimeWait,
}

/// What a packet means to one end of its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    SentSyn,
    SentSynAck,
    SentFin,
    ReceivedSyn,
    ReceivedSynAck,
    /// An ACK of anything but a FIN.
    ReceivedAck,
    ReceivedAckOfFin,
    ReceivedFin,
    /// One of the ends has sent an RST.
    Reset,
}

/// An event, its time since the first packet, and the number of the end that it concerns.
pub(crate) struct Step {
    pub(crate) time: Duration,
    pub(crate) end: usize,
    pub(crate) event: Event,
}

/// An end has changed its state.
pub(crate) struct Change {
    /// Since the first packet.
    pub(crate) time: Duration,
    pub(crate) state: State,
    /// `reset`, `timer`, or empty if it was another event.
    pub(crate) cause: &'static str,
}

/// The events of all packets in the order of time. Connection *n* has the ends 2*n* and 2*n* + 1.
#[derive(Default)]
pub(crate) struct Capture {
    pub(crate) steps: Vec<Step>,
    connections: Vec<Connection>,
    packets: usize,
    /// The time between the first and the last packet.
    length: Duration,
}

struct Connection {
    /// The time of its first packet.
    start: Duration,
    first_state: State,
    ends: [End; 2],
}

struct End {
    /// The address and the port.
    name: String,
    /// The number that acknowledges the FIN of this end, after it has sent one.
    fin_ack: Option<u32>,
}

struct Packet {
    /// In milliseconds since 1970.
    time: u64,
    source: String,
    destination: String,
    syn: bool,
    fin: bool,
    rst: bool,
    /// The number that acknowledges this packet, if it is a FIN.
    fin_ack: Option<u32>,
    ack: Option<u32>,
}

impl Capture {
    /// Returns the state of each end before the first packet of its connection.
    pub(crate) fn first_states(&self) -> Vec<State> {
        let mut states = Vec::new();
        for connection in &self.connections {
            states.extend([connection.first_state; 2]);
        }
        states
    }

    fn add(&mut self, packet: &Packet, sender: usize, time: Duration) {
        let receiver = sender ^ 1;
        let is_ack = packet.ack.is_some();
        let mut add = |end, event| self.steps.push(Step { time, end, event });
        if packet.syn {
            // A new connection between the same ends has no FIN yet.
            self.connections[sender / 2].ends[sender % 2].fin_ack = None;
        }
        if packet.rst {
            add(sender, Event::Reset);
            add(receiver, Event::Reset);
            return;
        }
        if packet.syn && is_ack {
            add(sender, Event::SentSynAck);
            add(receiver, Event::ReceivedSynAck);
            return;
        }
        if packet.syn {
            add(sender, Event::SentSyn);
            add(receiver, Event::ReceivedSyn);
            return;
        }
        // RFC 9293 looks at the ACK of a packet before it looks at the FIN.
        if is_ack {
            let receivers_fin = self.connections[receiver / 2].ends[receiver % 2].fin_ack;
            let is_ack_of_fin = packet.ack == receivers_fin;
            let event = if is_ack_of_fin {
                Event::ReceivedAckOfFin
            } else {
                Event::ReceivedAck
            };
            add(receiver, event);
        }
        if packet.fin {
            add(sender, Event::SentFin);
            add(receiver, Event::ReceivedFin);
            self.connections[sender / 2].ends[sender % 2].fin_ack = packet.fin_ack;
        }
    }
}

impl Display for State {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            State::Closed => "CLOSED",
            State::SynSent => "SYN_SENT",
            State::SynReceived => "SYN_RECEIVED",
            State::Established => "ESTABLISHED",
            State::FinWait1 => "FIN_WAIT_1",
            State::FinWait2 => "FIN_WAIT_2",
            State::CloseWait => "CLOSE_WAIT",
            State::Closing => "CLOSING",
            State::LastAck => "LAST_ACK",
            State::TimeWait => "TIME_WAIT",
        })
    }
}

/// Reads the files named on the command line, or else the recipe's own input.
///
/// If a file cannot be used, prints one line that says which and why, and exits with status 1.
pub(crate) fn capture_or_exit() -> Capture {
    load().unwrap_or_else(|reason| exit(&reason))
}

/// Prints which end of each connection entered which state at which time.
pub(crate) fn print_report(capture: &Capture, histories: &[Vec<Change>]) {
    let mut report = String::new();
    let mut last_change = Duration::ZERO;
    for (number, connection) in capture.connections.iter().enumerate() {
        for history in &histories[2 * number..2 * number + 2] {
            check(connection.first_state, history);
            if let Some(change) = history.last() {
                last_change = last_change.max(change.time);
            }
        }
        report += &table(
            connection,
            &histories[2 * number],
            &histories[2 * number + 1],
        );
        report += "\n";
    }
    let connections = capture.connections.len();
    let packets = capture.packets;
    let length = seconds(capture.length);
    let last_change = seconds(last_change);
    report += &format!("connections: {connections}, packets: {packets}\n");
    report += &format!("last packet: {length} s, last change: {last_change} s\n");

    if let Err(error) = io::stdout().write_all(report.as_bytes()) {
        // A program that reads our output, such as `head`, may stop when it has seen enough.
        if error.kind() != ErrorKind::BrokenPipe {
            exit(&format!("cannot print the result: {error}"));
        }
    }
}

/// A column for each end, and a row for each time at which one of them changed its state.
fn table(connection: &Connection, left: &[Change], right: &[Change]) -> String {
    let [left_end, right_end] = &connection.ends;
    let width = left_end.name.len().max(20);
    let mut text = format!(
        "{:>10}  {:<width$}  {}\n",
        "", left_end.name, right_end.name
    );
    let mut add_row = |time: Duration, left: &str, right: &str| {
        let time = seconds(time);
        let row = format!("{time:>10}  {left:<width$}  {right}");
        text += row.trim_end();
        text += "\n";
    };

    if connection.first_state != State::Closed {
        let state = connection.first_state.to_string();
        add_row(connection.start, &state, &state);
    }
    let mut left = left.iter().peekable();
    let mut right = right.iter().peekable();
    loop {
        let time = match (left.peek(), right.peek()) {
            (Some(one), Some(other)) => one.time.min(other.time),
            (Some(only), None) | (None, Some(only)) => only.time,
            (None, None) => return text,
        };
        let left = left.next_if(|change| change.time == time);
        let right = right.next_if(|change| change.time == time);
        add_row(time, &cell(left), &cell(right));
    }
}

fn cell(change: Option<&Change>) -> String {
    match change {
        None => String::new(),
        Some(change) if change.cause.is_empty() => change.state.to_string(),
        Some(change) => format!("{} ({})", change.state, change.cause),
    }
}

/// Panics if a change is not one of the figure in RFC 9293, section 3.3.2.
fn check(mut state: State, history: &[Change]) {
    for change in history {
        let next = change.state;
        let is_known = match state {
            _ if !change.cause.is_empty() => next == State::Closed,
            State::Closed => matches!(next, State::SynSent | State::SynReceived),
            State::SynSent => matches!(next, State::Established | State::SynReceived),
            State::SynReceived => matches!(next, State::Established | State::FinWait1),
            State::Established => matches!(next, State::FinWait1 | State::CloseWait),
            State::FinWait1 => matches!(next, State::FinWait2 | State::Closing),
            State::FinWait2 | State::Closing => next == State::TimeWait,
            State::CloseWait => next == State::LastAck,
            State::LastAck => next == State::Closed,
            // A new connection may have the same addresses and ports.
            State::TimeWait => matches!(next, State::SynSent | State::SynReceived),
        };
        assert!(is_known, "{next} follows {state}");
        state = next;
    }
}

fn seconds(time: Duration) -> String {
    format!("{}.{:03}", time.as_secs(), time.subsec_millis())
}

fn load() -> Result<Capture, String> {
    let mut packets = Vec::new();
    for path in paths() {
        let name = path.display();
        let bytes = fs::read(&path).map_err(|error| format!("cannot read {name}: {error}"))?;
        let text = String::from_utf8(bytes).map_err(|_| {
            format!("{name} is not UTF-8 text; for a capture, run: tcpdump -n -tt -S -r FILE tcp")
        })?;
        // Some editors begin a file with a byte-order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        for (index, line) in text.lines().enumerate() {
            let line = line.trim_end_matches('\r');
            let packet = parse(line).ok_or_else(|| {
                let number = index + 1;
                format!(
                    "{name}:{number}: expected a packet as `tcpdump -n -tt -S tcp` prints it, \
                     found {line:?}"
                )
            })?;
            packets.push(packet);
        }
    }
    // Keeps the order of packets with the same time.
    packets.sort_by_key(|packet| packet.time);
    capture(&packets)
}

fn paths() -> Vec<PathBuf> {
    let paths: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    if paths.is_empty() {
        return vec![PathBuf::from(DEFAULT_FILE)];
    }
    paths
}

/// Finds the connections of the packets, and what each packet means to both ends.
fn capture(packets: &[Packet]) -> Result<Capture, String> {
    let mut capture = Capture::default();
    let Some(first) = packets.first() else {
        return Ok(capture);
    };
    let mut ends: HashMap<[&str; 2], usize> = HashMap::new();
    capture.packets = packets.len();
    for packet in packets {
        let time = Duration::from_millis(packet.time - first.time);
        if time > MAX_LENGTH {
            return Err(format!(
                "the last packets come more than {} days after the first; leave some of them out",
                MAX_LENGTH.as_secs() / (24 * 60 * 60)
            ));
        }
        capture.length = time;

        let source: &str = &packet.source;
        let destination: &str = &packet.destination;
        let known = ends.get(&[source, destination]).copied();
        let sender = known.unwrap_or_else(|| {
            let sender = 2 * capture.connections.len();
            ends.insert([source, destination], sender);
            ends.insert([destination, source], sender + 1);
            capture.connections.push(Connection::new(packet, time));
            sender
        });
        capture.add(packet, sender, time);
    }
    Ok(capture)
}

impl Connection {
    fn new(packet: &Packet, start: Duration) -> Self {
        // The capture may have begun after the connection.
        let is_new = packet.syn && packet.ack.is_none();
        Connection {
            start,
            first_state: if is_new {
                State::Closed
            } else {
                State::Established
            },
            ends: [&packet.source, &packet.destination].map(|name| End {
                name: name.clone(),
                fin_ack: None,
            }),
        }
    }
}

fn parse(line: &str) -> Option<Packet> {
    let (time, rest) = line.split_once(' ')?;
    let rest = rest
        .strip_prefix("IP ")
        .or_else(|| rest.strip_prefix("IP6 "))?;
    let (source, rest) = rest.split_once(" > ")?;
    let (destination, rest) = rest.split_once(": Flags [")?;
    let (flags, rest) = rest.split_once(']')?;
    if !is_end(source) || !is_end(destination) || source == destination {
        return None;
    }
    let mut packet = Packet {
        time: milliseconds(time)?,
        source: source.to_owned(),
        destination: destination.to_owned(),
        syn: flags.contains('S'),
        fin: flags.contains('F'),
        rst: flags.contains('R'),
        fin_ack: None,
        ack: None,
    };
    // The fields are separated by a comma and a space. After the length, tcpdump may print what is
    // in the packet.
    for field in rest.split(", ") {
        if field.starts_with("length") {
            break;
        }
        if let Some(numbers) = field.strip_prefix("seq ")
            && packet.fin
        {
            let (_, last) = numbers.split_once(':').unwrap_or((numbers, numbers));
            // The FIN counts as one byte after the data.
            packet.fin_ack = Some(number(last)?.wrapping_add(1));
        }
        if let Some(acknowledged) = field.strip_prefix("ack ")
            && flags.contains('.')
        {
            packet.ack = Some(number(acknowledged)?);
        }
    }
    let is_complete =
        packet.ack.is_some() == flags.contains('.') && packet.fin_ack.is_some() == packet.fin;
    is_complete.then_some(packet)
}

/// Whether this is an address and a port: there is a dot before the port.
fn is_end(text: &str) -> bool {
    let port = text.rsplit_once('.').and_then(|(_, port)| number(port));
    port.is_some_and(|port| port <= u32::from(u16::MAX)) && !text.contains(char::is_whitespace)
}

/// Reads seconds with a fraction, and cuts the fraction after three digits.
fn milliseconds(time: &str) -> Option<u64> {
    let (seconds, fraction) = time.split_once('.')?;
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths = fraction.get(..3)?;
    Some(u64::from(number(seconds)?) * 1000 + u64::from(number(thousandths)?))
}

/// Reads digits only: `parse` alone would accept a sign.
fn number(digits: &str) -> Option<u32> {
    if digits.starts_with('+') {
        return None;
    }
    digits.parse().ok()
}

fn exit(reason: &str) -> ! {
    // If standard error is closed, the exit status alone has to say it.
    let _ = writeln!(io::stderr(), "{reason}");
    process::exit(1)
}

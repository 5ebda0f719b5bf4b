//! The same job with one channel of the standard library.
//!
//! ```text
//! cargo run -p select --example select_std
//! ```
//!
//! The difference from the recipe: std has no `select!`, so everything that the collector waits for
//! comes through one channel, as the variants of an enum. Every message says which station sent it,
//! and a station that closes has to say so. `recv_timeout` ends the wait at the time limit. Choose
//! it if you write all the senders: one channel is simpler than `Select`. It does not help if you
//! have to wait for a channel that a library made. This channel has no bound, so the stations do
//! not wait for a slow collector.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::BTreeMap;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use cli::{Ending, Log, Reading, Station, Time};

/// The speed of the replay: an hour of the readings takes this many microseconds.
const MICROSECONDS_PER_HOUR: u64 = 200;

/// The collector gives up on stations that are still connected this long after the stop signal.
const LIMIT: Duration = Duration::from_millis(100);

/// A type without values. Nothing can be sent, so the only signal is the end of the channel.
enum Signal {}

/// The messages of the stations and of `main`, and the time limit.
enum Event {
    /// The station with this name stops when the collector drops the sender.
    Arrival(String, Sender<Signal>),
    Reading(String, Reading),
    Closed(String),
    Stop,
    Limit,
}

/// Sends the events of one station. The last one says that the station has closed, and is sent even
/// if its thread panics.
struct EventSender<'a> {
    station: &'a str,
    events: Sender<Event>,
}

impl EventSender<'_> {
    fn connect(&self, stop: Sender<Signal>) {
        let arrival = Event::Arrival(self.station.to_string(), stop);
        let _ = self.events.send(arrival);
    }

    fn send(&self, reading: Reading) {
        let event = Event::Reading(self.station.to_string(), reading);
        let _ = self.events.send(event);
    }
}

impl Drop for EventSender<'_> {
    fn drop(&mut self) {
        let _ = self.events.send(Event::Closed(self.station.to_string()));
    }
}

/// Sends the stop signal when it is dropped.
struct StopSender(Sender<Event>);

impl Drop for StopSender {
    fn drop(&mut self) {
        let _ = self.0.send(Event::Stop);
    }
}

fn main() {
    let stations = cli::stations_or_exit();
    let clock = Clock::start(&stations);
    let (events, receiver) = mpsc::channel();
    let (sent, all_sent) = mpsc::channel();

    let log = thread::scope(|scope| {
        let stop = StopSender(events.clone()); // Stops the collector even if a `spawn` panics.
        let collector = scope.spawn(|| collect(receiver));
        for station in &stations {
            let sender = EventSender {
                station: &station.name,
                events: events.clone(),
            };
            let sent = sent.clone();
            scope.spawn(move || play(station, clock, sender, sent));
        }
        drop(sent);

        // In this program, `main` stops the collector once all readings have been sent.
        let _ = all_sent.recv(); // Waits until the last sender is dropped.
        drop(stop);
        collector.join().expect("the collector panicked")
    });

    log.assert_complete(&stations);
    cli::print_report(log);
}

/// Sends each reading of a station when it is due. Drops `sent` after the last one.
fn play(station: &Station, clock: Clock, sender: EventSender, sent: Sender<Signal>) {
    let (stop, stopped) = mpsc::channel();
    // Nobody can stop the station before it has connected, so here it need not listen.
    thread::sleep(clock.time_until(&station.readings[0]));
    sender.connect(stop);

    for reading in &station.readings {
        let pause = clock.time_until(reading);
        let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(pause) else {
            return; // The collector has dropped the sender.
        };
        sender.send(*reading);
    }

    if station.falls_silent {
        drop(sent);
        let _ = stopped.recv(); // Waits until the collector drops the sender.
    } else {
        drop(sender); // Says that the station has closed, before `sent` is dropped.
    }
}

/// Receives from all stations until the stop signal has come and no station is connected, or until
/// the time limit after that signal has passed.
fn collect(events: Receiver<Event>) -> Log {
    let mut log = Log::default();
    let mut connections = BTreeMap::new();
    let mut deadline = None;

    while deadline.is_none() || !connections.is_empty() {
        match next_event(&events, deadline) {
            Event::Arrival(station, stop) => {
                connections.insert(station, stop);
            }
            Event::Reading(station, reading) => log.add(&station, reading),
            Event::Closed(station) => {
                connections.remove(&station);
                log.end(&station, Ending::Closed);
            }
            Event::Stop => deadline = Some(Instant::now() + LIMIT),
            Event::Limit => break,
        }
    }

    for station in connections.keys() {
        log.end(station, Ending::Silent);
    }
    log
}

/// Waits for the next event, until the deadline if there is one.
fn next_event(events: &Receiver<Event>, deadline: Option<Instant>) -> Event {
    let Some(deadline) = deadline else {
        return events.recv().expect("`main` has a sender");
    };
    let rest = deadline.saturating_duration_since(Instant::now());
    if rest.is_zero() {
        // `recv_timeout` would still return a message that is waiting. Then a station that never
        // pauses would keep the collector past its limit.
        return Event::Limit;
    }
    events.recv_timeout(rest).unwrap_or(Event::Limit)
}

/// Knows when each reading is due. The earliest reading of all stations is due at the start.
#[derive(Clone, Copy)]
struct Clock {
    start: Instant,
    first_minute: u64,
}

impl Clock {
    fn start(stations: &[Station]) -> Self {
        let first_readings = stations.iter().map(|station| station.readings[0].time);
        Clock {
            start: Instant::now(),
            first_minute: first_readings.min().map_or(0, Time::minutes),
        }
    }

    fn due(&self, reading: &Reading) -> Instant {
        let minutes = reading.time.minutes() - self.first_minute;
        self.start + Duration::from_micros(minutes * MICROSECONDS_PER_HOUR / 60)
    }

    fn time_until(&self, reading: &Reading) -> Duration {
        self.due(reading).saturating_duration_since(Instant::now())
    }
}

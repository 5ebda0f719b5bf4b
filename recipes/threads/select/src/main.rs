//! Merge the readings of stations that come late, close or fall silent, until a stop signal.
//!
//! Each weather station is a thread. It connects to the collector when its first reading is due,
//! and hands over a channel from which the collector receives its readings. So the collector waits
//! for several channels at once, and their number changes while it runs: that is what `Select` is
//! for. After the stop signal, stations that are still connected have a time limit. A station
//! always waits for the same two things, the time of its next reading and its own stop signal, so
//! it uses `select!`.
//!
//! ```text
//! cargo run -p select                # the stations in input/readings.csv
//! cargo run -p select -- mine.csv    # your own readings; src/cli.rs describes the format
//! ```
//!
//! Prints how each station ended, and the readings of low pressure in the order of time. They are
//! the same on every run. How often the collector woke up goes to standard error.

mod cli;

use std::thread;
use std::time::{Duration, Instant};

use crossbeam::channel::{self, Receiver, RecvError, Select, Sender, TryRecvError};
use crossbeam::channel::{after, at, never, select};
use crossbeam::sync::WaitGroup;

use cli::{Ending, Log, Reading, Station, Time};

/// An hour of the readings takes this many microseconds.
const HOUR: u64 = 200;

/// How long a station may stay silent after the stop signal.
const LIMIT: Duration = Duration::from_millis(100);

// ANCHOR: connection
/// A type without values. Nothing can be sent, so the only signal is the end of the channel.
enum Signal {}

/// What a station hands over when it connects.
struct Connection {
    station: String,
    readings: Receiver<Reading>,
    /// Tells the station to stop, because it is dropped together with the connection.
    _stop: Sender<Signal>,
}
// ANCHOR_END: connection

fn main() {
    let stations = cli::stations_or_exit();
    let clock = Clock::start(&stations);
    let (arrivals, new_connections) = channel::unbounded();
    let (stop, stopped) = channel::bounded(0);
    let all_sent = WaitGroup::new();

    let log = thread::scope(|scope| {
        let collector = scope.spawn(|| collect(new_connections, stopped));
        for station in &stations {
            let arrivals = arrivals.clone();
            let sent = all_sent.clone();
            scope.spawn(move || play(station, clock, arrivals, sent));
        }
        drop(arrivals); // The channel closes when the last station has connected.

        // ANCHOR: stop
        // Acts as the operator, who stops the collector when all readings have been sent.
        all_sent.wait();
        drop(stop);
        collector.join().expect("the collector panicked")
        // ANCHOR_END: stop
    });

    log.assert_complete(&stations);
    cli::print_report(log);
}

/// Sends each reading of a station when it is due. Drops `sent` when all of that is done.
fn play(station: &Station, clock: Clock, arrivals: Sender<Connection>, sent: WaitGroup) {
    let (sender, readings) = channel::bounded(0);
    let (stop, stopped) = channel::bounded(0);
    let connection = Connection {
        station: station.name.clone(),
        readings,
        _stop: stop,
    };
    let _ = at(clock.due(&station.readings[0])).recv();
    let _ = arrivals.send(connection); // If the collector has ended, the loop notices it.
    drop(arrivals);

    // ANCHOR: play
    for reading in &station.readings {
        select! {
            recv(at(clock.due(reading))) -> _ => {}
            recv(stopped) -> _ => return,
        }
        if sender.send(*reading).is_err() {
            return;
        }
    }
    // ANCHOR_END: play

    if station.falls_silent {
        drop(sent);
        let _ = stopped.recv(); // Returns when the collector drops the connection.
    } else {
        drop(sender); // Closes the channel of the readings, before `sent` is dropped.
    }
}

// ANCHOR: collect
/// Receives from all stations until the stop signal has come and the last station has gone, or
/// until the time limit after the stop signal has passed.
fn collect(mut arrivals: Receiver<Connection>, mut stopped: Receiver<Signal>) -> Log {
    let mut log = Log::default();
    let mut connections: Vec<Connection> = Vec::new();
    let mut limit = never();
    let mut is_stopping = false;
    let mut rounds = 0;

    while !is_stopping || !connections.is_empty() {
        rounds += 1;
        match next_event(&arrivals, &stopped, &limit, &connections) {
            Event::Arrival(Ok(connection)) => connections.push(connection),
            Event::Arrival(Err(RecvError)) => arrivals = never(),
            Event::Reading(index, Ok(reading)) => log.add(&connections[index].station, reading),
            Event::Reading(index, Err(RecvError)) => {
                let connection = connections.swap_remove(index);
                log.end(&connection.station, Ending::Closed);
            }
            Event::Stop => {
                is_stopping = true;
                stopped = never();
                limit = after(LIMIT);
            }
            Event::Limit => break,
        }
    }
    // ANCHOR_END: collect

    for connection in connections {
        log.end(&connection.station, ending_at_limit(&connection));
    }
    eprintln!("the collector woke up {rounds} times");
    log
}

/// A station may have closed its channel at the moment at which the limit passed.
fn ending_at_limit(connection: &Connection) -> Ending {
    match connection.readings.try_recv() {
        Err(TryRecvError::Disconnected) => Ending::Closed,
        Err(TryRecvError::Empty) | Ok(_) => Ending::Silent,
    }
}

/// What the collector waits for. An `Err` says that the channel is closed.
enum Event {
    Arrival(Result<Connection, RecvError>),
    Stop,
    Limit,
    /// A reading of the connection with this index, or its end.
    Reading(usize, Result<Reading, RecvError>),
}

/// Waits for all channels at once, and receives from one that is ready.
fn next_event(
    arrivals: &Receiver<Connection>,
    stopped: &Receiver<Signal>,
    limit: &Receiver<Instant>,
    connections: &[Connection],
) -> Event {
    // ANCHOR: wait
    let mut select = Select::new();
    for connection in connections {
        select.recv(&connection.readings);
    }
    let arrival = select.recv(arrivals);
    let stop = select.recv(stopped);
    let limit_passed = select.recv(limit);

    let ready = select.select();
    // ANCHOR_END: wait
    let index = ready.index();
    if index == arrival {
        Event::Arrival(ready.recv(arrivals))
    } else if index == stop {
        let _ = ready.recv(stopped);
        Event::Stop
    } else if index == limit_passed {
        let _ = ready.recv(limit);
        Event::Limit
    } else {
        Event::Reading(index, ready.recv(&connections[index].readings))
    }
}

/// Tells when a reading is due. The first of all is due at the start.
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
        self.start + Duration::from_micros(minutes * HOUR / 60)
    }
}

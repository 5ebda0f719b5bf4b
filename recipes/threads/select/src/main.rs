//! Collect the readings of stations that connect late, disconnect or fall silent.
//!
//! Each weather station is a thread, and so is the collector. When the first reading of a station
//! is due, the station connects: it hands the collector a channel, from which the collector
//! receives its readings. It disconnects by closing this channel. The collector waits for the
//! channels of all stations at once. Their number changes while it runs, so it uses `Select`. A
//! station always waits for the same two things, the time of its next reading and its own stop
//! signal, so it uses `select!`.
//!
//! When the collector gets a stop signal of its own, some stations may still be connected. It goes
//! on receiving from them for a limited time, and then gives up on them.
//!
//! ```text
//! cargo run -p select                # the stations in input/readings.csv
//! cargo run -p select -- mine.csv    # your own readings; src/cli.rs describes the format
//! ```
//!
//! Prints how each station ended, and the readings of low pressure in the order of time. The output
//! is the same on every run. Standard error says how often the collector woke up, which varies.

mod cli;

use std::thread;
use std::time::{Duration, Instant};

use crossbeam::channel::{self, Receiver, RecvError, Select, Sender, TryRecvError};
use crossbeam::channel::{after, at, never, select};
use crossbeam::sync::WaitGroup;

pub(crate) use cli::{Ending, Log, Reading, Station, Time}; // The tests use these, too.

/// The speed of the replay: an hour of the readings takes this many microseconds.
const MICROSECONDS_PER_HOUR: u64 = 200;

/// The collector gives up on stations that are still connected this long after the stop signal.
const LIMIT: Duration = Duration::from_millis(100);

// ANCHOR: connection
/// A type without values. Nothing can be sent, so the only signal is the end of the channel.
pub(crate) enum Signal {}

/// A station hands this over when it connects.
pub(crate) struct Connection {
    station: String,
    readings: Receiver<Reading>,
    /// Dropping the connection drops this sender, which tells the station to stop.
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
        // In this program, `main` stops the collector once all readings have been sent.
        all_sent.wait();
        drop(stop);
        collector.join().expect("the collector panicked")
        // ANCHOR_END: stop
    });

    log.assert_complete(&stations);
    cli::print_report(log);
}

/// Sends each reading of a station when it is due. Drops `sent` after the last one.
pub(crate) fn play(station: &Station, clock: Clock, arrivals: Sender<Connection>, sent: WaitGroup) {
    let (sender, readings) = channel::bounded(0);
    let (stop, stopped) = channel::bounded(0);
    let connection = Connection {
        station: station.name.clone(),
        readings,
        _stop: stop,
    };
    // Sleeps until the first reading is due.
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
        let _ = stopped.recv(); // Waits until the collector drops the connection.
    } else {
        drop(sender); // Closes the channel of the readings, before `sent` is dropped.
    }
}

// ANCHOR: collect
/// Receives from all stations until the stop signal has come and no station is connected, or until
/// the time limit after that signal has passed.
pub(crate) fn collect(mut arrivals: Receiver<Connection>, mut stopped: Receiver<Signal>) -> Log {
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
        end_at_limit(&mut log, &connection);
    }
    eprintln!("the collector woke up {rounds} times");
    log
}

/// Ends a connection after the limit has passed. At the same moment, its station may have sent a
/// reading or closed its channel.
fn end_at_limit(log: &mut Log, connection: &Connection) {
    let station = &connection.station;
    match connection.readings.try_recv() {
        Ok(reading) => {
            log.add(station, reading);
            log.end(station, Ending::Silent);
        }
        Err(TryRecvError::Empty) => log.end(station, Ending::Silent),
        Err(TryRecvError::Disconnected) => log.end(station, Ending::Closed),
    }
}

/// The collector waits for one of these. An `Err` says that the channel is closed.
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
    // The connections come first, so their indices in the `Select` are those in the list.
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

/// Knows when each reading is due. The earliest reading of all stations is due at the start.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    start: Instant,
    first_minute: u64,
}

impl Clock {
    pub(crate) fn start(stations: &[Station]) -> Self {
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
}

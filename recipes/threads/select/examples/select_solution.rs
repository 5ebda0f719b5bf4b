//! The solution of the exercise: the collector reports every 10 milliseconds on standard error.
//!
//! ```text
//! cargo run -p select --example select_solution
//! ```
//!
//! The difference from the recipe: the collector also waits for a channel made by `tick`, which
//! gets a message at each interval. The channel is made once, before the loop. A new one in each
//! round would start its interval again, so no message would come while readings arrive more often
//! than that. Ticks never pile up: while one waits to be received, the channel drops the next ones.

#[path = "../src/cli.rs"]
mod cli;

use std::thread;
use std::time::{Duration, Instant};

use crossbeam::channel::{self, Receiver, RecvError, Select, Sender, TryRecvError};
use crossbeam::channel::{after, at, never, select, tick};
use crossbeam::sync::WaitGroup;

use cli::{Ending, Log, Reading, Station, Time};

/// The speed of the replay: an hour of the readings takes this many microseconds.
const MICROSECONDS_PER_HOUR: u64 = 200;

/// The collector gives up on stations that are still connected this long after the stop signal.
const LIMIT: Duration = Duration::from_millis(100);

/// The time between two reports.
const INTERVAL: Duration = Duration::from_millis(10);

/// A type without values. Nothing can be sent, so the only signal is the end of the channel.
enum Signal {}

/// A station hands this over when it connects.
struct Connection {
    station: String,
    readings: Receiver<Reading>,
    /// Dropping the connection drops this sender, which tells the station to stop.
    _stop: Sender<Signal>,
}

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

        // In this program, `main` stops the collector once all readings have been sent.
        all_sent.wait();
        drop(stop);
        collector.join().expect("the collector panicked")
    });

    log.assert_complete(&stations);
    cli::print_report(log);
}

/// Sends each reading of a station when it is due. Drops `sent` after the last one.
fn play(station: &Station, clock: Clock, arrivals: Sender<Connection>, sent: WaitGroup) {
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

    for reading in &station.readings {
        select! {
            recv(at(clock.due(reading))) -> _ => {}
            recv(stopped) -> _ => return,
        }
        if sender.send(*reading).is_err() {
            return;
        }
    }

    if station.falls_silent {
        drop(sent);
        let _ = stopped.recv(); // Waits until the collector drops the connection.
    } else {
        drop(sender); // Closes the channel of the readings, before `sent` is dropped.
    }
}

/// Receives from all stations until the stop signal has come and no station is connected, or until
/// the time limit after that signal has passed.
fn collect(mut arrivals: Receiver<Connection>, mut stopped: Receiver<Signal>) -> Log {
    let mut log = Log::default();
    let mut connections: Vec<Connection> = Vec::new();
    let mut limit = never();
    let mut is_stopping = false;
    let ticks = tick(INTERVAL);
    let mut received = 0;

    while !is_stopping || !connections.is_empty() {
        match next_event(&arrivals, &stopped, &limit, &ticks, &connections) {
            Event::Arrival(Ok(connection)) => connections.push(connection),
            Event::Arrival(Err(RecvError)) => arrivals = never(),
            Event::Reading(index, Ok(reading)) => {
                received += 1;
                log.add(&connections[index].station, reading);
            }
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
            Event::Tick => {
                let connected = connections.len();
                eprintln!("stations connected: {connected}, readings received: {received}");
            }
        }
    }

    for connection in connections {
        end_at_limit(&mut log, &connection);
    }
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
    Tick,
    /// A reading of the connection with this index, or its end.
    Reading(usize, Result<Reading, RecvError>),
}

/// Waits for all channels at once, and receives from one that is ready.
fn next_event(
    arrivals: &Receiver<Connection>,
    stopped: &Receiver<Signal>,
    limit: &Receiver<Instant>,
    ticks: &Receiver<Instant>,
    connections: &[Connection],
) -> Event {
    let mut select = Select::new();
    // The connections come first, so their indices in the `Select` are those in the list.
    for connection in connections {
        select.recv(&connection.readings);
    }
    let arrival = select.recv(arrivals);
    let stop = select.recv(stopped);
    let limit_passed = select.recv(limit);
    let tick = select.recv(ticks);

    let ready = select.select();
    let index = ready.index();
    if index == arrival {
        Event::Arrival(ready.recv(arrivals))
    } else if index == stop {
        let _ = ready.recv(stopped);
        Event::Stop
    } else if index == limit_passed {
        let _ = ready.recv(limit);
        Event::Limit
    } else if index == tick {
        let _ = ready.recv(ticks);
        Event::Tick
    } else {
        Event::Reading(index, ready.recv(&connections[index].readings))
    }
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
}

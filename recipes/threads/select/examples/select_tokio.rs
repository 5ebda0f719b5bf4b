//! The same job with tokio.
//!
//! ```text
//! cargo run -p select --example select_tokio
//! ```
//!
//! The difference from the recipe: `tokio::select!` waits for futures of any kind, not only for
//! channels, and drops those that were not ready. A `StreamMap` is the set of stations that grows
//! and shrinks. It removes a stream that has ended and does not tell you, so each stream has a
//! last item, `None`, that says so. A branch whose pattern does not match, such as `Some(…)` at a closed
//! channel, is switched off for that round. Choose it if your program is async, or if there are
//! thousands of stations: a task needs far less memory than a thread.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::{self, Instant};
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{self as stream, StreamExt, StreamMap};
use tokio_util::sync::{CancellationToken, DropGuard};

use cli::{Ending, Log, Reading, Station, Time};

/// An hour of the readings takes this many microseconds.
const HOUR: u64 = 200;

/// How long a station may stay silent after the stop signal.
const LIMIT: Duration = Duration::from_millis(100);

/// A type without values. Nothing can be sent, so the only signal is the end of the channel.
enum Signal {}

/// What a station hands over when it connects.
struct Connection {
    station: String,
    readings: Receiver<Reading>,
    /// Cancels the station's token when it is dropped.
    stop: DropGuard,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let stations = Arc::new(cli::stations_or_exit());
    let clock = Clock::start(&stations);
    let (arrivals, new_connections) = mpsc::channel(1);
    let stop = CancellationToken::new();
    let (sent, mut all_sent) = mpsc::channel(1);

    let collector = tokio::spawn(collect(new_connections, stop.clone()));
    for index in 0..stations.len() {
        let stations = Arc::clone(&stations);
        let arrivals = arrivals.clone();
        let sent = sent.clone();
        tokio::spawn(async move { play(&stations[index], clock, arrivals, sent).await });
    }
    drop(arrivals);
    drop(sent);

    // Acts as the operator, who stops the collector when all readings have been sent.
    let _ = all_sent.recv().await; // Returns when the last sender is dropped.
    stop.cancel();
    let log = collector.await.expect("the collector panicked");

    log.assert_complete(&stations);
    cli::print_report(log);
}

/// Sends each reading of a station when it is due. Drops `sent` when all of that is done.
async fn play(station: &Station, clock: Clock, arrivals: Sender<Connection>, sent: Sender<Signal>) {
    let (sender, readings) = mpsc::channel(1);
    let stopped = CancellationToken::new();
    let connection = Connection {
        station: station.name.clone(),
        readings,
        stop: stopped.clone().drop_guard(),
    };
    time::sleep_until(clock.due(&station.readings[0])).await;
    let _ = arrivals.send(connection).await; // If the collector has ended, the loop notices it.
    drop(arrivals);

    for reading in &station.readings {
        tokio::select! {
            () = time::sleep_until(clock.due(reading)) => {}
            () = stopped.cancelled() => return,
        }
        if sender.send(*reading).await.is_err() {
            return;
        }
    }

    if station.falls_silent {
        drop(sent);
        stopped.cancelled().await;
    } else {
        drop(sender); // Closes the channel of the readings, before `sent` is dropped.
    }
}

/// Receives from all stations until the stop signal has come and the last station has gone, or
/// until the time limit after the stop signal has passed.
async fn collect(mut arrivals: Receiver<Connection>, stop: CancellationToken) -> Log {
    let mut log = Log::default();
    let mut connections = BTreeMap::new();
    let mut readings = StreamMap::new();
    let mut limit = pin!(time::sleep(LIMIT));
    let mut is_stopping = false;

    while !is_stopping || !connections.is_empty() {
        tokio::select! {
            // The order of the branches, and not chance, decides if several are ready. So what has
            // arrived before the limit still counts.
            biased;
            () = stop.cancelled(), if !is_stopping => {
                is_stopping = true;
                limit.as_mut().reset(Instant::now() + LIMIT);
            }
            Some(connection) = arrivals.recv() => {
                let received = ReceiverStream::new(connection.readings).map(Some);
                let until_closed = received.chain(stream::once(None));
                readings.insert(connection.station.clone(), until_closed);
                connections.insert(connection.station, connection.stop);
            }
            Some((station, reading)) = readings.next() => match reading {
                Some(reading) => log.add(&station, reading),
                None => {
                    connections.remove(&station);
                    log.end(&station, Ending::Closed);
                }
            },
            () = &mut limit, if is_stopping => break,
        }
    }

    for station in connections.keys() {
        log.end(station, Ending::Silent);
    }
    log
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

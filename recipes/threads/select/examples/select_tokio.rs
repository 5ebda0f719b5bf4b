//! The same job with tokio.
//!
//! ```text
//! cargo run -p select --example select_tokio
//! ```
//!
//! The difference from the recipe: `tokio::select!` waits for futures of any kind, not only for
//! channels, and drops those that were not ready. If a branch's pattern does not match, such as
//! `Some(…)` at a closed channel, `select!` goes on waiting without this branch. A `StreamMap`
//! holds the channels of the stations, whose number changes. It removes a stream that has ended
//! without telling you, so `StreamNotifyClose` adds a last item, `None`, to each stream. Choose it
//! if your program is async. A task needs far less memory than a thread, so there can be thousands
//! of stations. But a `StreamMap` checks all of its streams at each wait: let thousands of tasks
//! send to one channel instead, as the variant with std does.

#[path = "../src/cli.rs"]
mod cli;

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::{self, Instant};
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{StreamExt, StreamMap, StreamNotifyClose};
use tokio_util::sync::{CancellationToken, DropGuard};

use cli::{Ending, Log, Reading, Station, Time};

/// The speed of the replay: an hour of the readings takes this many microseconds.
const MICROSECONDS_PER_HOUR: u64 = 200;

/// The collector gives up on stations that are still connected this long after the stop signal.
const LIMIT: Duration = Duration::from_millis(100);

/// A type without values. Nothing can be sent, so the only signal is the end of the channel.
enum Signal {}

/// A station hands this over when it connects.
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

    // In this program, `main` stops the collector once all readings have been sent.
    let _ = all_sent.recv().await; // Waits until the last sender is dropped.
    stop.cancel();
    let log = collector.await.expect("the collector panicked");

    log.assert_complete(&stations);
    cli::print_report(log);
}

/// Sends each reading of a station when it is due. Drops `sent` after the last one.
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

/// Receives from all stations until the stop signal has come and no station is connected, or until
/// the time limit after that signal has passed.
async fn collect(mut arrivals: Receiver<Connection>, stop: CancellationToken) -> Log {
    let mut log = Log::default();
    let mut connections = BTreeMap::new();
    let mut readings = StreamMap::new();
    let mut limit = pin!(time::sleep(LIMIT)); // The stop signal restarts it.
    let mut is_stopping = false;

    while !is_stopping || !connections.is_empty() {
        tokio::select! {
            // If several branches are ready, the first one runs, and not a random one. The limit is
            // the last, so a reading that arrived before the limit still counts. But stations that
            // never pause could keep the limit from passing. Then it would have to be the first.
            biased;
            () = stop.cancelled(), if !is_stopping => {
                is_stopping = true;
                limit.as_mut().reset(Instant::now() + LIMIT);
            }
            Some(connection) = arrivals.recv() => {
                let stream = StreamNotifyClose::new(ReceiverStream::new(connection.readings));
                readings.insert(connection.station.clone(), stream);
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

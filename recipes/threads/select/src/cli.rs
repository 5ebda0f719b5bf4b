//! The command-line part of the recipe: reads the stations' readings and prints the report.
//! Nothing in this file is about threads, so you can skip it when you read the recipe.
//!
//! A row is one reading of a station:
//!
//! ```text
//! EWR,2013-01-31T08:00Z,9839     the station, the time in UTC, tenths of a hectopascal
//! LGA,2013-01-31T12:00Z,silent   from now on the station stays connected and sends nothing
//! ```
//!
//! The rows of a station are in the order of time. A pressure is between 8000 and 11000.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::io::{self, ErrorKind, Write};
use std::ops::{Range, RangeInclusive};
use std::path::PathBuf;
use std::{env, fs, process};

const DEFAULT_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/input/readings.csv");

/// Each station gets a thread, so this limits the number of threads.
const MAX_STATIONS: usize = 256;

/// The readings are replayed at a fixed speed. A year takes about two seconds.
const MAX_DAYS: u64 = 366;

/// The pressures that a reading can have. Every pressure ever measured at sea level is in this
/// range.
const PRESSURES: RangeInclusive<u32> = 8000..=11_000;

/// The report lists the readings below this pressure.
const LOW: u32 = 9900;

/// One station, as the input describes it.
pub(crate) struct Station {
    pub(crate) name: String,
    /// In the order of time. There is at least one.
    pub(crate) readings: Vec<Reading>,
    /// Whether the station stays connected after its last reading and sends nothing.
    pub(crate) falls_silent: bool,
}

#[derive(Clone, Copy)]
pub(crate) struct Reading {
    pub(crate) time: Time,
    /// In tenths of a hectopascal.
    pub(crate) pressure: u32,
}

/// A time in UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time {
    pub(crate) year: u64,
    pub(crate) month: u64,
    pub(crate) day: u64,
    pub(crate) hour: u64,
    pub(crate) minute: u64,
}

/// How the connection to a station ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The station closed it.
    Closed,
    /// The time limit passed before the station closed it.
    Silent,
}

/// The readings of all stations, in the order in which they arrived, and how each station ended.
#[derive(Default)]
pub(crate) struct Log {
    entries: Vec<Entry>,
    endings: BTreeMap<String, Ending>,
}

struct Entry {
    station: String,
    reading: Reading,
}

impl Log {
    pub(crate) fn add(&mut self, station: &str, reading: Reading) {
        self.entries.push(Entry {
            station: station.to_string(),
            reading,
        });
    }

    pub(crate) fn end(&mut self, station: &str, ending: Ending) {
        self.endings.insert(station.to_string(), ending);
    }

    /// Panics unless the log has every reading of every station, and how each station ended.
    pub(crate) fn assert_complete(&self, stations: &[Station]) {
        assert_eq!(self.endings.len(), stations.len(), "a station is missing");
        for station in stations {
            let name = &station.name;
            let received = self.times_of(name);
            let sent = station.readings.iter().map(|reading| reading.time);
            assert!(received.eq(sent), "readings of {name} were lost");
            let is_silent = self.endings[name] == Ending::Silent;
            assert_eq!(is_silent, station.falls_silent, "the ending of {name}");
        }
    }

    fn times_of<'a>(&'a self, station: &'a str) -> impl Iterator<Item = Time> + 'a {
        let entries = self.entries.iter();
        let own = entries.filter(move |entry| entry.station == station);
        own.map(|entry| entry.reading.time)
    }
}

impl Time {
    /// The minutes since the beginning of the year 1.
    pub(crate) fn minutes(self) -> u64 {
        let years = self.year - 1;
        let mut days = years * 365 + years / 4 - years / 100 + years / 400;
        for month in 1..self.month {
            days += days_in(self.year, month);
        }
        days += self.day - 1;
        (days * 24 + self.hour) * 60 + self.minute
    }
}

impl Display for Time {
    fn fmt(&self, formatter: &mut Formatter) -> fmt::Result {
        write!(
            formatter,
            "{:04}-{:02}-{:02}T{:02}:{:02}Z",
            self.year, self.month, self.day, self.hour, self.minute
        )
    }
}

/// Reads the files named on the command line, or else the recipe's own. The stations are in the
/// order of their names.
///
/// If a file cannot be used, prints one line that says which and why, and exits with status 1.
pub(crate) fn stations_or_exit() -> Vec<Station> {
    load().unwrap_or_else(|reason| exit(&reason))
}

/// Prints a line for each station, and the readings of low pressure in the order of time.
pub(crate) fn print_report(mut log: Log) {
    let mut report = String::new();
    let mut name_width = 0;
    for station in log.endings.keys() {
        name_width = name_width.max(station.chars().count());
    }
    for (station, ending) in &log.endings {
        let count = readings(log.times_of(station).count());
        let ending = match ending {
            Ending::Closed => "closed",
            Ending::Silent => "silent",
        };
        report += &format!("{station:<name_width$}  {ending} after {count}\n");
    }

    // Readings of the same time are in the order of their stations.
    log.entries.sort_by(|one, other| {
        let by_time = one.reading.time.cmp(&other.reading.time);
        by_time.then_with(|| one.station.cmp(&other.station))
    });
    let count = readings(log.entries.len());
    report += &format!("{count} in all, below {} hPa:\n", hectopascals(LOW));
    for entry in &log.entries {
        let Reading { time, pressure } = entry.reading;
        if pressure < LOW {
            let station = &entry.station;
            let pressure = hectopascals(pressure);
            report += &format!("{time}  {station:<name_width$}  {pressure}\n");
        }
    }

    if let Err(error) = io::stdout().write_all(report.as_bytes()) {
        // A program that reads our output, such as `head`, may stop when it has seen enough.
        if error.kind() != ErrorKind::BrokenPipe {
            exit(&format!("cannot print the result: {error}"));
        }
    }
}

fn readings(count: usize) -> String {
    let noun = if count == 1 { "reading" } else { "readings" };
    format!("{count} {noun}")
}

fn hectopascals(tenths: u32) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn exit(reason: &str) -> ! {
    eprintln!("{reason}");
    process::exit(1)
}

fn load() -> Result<Vec<Station>, String> {
    let mut paths: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    if paths.is_empty() {
        paths.push(PathBuf::from(DEFAULT_FILE));
    }
    let mut stations = BTreeMap::new();
    for path in paths {
        let name = path.display();
        let bytes = fs::read(&path).map_err(|error| format!("cannot read {name}: {error}"))?;
        let text = String::from_utf8(bytes).map_err(|_| format!("{name} is not UTF-8 text"))?;
        // Some editors begin a file with a byte-order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        for (index, row) in text.lines().enumerate() {
            let line = index + 1;
            add_row(&mut stations, row).map_err(|reason| format!("{name}:{line}: {reason}"))?;
        }
    }
    let stations: Vec<Station> = stations.into_values().collect();
    check_span(&stations)?;
    Ok(stations)
}

fn add_row(stations: &mut BTreeMap<String, Station>, row: &str) -> Result<(), String> {
    let Some((name, time, pressure)) = parse(row) else {
        let example = "EWR,2013-01-31T08:00Z,9839";
        return Err(format!("expected a row such as {example}, found {row:?}"));
    };
    if !stations.contains_key(name) && stations.len() == MAX_STATIONS {
        let reason = "are the most that this program can run, because each gets a thread";
        return Err(format!(
            "{name} is one too many: {MAX_STATIONS} stations {reason}"
        ));
    }
    let station = stations.entry(name.to_string()).or_insert_with(|| Station {
        name: name.to_string(),
        readings: Vec::new(),
        falls_silent: false,
    });
    if station.falls_silent {
        return Err(format!(
            "{name} is silent already, so it cannot have a later row"
        ));
    }
    if let Some(last) = station.readings.last()
        && time <= last.time
    {
        return Err(format!("{time} follows {} at {name}", last.time));
    }
    if station.readings.is_empty() && pressure.is_none() {
        return Err(format!("{name} is silent before its first reading"));
    }
    match pressure {
        Some(pressure) => station.readings.push(Reading { time, pressure }),
        None => station.falls_silent = true,
    }
    Ok(())
}

/// A replay of many years would take too long.
fn check_span(stations: &[Station]) -> Result<(), String> {
    let mut times = Vec::new();
    for station in stations {
        times.extend(station.readings.iter().map(|reading| reading.time));
    }
    let (Some(first), Some(last)) = (times.iter().min(), times.iter().max()) else {
        return Ok(());
    };
    if last.minutes() - first.minutes() > MAX_DAYS * 24 * 60 {
        let reason = format!("{first} and {last} are more than {MAX_DAYS} days apart");
        return Err(format!("{reason}: replay a shorter time"));
    }
    Ok(())
}

/// Returns the station, the time and the pressure of a row, or `None` if the row is malformed. The
/// pressure is `None` if the row says `silent`.
fn parse(row: &str) -> Option<(&str, Time, Option<u32>)> {
    let fields: Vec<&str> = row.split(',').collect();
    let [name, time, value] = fields[..] else {
        return None;
    };
    if name.is_empty() || name.trim() != name {
        return None;
    }
    let time = parse_time(time)?;
    if value == "silent" {
        return Some((name, time, None));
    }
    let pressure = value.parse().ok()?;
    if !PRESSURES.contains(&pressure) {
        return None;
    }
    Some((name, time, Some(pressure)))
}

/// Reads a time such as 2013-01-31T08:00Z.
fn parse_time(text: &str) -> Option<Time> {
    // A 0 stands for any digit.
    let pattern = b"0000-00-00T00:00Z";
    if text.len() != pattern.len() {
        return None;
    }
    for (byte, expected) in text.bytes().zip(pattern) {
        let fits = match expected {
            b'0' => byte.is_ascii_digit(),
            _ => byte == *expected,
        };
        if !fits {
            return None;
        }
    }
    let number = |place: Range<usize>| text[place].parse().ok();
    let time = Time {
        year: number(0..4)?,
        month: number(5..7)?,
        day: number(8..10)?,
        hour: number(11..13)?,
        minute: number(14..16)?,
    };
    let days = 1..=days_in(time.year, time.month);
    if time.year == 0 || !days.contains(&time.day) || time.hour > 23 || time.minute > 59 {
        return None;
    }
    Some(time)
}

/// Returns how many days a month has, or 0 if there is no such month.
fn days_in(year: u64, month: u64) -> u64 {
    let is_century = year.is_multiple_of(100);
    let is_leap = if is_century {
        year.is_multiple_of(400)
    } else {
        year.is_multiple_of(4)
    };
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

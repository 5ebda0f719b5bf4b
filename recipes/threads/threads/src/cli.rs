//! The command-line part of the recipe: reads the stations' files and prints the report.
//! Nothing in this file is about threads, so you can skip it when you read the recipe.
//!
//! A file is named after its station, such as `EWR.csv`. A row is one reading:
//!
//! ```text
//! 2013-02-12T08:00Z,39,11      the time in UTC, tenths of a degree Celsius, knots of wind
//! ```
//!
//! A temperature is from -1000 to 1000, and each row is later than the one before it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::{env, process};

const DEFAULT_FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/input");

/// Each file gets a thread. Thousands of them would use up the memory for their stacks.
const MAX_FILES: usize = 256;

/// The temperatures that a file can have, in tenths of a degree Celsius.
const TEMPERATURES: RangeInclusive<i32> = -1000..=1000;

/// The readings of a station.
pub(crate) struct StationFile {
    pub(crate) station: String,
    text: String,
}

/// One row of a file.
pub(crate) struct Reading {
    /// In tenths of a degree Celsius.
    pub(crate) temperature: i32,
    /// In knots.
    pub(crate) wind: u32,
}

/// What the report says about a file that passed.
pub(crate) struct Summary {
    readings: u64,
    coldest: i32,
    warmest: i32,
    strongest_wind: u32,
}

/// The outcome of checking one file: a summary, or why the check failed.
pub(crate) struct Outcome<'a> {
    pub(crate) station: &'a str,
    pub(crate) result: Result<Summary, String>,
}

impl StationFile {
    /// The readings with the numbers of their lines.
    ///
    /// # Panics
    ///
    /// The iterator panics at a row that is no reading, or that is not later than the row before.
    /// The message says which line that is.
    pub(crate) fn readings(&self) -> impl Iterator<Item = (usize, Reading)> {
        let mut last_time = "";
        self.text.lines().enumerate().map(move |(index, row)| {
            let line = index + 1;
            let Some((time, reading)) = parse(row) else {
                panic!(
                    "line {line}: expected a row such as 2013-02-12T08:00Z,39,11, found {row:?}"
                );
            };
            assert!(time > last_time, "line {line}: {time} follows {last_time}");
            last_time = time;
            (line, reading)
        })
    }
}

impl Summary {
    pub(crate) fn new() -> Self {
        Summary {
            readings: 0,
            coldest: i32::MAX,
            warmest: i32::MIN,
            strongest_wind: 0,
        }
    }

    pub(crate) fn add(&mut self, reading: &Reading) {
        self.readings += 1;
        self.coldest = self.coldest.min(reading.temperature);
        self.warmest = self.warmest.max(reading.temperature);
        self.strongest_wind = self.strongest_wind.max(reading.wind);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.readings == 0
    }
}

/// Reads the files named on the command line, or else the recipe's own, in the order of names.
///
/// If a file cannot be read, prints one line that says which and why, and exits with status 1.
pub(crate) fn files_or_exit() -> Vec<StationFile> {
    load().unwrap_or_else(|reason| exit(&reason))
}

/// Prints a line for each file, and how many passed.
pub(crate) fn print_report(outcomes: &[Outcome]) {
    let mut name_width = 0;
    for outcome in outcomes {
        name_width = name_width.max(outcome.station.chars().count());
    }
    let mut passed = 0;
    let mut report = String::new();
    for outcome in outcomes {
        report += &format!("{:<name_width$}  ", outcome.station);
        match &outcome.result {
            Ok(summary) => {
                passed += 1;
                let count = summary.readings;
                let noun = if count == 1 { "reading" } else { "readings" };
                report += &format!(
                    "{count} {noun}, {} to {} °C, wind up to {} knots\n",
                    degrees(summary.coldest),
                    degrees(summary.warmest),
                    summary.strongest_wind,
                );
            }
            Err(reason) => report += &format!("failed: {reason}\n"),
        }
    }
    report += &format!("{passed} of {} files passed\n", outcomes.len());

    if let Err(error) = io::stdout().write_all(report.as_bytes()) {
        // A program that reads our output, such as `head`, may stop when it has seen enough.
        if error.kind() != ErrorKind::BrokenPipe {
            exit(&format!("cannot print the result: {error}"));
        }
    }
}

/// Tenths of a degree, as degrees.
fn degrees(tenths: i32) -> String {
    let sign = if tenths < 0 { "-" } else { "" };
    let tenths = tenths.unsigned_abs();
    format!("{sign}{}.{}", tenths / 10, tenths % 10)
}

pub(crate) fn exit(reason: &str) -> ! {
    eprintln!("{reason}");
    process::exit(1)
}

fn load() -> Result<Vec<StationFile>, String> {
    let mut paths: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    if paths.is_empty() {
        paths = tables_in(Path::new(DEFAULT_FOLDER))
            .map_err(|error| format!("cannot read {DEFAULT_FOLDER}: {error}"))?;
    }
    if paths.len() > MAX_FILES {
        let count = paths.len();
        let reason = format!("{count} files are too many: each gets a thread, so name at most");
        return Err(format!("{reason} {MAX_FILES}"));
    }

    let mut stations = BTreeSet::new();
    let mut files = Vec::new();
    for path in paths {
        let name = path.display();
        let bytes = fs::read(&path).map_err(|error| format!("cannot read {name}: {error}"))?;
        let mut text = String::from_utf8(bytes).map_err(|_| format!("{name} is not UTF-8 text"))?;
        // Some editors begin a file with a byte-order mark.
        if text.starts_with('\u{feff}') {
            text.remove(0);
        }
        let station = path.file_stem().unwrap_or_default();
        let station = station.to_string_lossy().into_owned();
        if station.is_empty() || station.trim() != station {
            let expected = "a station's name without white space around it";
            return Err(format!("{name}: expected {expected}, found {station:?}"));
        }
        if !stations.insert(station.clone()) {
            return Err(format!("{name}: a second file of station {station}"));
        }
        files.push(StationFile { station, text });
    }
    Ok(files)
}

fn tables_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut tables = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "csv") {
            tables.push(path);
        }
    }
    tables.sort();
    Ok(tables)
}

/// The time and the rest of a row, if it is a reading.
fn parse(row: &str) -> Option<(&str, Reading)> {
    let mut fields = row.split(',');
    let time = fields.next().filter(|time| is_time(time))?;
    let temperature: i32 = fields.next()?.parse().ok()?;
    let wind: u32 = fields.next()?.parse().ok()?;
    let is_reading = TEMPERATURES.contains(&temperature) && fields.next().is_none();
    is_reading.then_some((time, Reading { temperature, wind }))
}

/// Whether this is a time such as 2013-02-12T08:00Z. All have the same length, so that their order
/// as text is their order in time.
fn is_time(text: &str) -> bool {
    let has_form = text.len() == 17
        && text
            .bytes()
            .zip(*b"0000-00-00T00:00Z")
            .all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                _ => byte == form,
            });
    if !has_form {
        return false;
    }
    let number =
        |from: usize, to: usize| -> u32 { text[from..to].parse().expect("these are digits") };
    let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
    let (hour, minute) = (number(11, 13), number(14, 16));
    year > 0 && (1..=days_in(year, month)).contains(&day) && hour < 24 && minute < 60
}

/// How many days a month has. None if there is no such month.
fn days_in(year: u32, month: u32) -> u32 {
    let is_century = year.is_multiple_of(100);
    let is_leap = year.is_multiple_of(if is_century { 400 } else { 4 });
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

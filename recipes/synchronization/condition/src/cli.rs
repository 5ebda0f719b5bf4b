//! The command-line part of the recipe: reads the readings, sums them up and prints the result.
//! Nothing in this file is about threads, so you can skip it when you read the recipe.
//!
//! A row is the name of a station, a semicolon and a temperature in tenths of a degree:
//!
//! ```text
//! EWR;-39
//! ```
//!
//! The report shows degrees. A mean is rounded to the nearest tenth, and a half away from zero.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::path::PathBuf;
use std::{env, process, vec};

const DEFAULT_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/input/readings.csv");

pub(crate) struct Reading {
    station: String,
    tenths: i16,
}

/// What is known about each station. It does not depend on the order of the readings, nor on how
/// the consumers split them.
#[derive(Default)]
pub(crate) struct Statistics {
    stations: BTreeMap<String, Summary>,
}

/// Summarizes one or more readings. Temperatures are in tenths of a degree.
#[derive(Clone, Copy)]
struct Summary {
    count: u64,
    sum: i64,
    min: i16,
    max: i16,
}

/// Reads the files named on the command line, or else the recipe's own input, row by row.
///
/// An error says which file or row cannot be used, and why. Nothing should be read after it.
pub(crate) fn readings() -> Readings {
    let mut files: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    if files.is_empty() {
        files.push(PathBuf::from(DEFAULT_FILE));
    }
    Readings {
        files: files.into_iter(),
        open: None,
    }
}

/// Prints a row for each station. If the readings could not be used, prints one line that says
/// why, and exits with status 1.
pub(crate) fn print_or_exit(outcome: Result<Statistics, String>) {
    match outcome {
        Ok(statistics) => print_report(&statistics.report()),
        Err(reason) => exit(&reason),
    }
}

impl Statistics {
    pub(crate) fn add(&mut self, reading: Reading) {
        self.add_summary(
            reading.station,
            Summary {
                count: 1,
                sum: i64::from(reading.tenths),
                min: reading.tenths,
                max: reading.tenths,
            },
        );
    }

    pub(crate) fn merge(&mut self, other: Statistics) {
        for (station, summary) in other.stations {
            self.add_summary(station, summary);
        }
    }

    /// How many readings there were.
    pub(crate) fn count(&self) -> u64 {
        self.stations.values().map(|summary| summary.count).sum()
    }

    fn add_summary(&mut self, station: String, summary: Summary) {
        self.stations
            .entry(station)
            .and_modify(|known| known.merge(summary))
            .or_insert(summary);
    }

    fn report(&self) -> String {
        let mut name_width = 8;
        let mut count_width = 8;
        for (station, summary) in &self.stations {
            name_width = name_width.max(station.chars().count());
            count_width = count_width.max(summary.count.to_string().len());
        }

        let mut report = format!(
            "{:<name_width$} {:>count_width$} {:>7} {:>7} {:>7}\n",
            "station", "readings", "min", "mean", "max"
        );
        for (station, summary) in &self.stations {
            report += &format!(
                "{station:<name_width$} {:>count_width$} {:>7.1} {:>7.1} {:>7.1}\n",
                summary.count,
                f64::from(summary.min) / 10.0,
                summary.mean() as f64 / 10.0,
                f64::from(summary.max) / 10.0,
            );
        }
        report
    }
}

impl Summary {
    fn merge(&mut self, other: Summary) {
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// The mean in tenths of a degree, rounded to a whole number of them.
    fn mean(&self) -> i64 {
        let count = self.count as i64;
        let magnitude = (2 * self.sum.abs() + count) / (2 * count);
        magnitude * self.sum.signum()
    }
}

/// The rows of several files, one after another.
pub(crate) struct Readings {
    files: vec::IntoIter<PathBuf>,
    open: Option<InputFile>,
}

impl Iterator for Readings {
    type Item = Result<Reading, String>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(file) = &mut self.open
                && let Some(reading) = file.next_reading().transpose()
            {
                return Some(reading);
            }
            match InputFile::open(self.files.next()?) {
                Ok(file) => self.open = Some(file),
                Err(reason) => return Some(Err(reason)),
            }
        }
    }
}

struct InputFile {
    name: String,
    reader: BufReader<File>,
    row: u64,
}

impl InputFile {
    fn open(path: PathBuf) -> Result<InputFile, String> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|error| format!("cannot read {name}: {error}"))?;
        Ok(InputFile {
            name,
            reader: BufReader::new(file),
            row: 0,
        })
    }

    /// Returns `None` at the end of the file.
    fn next_reading(&mut self) -> Result<Option<Reading>, String> {
        let mut line = String::new();
        self.reader
            .read_line(&mut line)
            .map_err(|error| self.cannot_read(&error))?;
        self.row += 1;

        let mut row = line.as_str();
        if self.row == 1 {
            // Some editors begin a file with a byte-order mark.
            row = row.strip_prefix('\u{feff}').unwrap_or(row);
        }
        if row.is_empty() {
            return Ok(None);
        }
        if let Some(ended) = row.strip_suffix('\n') {
            row = ended.strip_suffix('\r').unwrap_or(ended);
        }
        match parse(row) {
            Ok(reading) => Ok(Some(reading)),
            Err(reason) => Err(format!("{}:{}: {reason}", self.name, self.row)),
        }
    }

    fn cannot_read(&self, error: &io::Error) -> String {
        if error.kind() == ErrorKind::InvalidData {
            return format!("{} is not UTF-8 text", self.name);
        }
        format!("cannot read {}: {error}", self.name)
    }
}

fn parse(row: &str) -> Result<Reading, String> {
    let expected = || format!("expected a row such as EWR;-39, found {row:?}");
    let (station, tenths) = row.split_once(';').ok_or_else(expected)?;
    let tenths = tenths.parse().map_err(|_| expected())?;
    if station.is_empty() || station.trim() != station {
        return Err(format!(
            "expected the name of a station without spaces around it, found {station:?}"
        ));
    }
    Ok(Reading {
        station: station.to_string(),
        tenths,
    })
}

fn print_report(report: &str) {
    if let Err(error) = io::stdout().write_all(report.as_bytes()) {
        // A program that reads our output, such as `head`, may stop when it has seen enough.
        if error.kind() != ErrorKind::BrokenPipe {
            exit(&format!("cannot print the result: {error}"));
        }
    }
}

fn exit(reason: &str) -> ! {
    eprintln!("{reason}");
    process::exit(1)
}

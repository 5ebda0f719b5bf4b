//! The command-line part of the recipe: reads the earthquakes and prints the result.
//! Nothing in this file is about events, so you can skip it when you read the recipe.
//!
//! A row is a time in UTC, a magnitude from -9 to 10 and a place:
//!
//! ```text
//! 2018-02-06T15:50:42Z;6.4;22km NNE of Hualian, Taiwan
//! ```
//!
//! The rows may come in any order. They are sorted by time; rows of the same time stay in the
//! order in which you give them. The seconds end at 59: the feed takes its times from Unix time,
//! which has no leap seconds.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::{env, fs, process};

const DEFAULT_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/input/earthquakes.txt");

/// A feed of more days is played faster, so that it ends within about a second.
const MAX_BATCHES: usize = 50;

#[derive(Clone)]
pub(crate) struct Quake {
    /// Such as `2018-02-06T15:50:42Z`.
    pub(crate) time: String,
    pub(crate) magnitude: f64,
    pub(crate) place: String,
}

/// What the three monitors found.
pub(crate) struct Report {
    /// The number of earthquakes on each day.
    pub(crate) days: BTreeMap<String, usize>,
    /// The number of earthquakes of each magnitude, rounded down.
    pub(crate) magnitudes: BTreeMap<i8, usize>,
    /// The earthquakes of magnitude 6 or more.
    pub(crate) strong: Vec<Quake>,
}

impl Quake {
    pub(crate) fn day(&self) -> &str {
        &self.time[.."2018-02-06".len()]
    }

    /// The magnitude, rounded down.
    pub(crate) fn whole_magnitude(&self) -> i8 {
        self.magnitude.floor() as i8 // From -9 to 10.
    }
}

impl Report {
    /// Checks that the two monitors that count saw every earthquake of the input.
    pub(crate) fn assert_complete(&self, quakes: usize) {
        let by_day: usize = self.days.values().sum();
        let by_magnitude: usize = self.magnitudes.values().sum();
        assert_eq!(by_day, quakes, "a monitor missed an earthquake");
        assert_eq!(by_magnitude, quakes, "a monitor missed an earthquake");
    }
}

/// Reads the files named on the command line, or else the recipe's own input, and sorts the
/// earthquakes by time.
///
/// If a file cannot be used, prints one line that says which and why, and exits with status 1.
pub(crate) fn load_or_exit() -> Vec<Quake> {
    let mut quakes = load(files()).unwrap_or_else(|reason| {
        eprintln!("{reason}");
        process::exit(1);
    });
    quakes.sort_by(|quake, other| quake.time.cmp(&other.time));
    quakes
}

/// Divides the feed into the batches in which it arrives: one for each day, or equal parts if
/// there are too many days.
pub(crate) fn batches(quakes: &[Quake]) -> Vec<&[Quake]> {
    let days: Vec<&[Quake]> = quakes
        .chunk_by(|quake, next| quake.day() == next.day())
        .collect();
    if days.len() <= MAX_BATCHES {
        return days;
    }
    let batch_size = quakes.len().div_ceil(MAX_BATCHES);
    quakes.chunks(batch_size).collect()
}

/// Prints the number of earthquakes on each day and of each magnitude, then the strong ones.
pub(crate) fn print_report(report: &Report) {
    let mut text = String::new();

    let mut width = 5;
    for count in report.days.values().chain(report.magnitudes.values()) {
        width = width.max(count.to_string().len());
    }
    for (day, count) in &report.days {
        text += &format!("{day:<12} {count:>width$}\n");
    }
    for (magnitude, count) in &report.magnitudes {
        text += &format!("magnitude {magnitude:>2} {count:>width$}\n");
    }

    let mut width = 4;
    for quake in &report.strong {
        width = width.max(quake.magnitude.to_string().len());
    }
    for quake in &report.strong {
        let magnitude = quake.magnitude;
        text += &format!("{} {magnitude:<width$} {}\n", quake.time, quake.place);
    }

    if let Err(error) = io::stdout().write_all(text.as_bytes()) {
        // A program that reads our output, such as `head`, may stop when it has seen enough.
        if error.kind() != ErrorKind::BrokenPipe {
            eprintln!("cannot print the result: {error}");
            process::exit(1);
        }
    }
}

fn files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    if files.is_empty() {
        files.push(PathBuf::from(DEFAULT_FILE));
    }
    files
}

fn load(files: Vec<PathBuf>) -> Result<Vec<Quake>, String> {
    let mut quakes = Vec::new();
    for path in files {
        let name = path.display();
        let bytes = fs::read(&path).map_err(|error| format!("cannot read {name}: {error}"))?;
        let text = String::from_utf8(bytes).map_err(|_| format!("{name} is not UTF-8 text"))?;
        // Some editors begin a file with a byte-order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        for (index, row) in text.lines().enumerate() {
            let quake = parse(row).ok_or_else(|| {
                let example = "2018-02-06T15:50:42Z;6.4;Taiwan";
                let line = index + 1;
                format!("{name}:{line}: expected a row such as {example}, found {row:?}")
            })?;
            quakes.push(quake);
        }
    }
    Ok(quakes)
}

fn parse(row: &str) -> Option<Quake> {
    let mut fields = row.split(';');
    let time = fields.next()?;
    let magnitude: f64 = fields.next()?.parse().ok()?;
    let place = fields.next()?;
    let is_good = fields.next().is_none()
        && is_time(time)
        && (-9.0..=10.0).contains(&magnitude)
        && !place.is_empty()
        && place.trim() == place;
    is_good.then(|| Quake {
        time: time.to_string(),
        magnitude,
        place: place.to_string(),
    })
}

/// Whether the text is a real time, written like `2018-02-06T15:50:42Z`.
fn is_time(text: &str) -> bool {
    let digits_as_zeros = text.replace(|c: char| c.is_ascii_digit(), "0");
    if digits_as_zeros != "0000-00-00T00:00:00Z" {
        return false;
    }
    let number = |start: usize, end: usize| text[start..end].parse().unwrap_or(0);
    let year: u32 = number(0, 4);
    let month = number(5, 7);
    let day = number(8, 10);
    let is_leap_year =
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days_in_month = match month {
        2 if is_leap_year => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => 0,
    };
    let is_date = year >= 1 && (1..=days_in_month).contains(&day);
    is_date && number(11, 13) <= 23 && number(14, 16) <= 59 && number(17, 19) <= 59
}

//! The command-line part of the recipe: reads the series and the options, and prints the interval.
//! Nothing in this file is about threads, so you can skip it when you read the recipe.
//!
//! A row of the file is a label and a whole number from -1000000000 to 1000000000:
//!
//! ```text
//! 1899,774
//! ```

use std::ffi::OsString;
use std::io::{self, ErrorKind, Write};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::{env, fs, process};

const DEFAULT_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/input/nile.csv");
const DEFAULT_RESAMPLES: usize = 10_000;
const DEFAULT_SEED: u64 = 1899;

/// The values that a series may have. With these, the sum of a resample cannot overflow 64 bits.
const VALUES: RangeInclusive<i64> = -1_000_000_000..=1_000_000_000;
const MOST_VALUES: usize = 1_000_000;

/// With fewer than 40 resamples, none would lie outside the interval. The largest number needs 80
/// megabytes.
const RESAMPLES: RangeInclusive<usize> = 40..=10_000_000;

/// The most values that may be drawn for all resamples together. One thread needs some minutes.
const MOST_DRAWS: usize = 100_000_000_000;

/// The series and the options.
pub(crate) struct Input {
    /// At least one value.
    pub(crate) series: Vec<i64>,
    pub(crate) resamples: usize,
    pub(crate) seed: u64,
}

/// The result. To be exact, a statistic is a fraction of whole numbers until it is printed.
pub(crate) struct Report {
    /// The name of the statistic, such as "mean".
    pub(crate) statistic: &'static str,
    pub(crate) series_numerator: i64,
    pub(crate) resample_numerators: Vec<i64>,
    /// The same for the series and for all resamples.
    pub(crate) denominator: usize,
}

/// Reads the command line and the series that it names, or else the recipe's own series.
///
/// If something is wrong with them, prints one line that says what, and exits with status 1.
pub(crate) fn input_or_exit() -> Input {
    input(env::args_os().skip(1)).unwrap_or_else(|reason| exit(&reason))
}

/// Prints the statistic and the interval in which 95 % of the resamples lie.
pub(crate) fn print_or_exit(input: &Input, report: Report) {
    let mut resamples = report.resample_numerators;
    assert_eq!(resamples.len(), input.resamples, "resamples are missing");
    // How many resamples lie below the interval, and how many above it: 2.5 % each.
    let outside = resamples.len() / 40;
    let last = resamples.len() - 1;
    // Finds the value that sorting would put at this index, and is faster than sorting.
    let (_, low, _) = resamples.select_nth_unstable(outside);
    let low = *low;
    let (_, high, _) = resamples.select_nth_unstable(last - outside);
    let high = *high;
    assert!(low <= high, "the interval ends before it begins");

    let count = input.series.len();
    let noun = if count == 1 { "value" } else { "values" };
    let divided = |numerator| with_two_decimals(numerator, report.denominator);
    let text = format!(
        "{count} {noun}, {} resamples, seed {}\n{} {}, 95 % interval {} to {}\n",
        input.resamples,
        input.seed,
        report.statistic,
        divided(report.series_numerator),
        divided(low),
        divided(high)
    );
    if let Err(error) = io::stdout().write_all(text.as_bytes()) {
        // A program that reads our output, such as `head`, may stop when it has seen enough.
        if error.kind() != ErrorKind::BrokenPipe {
            exit(&format!("cannot print the result: {error}"));
        }
    }
}

/// Prints one line on standard error, and ends the program with status 1.
fn exit(reason: &str) -> ! {
    eprintln!("{reason}");
    process::exit(1)
}

fn input(arguments: impl Iterator<Item = OsString>) -> Result<Input, String> {
    let mut path = None;
    let mut resamples = DEFAULT_RESAMPLES;
    let mut seed = DEFAULT_SEED;
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--resamples") => resamples = resamples_from(arguments.next())?,
            Some("--seed") => seed = seed_from(arguments.next())?,
            Some(option) if option.starts_with("--") => {
                return Err(format!(
                    "there is no option {option}; there are --resamples NUMBER and --seed NUMBER"
                ));
            }
            _ if path.is_some() => {
                let second = argument.display();
                return Err(format!("{second} is a second file; name one"));
            }
            _ => path = Some(PathBuf::from(argument)),
        }
    }
    let path = path.unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
    let series = read(&path)?;
    let draws = series.len() * resamples;
    if draws > MOST_DRAWS {
        let count = series.len();
        return Err(format!(
            "{resamples} resamples of {count} values are {draws} draws; \
             at most {MOST_DRAWS} are allowed"
        ));
    }
    Ok(Input {
        series,
        resamples,
        seed,
    })
}

fn resamples_from(argument: Option<OsString>) -> Result<usize, String> {
    if let Some(number) = whole_number(argument.as_ref())
        && let Ok(number) = usize::try_from(number)
        && RESAMPLES.contains(&number)
    {
        return Ok(number);
    }
    let (least, most) = (RESAMPLES.start(), RESAMPLES.end());
    let found = found(argument);
    Err(format!(
        "--resamples needs a number from {least} to {most} after it, found {found}"
    ))
}

fn seed_from(argument: Option<OsString>) -> Result<u64, String> {
    if let Some(number) = whole_number(argument.as_ref()) {
        return Ok(number);
    }
    let most = u64::MAX;
    let found = found(argument);
    Err(format!(
        "--seed needs a number from 0 to {most} after it, found {found}"
    ))
}

/// Reads digits only. `parse` alone would accept a plus sign.
fn whole_number(argument: Option<&OsString>) -> Option<u64> {
    let digits = argument?.to_str()?;
    if digits.starts_with('+') {
        return None;
    }
    digits.parse().ok()
}

fn found(argument: Option<OsString>) -> String {
    match argument {
        Some(argument) => format!("{:?}", argument.to_string_lossy()),
        None => "nothing".to_string(),
    }
}

fn read(path: &Path) -> Result<Vec<i64>, String> {
    let name = path.display();
    let bytes = fs::read(path).map_err(|error| format!("cannot read {name}: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("{name} is not UTF-8 text"))?;
    // Some editors begin a file with a byte-order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut series = Vec::new();
    for (index, row) in text.lines().enumerate() {
        let Some(value) = value(row) else {
            let line = index + 1;
            let (least, most) = (VALUES.start(), VALUES.end());
            return Err(format!(
                "{name}:{line}: expected a label and a whole number from {least} to {most}, \
                 such as 1899,774, found {row:?}"
            ));
        };
        series.push(value);
    }
    if series.is_empty() {
        return Err(format!("{name} has no values; a mean needs at least one"));
    }
    if series.len() > MOST_VALUES {
        let count = series.len();
        return Err(format!(
            "{name} has {count} values; at most {MOST_VALUES} are allowed"
        ));
    }
    Ok(series)
}

fn value(row: &str) -> Option<i64> {
    let (_label, digits) = row.split_once(',')?;
    if digits.starts_with('+') {
        return None;
    }
    let value = digits.parse().ok()?;
    VALUES.contains(&value).then_some(value)
}

/// Divides, and rounds to the nearest hundredth. A half is rounded away from zero.
fn with_two_decimals(numerator: i64, denominator: usize) -> String {
    let denominator = denominator as u128;
    let magnitude = u128::from(numerator.unsigned_abs());
    let hundredths = (200 * magnitude + denominator) / (2 * denominator);
    let is_negative = numerator < 0 && hundredths > 0;
    let sign = if is_negative { "-" } else { "" };
    format!("{sign}{}.{:02}", hundredths / 100, hundredths % 100)
}

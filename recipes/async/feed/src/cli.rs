//! The command-line part of the recipe: reads the rates, keeps the logs of the subscribers and
//! prints the report. Nothing in this file is about channels, so you can skip it when you read the
//! recipe.
//!
//! The first row of a file names a currency. Each other row is the price of one euro on a day:
//!
//! ```text
//! Date,CHF
//! 2015-01-14,1.201
//! 2015-01-15,1.028
//! ```
//!
//! These are two columns of the file that the European Central Bank publishes, with the oldest day
//! first. A price has up to nine digits before the point, and up to five after it.

use std::fmt::{self, Display, Formatter};
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::time::Duration;
use std::{env, fs, process};

const DEFAULT_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/input/CHF.csv");

/// The rates of some forty years. The limit keeps a replay within about a second.
const MAX_RATES: usize = 10_000;

/// How many digits a price can have after the point.
const DECIMALS: usize = 5;

/// One unit of the currency, as a price.
const ONE: u64 = 100_000;

/// The price of one euro on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    /// The position in the file, from 0.
    pub(crate) number: u32,
    date: Date,
    /// In hundred-thousandths of the currency.
    pub(crate) price: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Date {
    year: u32,
    month: u32,
    day: u32,
}

/// What a subscriber has seen.
#[derive(Default)]
pub(crate) struct Log {
    seen: u32,
    pub(crate) missed: u32,
    pub(crate) lowest: Option<Rate>,
    latest: Option<Rate>,
    greatest_delay: Duration,
}

/// The outcome of sending all rates through one kind of channel.
pub(crate) struct Replay {
    pub(crate) channel: &'static str,
    /// How late the last rate was sent.
    pub(crate) publisher_delay: Duration,
    pub(crate) fast: Log,
    pub(crate) slow: Log,
}

impl Log {
    /// Records a rate, and how late it came.
    ///
    /// # Panics
    ///
    /// Panics if the rate is not newer than the one before it.
    pub(crate) fn add(&mut self, rate: Rate, delay: Duration) {
        let expected = self.latest.map_or(0, |latest| latest.number + 1);
        assert!(rate.number >= expected, "{} came out of order", rate.date);
        self.missed += rate.number - expected;
        self.seen += 1;
        self.latest = Some(rate);
        self.greatest_delay = self.greatest_delay.max(delay);
        if self.lowest.is_none_or(|lowest| rate.price < lowest.price) {
            self.lowest = Some(rate);
        }
    }
}

impl Display for Rate {
    /// Shows four digits after the point, or five if the fifth is not zero.
    fn fmt(&self, formatter: &mut Formatter) -> fmt::Result {
        let whole = self.price / ONE;
        let fraction = self.price % ONE;
        if fraction.is_multiple_of(10) {
            write!(formatter, "{whole}.{:04}", fraction / 10)
        } else {
            write!(formatter, "{whole}.{fraction:05}")
        }
    }
}

impl Display for Date {
    fn fmt(&self, formatter: &mut Formatter) -> fmt::Result {
        let Date { year, month, day } = self;
        write!(formatter, "{year:04}-{month:02}-{day:02}")
    }
}

/// Reads the file named on the command line, or else the recipe's own. Returns at least one rate.
///
/// If the file cannot be used, prints one line that says why, and exits with status 1.
pub(crate) fn rates_or_exit() -> Vec<Rate> {
    load().unwrap_or_else(|reason| exit(&reason))
}

/// Prints a row for each subscriber, and how late the last rate was sent.
///
/// # Panics
///
/// Panics unless each subscriber has seen the last rate.
pub(crate) fn print_report(rates: &[Rate], replays: &[Replay]) {
    let count = rates.len();
    let noun = if count == 1 { "rate" } else { "rates" };
    let mut report = format!("{count} {noun}, one a second\n");
    report += "channel    subscriber   seen  missed  late by up to  lowest rate\n";
    for replay in replays {
        for (subscriber, log) in [("fast", &replay.fast), ("slow", &replay.slow)] {
            let (Some(latest), Some(lowest)) = (log.latest, log.lowest) else {
                panic!("the {subscriber} subscriber has seen no rate");
            };
            assert_eq!(Some(&latest), rates.last(), "the last rate was missed");
            report += &format!(
                "{:<9}  {subscriber:<10} {:>6} {:>7} {:>14}  {lowest} on {}\n",
                replay.channel,
                log.seen,
                log.missed,
                seconds(log.greatest_delay),
                lowest.date,
            );
        }
    }
    let mut delays = Vec::new();
    for replay in replays {
        let delay = seconds(replay.publisher_delay);
        delays.push(format!("{delay} with {}", replay.channel));
    }
    let delays = delays.join(", ");
    report += &format!("at the end, the publisher was late by {delays}\n");

    if let Err(error) = io::stdout().write_all(report.as_bytes()) {
        // A program that reads our output, such as `head`, may stop when it has seen enough.
        if error.kind() != ErrorKind::BrokenPipe {
            exit(&format!("cannot print the result: {error}"));
        }
    }
}

fn seconds(duration: Duration) -> String {
    let hundredths = duration.as_millis() / 10;
    format!("{}.{:02} s", hundredths / 100, hundredths % 100)
}

fn load() -> Result<Vec<Rate>, String> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let path = arguments
        .next()
        .unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
    let more = arguments.count();
    if more > 0 {
        return Err(format!("expected one file, found {} arguments", more + 1));
    }
    let name = path.display();
    let bytes = fs::read(&path).map_err(|error| format!("cannot read {name}: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("{name} is not UTF-8 text"))?;
    // Some editors begin a file with a byte-order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    parse(text).map_err(|fault| format!("{name}:{fault}"))
}

/// Returns the rates of a file. An error begins with the number of the bad line.
fn parse(text: &str) -> Result<Vec<Rate>, String> {
    let mut rows = text.lines();
    let header = rows.next().unwrap_or_default();
    if !is_header(header) {
        let expected = "a header such as Date,CHF";
        return Err(format!("1: expected {expected}, found {header:?}"));
    }
    let mut rates: Vec<Rate> = Vec::new();
    for (number, row) in (0..).zip(rows) {
        let line = number + 2;
        let Some((date, price)) = parse_row(row) else {
            let expected = "a row such as 2015-01-15,1.028";
            return Err(format!("{line}: expected {expected}, found {row:?}"));
        };
        if let Some(last) = rates.last()
            && date <= last.date
        {
            let rule = "the oldest day comes first";
            return Err(format!("{line}: {date} follows {}, but {rule}", last.date));
        }
        if rates.len() == MAX_RATES {
            let rule = "name a file with fewer";
            return Err(format!("{line}: more than {MAX_RATES} rates, so {rule}"));
        }
        rates.push(Rate {
            number,
            date,
            price,
        });
    }
    if rates.is_empty() {
        return Err("2: expected a row such as 2015-01-15,1.028 after the header".to_string());
    }
    Ok(rates)
}

/// Whether this is a header such as `Date,CHF`.
fn is_header(row: &str) -> bool {
    let currency = row.strip_prefix("Date,").unwrap_or_default();
    currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// The date and the price of a row such as `2015-01-15,1.028`.
fn parse_row(row: &str) -> Option<(Date, u64)> {
    let (date, price) = row.split_once(',')?;
    Some((parse_date(date)?, parse_price(price)?))
}

fn parse_date(text: &str) -> Option<Date> {
    let mut parts = text.splitn(3, '-');
    let date = Date {
        year: number(parts.next()?, 4)?,
        month: number(parts.next()?, 2)?,
        day: number(parts.next()?, 2)?,
    };
    let days = days_in(date.year, date.month);
    let exists = date.year > 0 && (1..=days).contains(&date.day);
    exists.then_some(date)
}

/// Reads a number of exactly this many digits.
fn number(digits: &str, count: usize) -> Option<u32> {
    let is_number = digits.len() == count && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}

/// A price such as `1.028`, in hundred-thousandths. It is more than zero.
fn parse_price(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = [whole, fraction].concat();
    let has_lengths = (1..=9).contains(&whole.len()) && (1..=DECIMALS).contains(&fraction.len());
    if !has_lengths || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let zeros = "0".repeat(DECIMALS - fraction.len());
    let price: u64 = (digits + &zeros).parse().ok()?;
    (price > 0).then_some(price)
}

/// How many days a month has, or zero if there is no such month.
fn days_in(year: u32, month: u32) -> u32 {
    let is_century = year.is_multiple_of(100);
    let is_leap = year.is_multiple_of(400) || (year.is_multiple_of(4) && !is_century);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

fn exit(reason: &str) -> ! {
    // If standard error is closed, the exit status alone has to say it.
    let _ = writeln!(io::stderr(), "{reason}");
    process::exit(1)
}

//! The command-line part of the recipe: reads the logs, parses a line and prints the result.
//! Nothing in this file is about threads, so you can skip it when you read the recipe.
//!
//! A line of a log is in the Common Log Format, which most web servers can write:
//!
//! ```text
//! HOST - USER [TIME] "REQUEST" STATUS BYTES
//! ```
//!
//! The number of bytes is `-` if the response had no body. The rest of the line, such as the two
//! quoted fields of the Combined Log Format, is ignored. A status of 400 or more is an error.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Write};
use std::ops::AddAssign;
use std::path::{Path, PathBuf};
use std::{env, fs, process};

const DEFAULT_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/input/access.log");

/// How many hosts are printed.
const BUSIEST: usize = 10;

/// A log that has been read into memory.
pub(crate) struct Log {
    file: String,
    text: String,
    lines: u64,
}

/// The part of a line that the recipe uses.
pub(crate) struct Request<'log> {
    pub(crate) host: &'log str,
    pub(crate) traffic: Traffic,
}

/// The totals of one or more requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traffic {
    pub(crate) requests: u64,
    /// A sum of 64-bit numbers, so 64 bits might not be enough for it.
    pub(crate) bytes: u128,
    pub(crate) errors: u64,
}

/// A line is not in the Common Log Format.
#[derive(Debug)]
pub(crate) struct BadLine;

impl Log {
    /// Returns the lines of the log as one text.
    pub(crate) fn text(&self) -> &str {
        // Some editors begin a file with a byte-order mark.
        self.text.strip_prefix('\u{feff}').unwrap_or(&self.text)
    }
}

impl AddAssign for Traffic {
    fn add_assign(&mut self, other: Traffic) {
        self.requests += other.requests;
        self.bytes += other.bytes;
        self.errors += other.errors;
    }
}

/// Returns the files named on the command line, or else the recipe's own log.
pub(crate) fn paths() -> Vec<PathBuf> {
    let paths: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    if paths.is_empty() {
        return vec![PathBuf::from(DEFAULT_FILE)];
    }
    paths
}

/// Reads a log. The error says why it cannot be read.
pub(crate) fn read(path: &Path) -> Result<Log, String> {
    let file = path.display().to_string();
    let bytes = fs::read(path).map_err(|error| format!("cannot read {file}: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("{file} is not UTF-8 text"))?;
    let mut log = Log {
        file,
        text,
        lines: 0,
    };
    log.lines = count_lines(log.text());
    Ok(log)
}

/// Returns the logs if all of them could be read. Otherwise prints one line that says what is wrong
/// with the first bad log, and exits with status 1.
pub(crate) fn logs_or_exit(results: Vec<Result<Log, String>>) -> Vec<Log> {
    let mut logs = Vec::new();
    for result in results {
        match result {
            Ok(log) => logs.push(log),
            // If an earlier file has a bad line, that line is reported.
            Err(reason) => exit(&first_bad_line(&logs).unwrap_or(reason)),
        }
    }
    logs
}

/// Finds the host, the status and the number of bytes in a line of a log.
pub(crate) fn parse(line: &str) -> Result<Request<'_>, BadLine> {
    // The last line of a file may end in a carriage return alone, which no iterator cuts off.
    let line = line.trim_end_matches('\r');
    split(line).ok_or(BadLine)
}

/// Prints the totals, and the hosts with the most requests. Hosts with equally many requests are in
/// alphabetical order. If there is a bad line, prints one line that shows it, and exits with
/// status 1.
pub(crate) fn print_or_exit(logs: &[Log], outcome: Result<HashMap<&str, Traffic>, BadLine>) {
    let Ok(hosts) = outcome else {
        // The threads may have found a different bad line first.
        exit(&first_bad_line(logs).expect("there should be a bad line"));
    };
    let mut total = Traffic::default();
    for traffic in hosts.values() {
        total += *traffic;
    }
    let lines: u64 = logs.iter().map(|log| log.lines).sum();
    assert_eq!(total.requests, lines, "requests were lost");
    print(hosts, total);
}

fn print(hosts: HashMap<&str, Traffic>, total: Traffic) {
    let Traffic {
        requests,
        bytes,
        errors,
    } = total;
    let count = hosts.len();
    let mut report =
        format!("hosts: {count}, requests: {requests}, bytes: {bytes}, errors: {errors}\n");

    let mut rows: Vec<(&str, Traffic)> = hosts.into_iter().collect();
    rows.sort_unstable_by(|(a, a_traffic), (b, b_traffic)| {
        let busier_first = b_traffic.requests.cmp(&a_traffic.requests);
        busier_first.then(a.cmp(b))
    });
    rows.truncate(BUSIEST);
    // The column is wider if a number is larger than usual.
    let mut width = 8;
    for (_, traffic) in &rows {
        width = width.max(traffic.bytes.to_string().len());
    }
    report += &format!("requests {:>width$} errors host\n", "bytes");
    for (host, traffic) in rows {
        let Traffic {
            requests,
            bytes,
            errors,
        } = traffic;
        report += &format!("{requests:>8} {bytes:>width$} {errors:>6} {host}\n");
    }

    if let Err(error) = io::stdout().write_all(report.as_bytes()) {
        // A program that reads our output, such as `head`, may stop when it has seen enough.
        if error.kind() != ErrorKind::BrokenPipe {
            exit(&format!("cannot print the result: {error}"));
        }
    }
}

fn first_bad_line(logs: &[Log]) -> Option<String> {
    for log in logs {
        for (index, line) in log.text().lines().enumerate() {
            if parse(line).is_err() {
                let file = &log.file;
                let number = index + 1;
                return Some(format!(
                    "{file}:{number}: expected HOST - USER [TIME] \"REQUEST\" STATUS BYTES, \
                     found {line:?}"
                ));
            }
        }
    }
    None
}

/// Counts lines many times faster than `text.lines().count()`, which would take so long on this one
/// thread that more threads would gain much less.
fn count_lines(text: &str) -> u64 {
    let mut line_ends = 0;
    // The line ends in a chunk of this length fit into a `u8`, and the compiler adds many at once.
    for chunk in text.as_bytes().chunks(usize::from(u8::MAX)) {
        let count: u8 = chunk.iter().map(|byte| u8::from(*byte == b'\n')).sum();
        line_ends += u64::from(count);
    }
    let has_unended_line = !text.is_empty() && !text.ends_with('\n');
    line_ends + u64::from(has_unended_line)
}

fn split(line: &str) -> Option<Request<'_>> {
    let (host, rest) = line.split_once(' ')?;
    if host.is_empty() || host.contains(char::is_whitespace) {
        return None;
    }
    let (identity_and_user, rest) = rest.split_once(" [")?;
    let (identity, user) = identity_and_user.split_once(' ')?;
    if identity.is_empty() || user.is_empty() {
        return None;
    }
    let (_time, rest) = rest.split_once("] \"")?;
    let rest = after_closing_quote(rest)?;
    let (status, rest) = rest.strip_prefix(' ')?.split_once(' ')?;
    let bytes = rest.split(' ').next()?;

    let status = number(status).filter(|number| status.len() == 3 && *number >= 100)?;
    let bytes = match bytes {
        "-" => 0,
        digits => number(digits)?,
    };
    let traffic = Traffic {
        requests: 1,
        bytes: u128::from(bytes),
        errors: u64::from(status >= 400),
    };
    Some(Request { host, traffic })
}

/// Returns the text after the closing quote. A quote after a backslash is part of the request.
fn after_closing_quote(text: &str) -> Option<&str> {
    let mut is_escaped = false;
    for (position, byte) in text.bytes().enumerate() {
        if byte == b'"' && !is_escaped {
            return Some(&text[position + 1..]);
        }
        is_escaped = byte == b'\\' && !is_escaped;
    }
    None
}

/// Reads digits only: `parse` alone would accept a sign.
fn number(digits: &str) -> Option<u64> {
    if digits.starts_with('+') {
        return None;
    }
    digits.parse().ok()
}

fn exit(reason: &str) -> ! {
    // If standard error is closed, the exit status alone has to say it.
    let _ = writeln!(io::stderr(), "{reason}");
    process::exit(1)
}

//! The command-line part of the recipe: reads the logs, measures the time and prints the result.
//! Nothing in this file is about atomics, so you can skip it when you read the recipe.
//!
//! A line of a log is in the Common Log Format, which most web servers can write:
//!
//! ```text
//! HOST - USER [TIME] "REQUEST" STATUS BYTES
//! ```
//!
//! The number of bytes is `-` if the response had no body. The rest of the line, such as the two
//! quoted fields of the Combined Log Format, is ignored.

use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, fs, process};

const DEFAULT_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/input/access.log");

/// How often the log is counted in each way. The first time is slow, because the program and the
/// log are not yet in the caches of the processor.
const RUNS: usize = 3;

/// The status of a response, from 100 to 999.
pub(crate) type Status = usize;

/// Every status is less than this.
pub(crate) const STATUSES: usize = 1000;

/// How many requests had each status. The status is the index, so many numbers are always 0.
pub(crate) type Counts = [u64; STATUSES];

/// The result of counting the log in one way.
pub(crate) struct Way {
    title: &'static str,
    counts: Counts,
    time: Duration,
}

/// Reads the statuses in the files named on the command line, or else in the recipe's own log.
///
/// If a file cannot be read, or if a line is not in the Common Log Format, prints one line that
/// says why, and exits with status 1.
pub(crate) fn load_or_exit() -> Vec<Status> {
    let mut paths: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    if paths.is_empty() {
        paths.push(PathBuf::from(DEFAULT_FILE));
    }
    let mut statuses = Vec::new();
    for path in paths {
        if let Err(reason) = read(&path, &mut statuses) {
            exit(&reason);
        }
    }
    statuses
}

/// Counts the log a few times, and measures how long the fastest of them takes.
pub(crate) fn time(title: &'static str, count: fn(&[Status]) -> Counts, log: &[Status]) -> Way {
    let mut way = run(title, count, log);
    for _ in 1..RUNS {
        let next = run(title, count, log);
        assert_eq!(next.counts, way.counts, "{title}: a different result");
        way.time = way.time.min(next.time);
    }
    way
}

fn run(title: &'static str, count: fn(&[Status]) -> Counts, log: &[Status]) -> Way {
    let start = Instant::now();
    let counts = count(log);
    let time = start.elapsed();
    Way {
        title,
        counts,
        time,
    }
}

/// Checks that all ways have the same result, and prints it. Prints the times on standard error.
pub(crate) fn print_or_exit(log: &[Status], ways: &[Way]) {
    let counts = &ways[0].counts;
    for way in ways {
        assert_eq!(way.counts, *counts, "{}: a different result", way.title);
    }
    let requests: u64 = counts.iter().sum();
    assert_eq!(requests, log.len() as u64, "requests were lost");

    let mut report = format!("requests: {requests}\nstatus requests\n");
    for (status, requests) in counts.iter().enumerate() {
        if *requests > 0 {
            report += &format!("{status:>6} {requests:>8}\n");
        }
    }
    if let Err(error) = io::stdout().write_all(report.as_bytes()) {
        // A program that reads our output, such as `head`, may stop when it has seen enough.
        if error.kind() != ErrorKind::BrokenPipe {
            exit(&format!("cannot print the result: {error}"));
        }
    }
    print_times(ways);
}

fn print_times(ways: &[Way]) {
    let mut report = String::new();
    for way in ways {
        let Way { title, time, .. } = way;
        let milliseconds = time.as_secs_f64() * 1000.0;
        report += &format!("{title}: {milliseconds:.3} ms\n");
    }
    if cfg!(debug_assertions) {
        report += "debug build: use --release to compare times\n";
    }
    // The result has been printed, so the program succeeds even if nobody can see the times.
    let _ = io::stderr().write_all(report.as_bytes());
}

/// Appends the statuses in a log to those of the logs before it.
fn read(path: &Path, statuses: &mut Vec<Status>) -> Result<(), String> {
    let file = path.display();
    let bytes = fs::read(path).map_err(|error| format!("cannot read {file}: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("{file} is not UTF-8 text"))?;
    // Some editors begin a file with a byte-order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    for (index, line) in text.lines().enumerate() {
        // The last line may end in a carriage return alone.
        let Some(status) = parse(line.trim_end_matches('\r')) else {
            let number = index + 1;
            return Err(format!(
                "{file}:{number}: expected HOST - USER [TIME] \"REQUEST\" STATUS BYTES, \
                 found {line:?}"
            ));
        };
        statuses.push(status);
    }
    Ok(())
}

/// Finds the status in a line.
fn parse(line: &str) -> Option<Status> {
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
    if bytes != "-" {
        number::<u64>(bytes)?;
    }
    number(status).filter(|number| status.len() == 3 && *number >= 100)
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
fn number<T: std::str::FromStr>(digits: &str) -> Option<T> {
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

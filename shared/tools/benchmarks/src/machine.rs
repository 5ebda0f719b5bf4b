//! The machine, the date, and the versions of what is measured.

use crate::{Result, results::Machine};
use std::{
    collections::BTreeMap,
    env, fs,
    process::Command,
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

/// The lock file that this program was compiled with.
const LOCK_FILE: &str = include_str!("../../../../Cargo.lock");

/// The crates that are measured.
const CRATES: &[&str] = &[
    "arc-swap",
    "async-channel",
    "async-lock",
    "crossbeam-channel",
    "crossbeam-queue",
    "dashmap",
    "flume",
    "kanal",
    "papaya",
    "parking_lot",
    "rayon",
    "sync-primitives",
    "tokio",
];

pub(crate) fn this_machine() -> Result<Machine> {
    Ok(Machine {
        cpu: cpu().unwrap_or_else(|| env::consts::ARCH.to_owned()),
        cores: thread::available_parallelism()?.get(),
        os: os(),
        rustc: rustc()?,
    })
}

/// The model of the processor, on systems that have it in a file.
fn cpu() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("model name"))?;
    Some(line.trim_start_matches([' ', '\t', ':']).to_owned())
}

fn os() -> String {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{} {}", env::consts::OS, release.trim())
        .trim_end()
        .to_owned()
}

fn rustc() -> Result<String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output();
    let output = output.map_err(|error| format!("rustc does not tell its version: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

pub(crate) fn versions() -> BTreeMap<String, String> {
    let crates = CRATES
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), version(LOCK_FILE, name)?)));
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    let crates = crates.chain([("glibc".to_owned(), crate::pthread::glibc_version())]);
    crates.collect()
}

/// The newest version of a crate in the lock file. It is the one that this package uses, because it
/// requires no older one.
fn version(lock_file: &str, name: &str) -> Option<String> {
    let head = format!("name = \"{name}\"\nversion = \"");
    let rest = lock_file.rsplit_once(&head)?.1;
    Some(rest.split_once('"')?.0.to_owned())
}

/// The date in UTC, for example 2026-01-31.
pub(crate) fn today() -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("the clock is after 1970");
    date(now.as_secs() / 86_400)
}

/// The date that is this many days after 1970-01-01, in the Gregorian calendar.
fn date(days: u64) -> String {
    let is_leap =
        |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let (mut year, mut month, mut left) = (1970, 1, days);
    while left >= 365 + u64::from(is_leap(year)) {
        left -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    for length in [
        31,
        28 + u64::from(is_leap(year)),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ] {
        if left < length {
            break;
        }
        left -= length;
        month += 1;
    }
    format!("{year}-{month:02}-{:02}", left + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        let dates = [
            (0, "1970-01-01"),
            (59, "1970-03-01"),
            (789, "1972-02-29"),
            (11_016, "2000-02-29"),
        ];
        for (days, expected) in dates
            .into_iter()
            .chain([(20_453, "2025-12-31"), (20_454, "2026-01-01")])
        {
            assert_eq!(date(days), expected);
        }
    }

    #[test]
    fn every_crate_that_is_measured_has_its_version() {
        for name in CRATES {
            let version =
                version(LOCK_FILE, name).unwrap_or_else(|| panic!("{name} is not in Cargo.lock"));
            assert_eq!(version.split('.').count(), 3, "{name} {version}");
        }
        let lock_file = "name = \"a\"\nversion = \"1.0.0\"\n\nname = \"a\"\nversion = \"2.0.0\"\n";
        assert_eq!(version(lock_file, "a").as_deref(), Some("2.0.0"));
    }
}

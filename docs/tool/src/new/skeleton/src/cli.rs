//! The command-line part of the recipe: reads the numbers and prints the result.
//! Nothing in this file is about threads, so you can skip it when you read the recipe.
//!
//! A row is one whole number from 0 to 4294967295.
//!
//! Keep what handles files and errors when you replace the format of a row.

use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::{env, fs, process};

const DEFAULT_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/input/numbers.txt");

/// Reads the files named on the command line, or else the recipe's own input.
///
/// If a file cannot be used, prints one line that says which and why, and exits with status 1.
pub(crate) fn load_or_exit() -> Vec<u32> {
    load(files()).unwrap_or_else(|reason| {
        eprintln!("{reason}");
        process::exit(1);
    })
}

/// Prints how many numbers there are, and their sum.
pub(crate) fn print_total(count: usize, sum: u64) {
    let report = format!("numbers: {count}\nsum: {sum}\n");

    if let Err(error) = io::stdout().write_all(report.as_bytes()) {
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

fn load(files: Vec<PathBuf>) -> Result<Vec<u32>, String> {
    let mut numbers = Vec::new();
    for path in files {
        let name = path.display();
        let bytes = fs::read(&path).map_err(|error| format!("cannot read {name}: {error}"))?;
        let text = String::from_utf8(bytes).map_err(|_| format!("{name} is not UTF-8 text"))?;
        // Some editors begin a file with a byte-order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        for (index, row) in text.lines().enumerate() {
            let number =
                parse_row(row).map_err(|reason| format!("{name}:{}: {reason}", index + 1))?;
            numbers.push(number);
        }
    }
    Ok(numbers)
}

fn parse_row(row: &str) -> Result<u32, String> {
    row.parse()
        .map_err(|_| format!("expected a whole number such as 17, found {row:?}"))
}

//! The command-line part of the recipe: reads the pictures and prints their hashes. You can skip
//! this file when you read the recipe.
//!
//! The pictures are all files in the folder, in the order of their names. Folders inside it are not
//! searched. The files are hashed and not decoded, so they can be of any kind.

use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs, process};

const DEFAULT_FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/input/pictures");
const USAGE: &str = "expected one folder with pictures";

const MAX_PICTURES: usize = 10_000;

/// All pictures are read into memory before the server starts.
const MAX_BYTES: u64 = 1 << 30;

/// The length of a SHA-256 in hexadecimal digits.
const DIGITS: usize = 64;

/// The bytes of each picture. All tasks and threads share them.
pub(crate) type Pictures = Arc<[Vec<u8>]>;

/// All pictures of a folder, which have been read into memory.
pub(crate) struct Album {
    names: Vec<String>,
    pub(crate) pictures: Pictures,
}

/// What the server has answered.
pub(crate) struct Report {
    /// The hashes in the order of the pictures, separated by spaces, or `error: ` and a reason.
    pub(crate) hashes: String,
    pub(crate) pings: Pings,
}

/// The pings that were answered before the hashes came. A program without a server has none.
#[derive(Default)]
pub(crate) struct Pings {
    pub(crate) answered: u64,
    pub(crate) slowest: Duration,
}

/// Reads the pictures in the folder that the command line names, or else in the recipe's own.
///
/// If that is not possible, prints one line that says why, and exits with status 1.
pub(crate) fn album_or_exit() -> Album {
    load().unwrap_or_else(|reason| exit(&reason))
}

/// Prints a line for each picture, and on standard error how the pings went.
///
/// If there are no hashes, prints one line that says why, and exits with status 1.
pub(crate) fn print_or_exit(album: &Album, outcome: io::Result<Report>) {
    let report = outcome.unwrap_or_else(|error| exit(&format!("the server failed: {error}")));
    if let Some(reason) = report.hashes.strip_prefix("error: ") {
        exit(&format!("the server failed: {reason}"));
    }
    let hashes: Vec<&str> = report.hashes.split(' ').collect();
    assert_eq!(hashes.len(), album.names.len(), "a hash is missing");
    let mut table = String::new();
    for (name, hash) in album.names.iter().zip(hashes) {
        assert_eq!(hash.len(), DIGITS, "not a SHA-256: {hash}");
        table += &format!("{hash}  {name}\n");
    }
    if let Err(error) = io::stdout().write_all(table.as_bytes()) {
        // A program that reads our output, such as `head`, may stop when it has seen enough.
        if error.kind() != ErrorKind::BrokenPipe {
            exit(&format!("cannot print the result: {error}"));
        }
    }
    let Pings { answered, slowest } = report.pings;
    if answered > 0 {
        // If standard error is closed, nobody wants to know.
        let _ = writeln!(
            io::stderr(),
            "pings answered meanwhile: {answered}, the slowest after {slowest:.1?}"
        );
    }
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    let mut digits = String::new();
    for byte in bytes {
        digits += &format!("{byte:02x}");
    }
    digits
}

fn load() -> Result<Album, String> {
    let mut arguments = env::args_os().skip(1);
    let folder = arguments
        .next()
        .map_or(PathBuf::from(DEFAULT_FOLDER), PathBuf::from);
    if let Some(argument) = arguments.next() {
        return Err(format!("{USAGE}, found {argument:?} as well"));
    }
    let name = folder.display();
    let files = files_in(&folder).map_err(|error| format!("cannot read {name}: {error}"))?;
    if files.is_empty() {
        return Err(format!("{name} has no files; {USAGE}"));
    }
    if files.len() > MAX_PICTURES {
        let count = files.len();
        return Err(format!(
            "{name} has {count} files; at most {MAX_PICTURES} are hashed at once"
        ));
    }

    let mut names = Vec::new();
    let mut pictures = Vec::new();
    let mut free = MAX_BYTES;
    for file in files {
        names.push(printable_name(&file)?);
        let picture = read(&file, free)?;
        // The file may have grown since its length was checked.
        free = free.saturating_sub(picture.len() as u64);
        pictures.push(picture);
    }
    Ok(Album {
        names,
        pictures: pictures.into(),
    })
}

/// The files in a folder, in the order of their names.
fn files_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if !path.is_dir() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The name of a file. A line end in it would break the table.
fn printable_name(file: &Path) -> Result<String, String> {
    let name = file.file_name().and_then(|name| name.to_str());
    match name {
        Some(name) if !name.contains(char::is_control) => Ok(name.to_string()),
        _ => Err(format!(
            "{file:?}: a name must be UTF-8 text without control characters"
        )),
    }
}

/// Reads a picture, unless it has more than `free` bytes.
fn read(file: &Path, free: u64) -> Result<Vec<u8>, String> {
    let path = file.display();
    let cannot_read = |error| format!("cannot read {path}: {error}");
    let metadata = fs::metadata(file).map_err(cannot_read)?;
    if !metadata.is_file() {
        return Err(format!("{path} is not a file; move it out of the folder"));
    }
    if metadata.len() > free {
        return Err(format!(
            "{path}: the files up to this one have more than {} MiB; split the folder",
            MAX_BYTES >> 20
        ));
    }
    fs::read(file).map_err(cannot_read)
}

fn exit(reason: &str) -> ! {
    // If standard error is closed, the exit status has to be enough.
    let _ = writeln!(io::stderr(), "{reason}");
    process::exit(1)
}

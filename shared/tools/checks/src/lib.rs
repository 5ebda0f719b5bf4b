//! Tests that hold the workspace together, and what they share.
//!
//! - `tests/promises.rs`: what every recipe, variant, sequential program and solution promises.
//! - `tests/python.rs`: the Python twins of the recipes promise the same.
//! - `tests/mistakes.rs`: every mistake goes wrong as it promises, and ends.
//! - `tests/rejects.rs`: the compiler refuses every program in a folder `rejects`, and for the
//!   reason given.
//! - `tests/tree.rs`: every Rust file and every test of the workspace is one that something checks.
//! - `tests/readme.rs`: the table in `README.md` lists the recipes that there are.

pub mod built;
pub mod command_line;
pub mod ending;
pub mod judge;
pub mod process;
pub mod program;
pub mod promises;
pub mod scratch;

use std::path::{Path, PathBuf};
use std::{fs, io};

/// The folder of the whole workspace.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(3)
        .expect("this package lies three folders deep")
}

/// The files in `folder` and in the folders below it, as paths from there, sorted.
pub fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = PathBuf::from(entry.file_name());
        if entry.file_type()?.is_dir() {
            for file in files_below(&entry.path())? {
                files.push(name.join(file));
            }
        } else {
            files.push(name);
        }
    }
    files.sort();
    Ok(files)
}

//! Tests that hold the workspace together, and what they share.
//!
//! - `tests/rejects.rs`: the compiler refuses every `recipes/*/rejects/*.rs`, and for the reason given.
//! - `tests/variants.rs`: every recipe does the same job with other libraries.
//! - `tests/solutions.rs`: every exercise of the book has a solution that does its job.
//! - `tests/mistakes.rs`: every mistake goes wrong as it promises, and ends.
//! - `tests/python.rs`: every recipe's Python twin prints what the recipe prints, where there is a Python.
//! - `tests/readme.rs`: the table in `README.md` and the folders in `recipes/` say the same.

pub mod ending;
pub mod examples;
pub mod judge;
pub mod process;
pub mod program;
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

/// The names of the recipes, in order.
pub fn recipes() -> Vec<String> {
    let folder = workspace().join("recipes");
    let mut names = names(&folder);
    names.retain(|name| folder.join(name).is_dir());
    names
}

/// The folder of a recipe.
pub fn recipe(name: &str) -> PathBuf {
    workspace().join("recipes").join(name)
}

/// What is in a folder, in order; nothing if there is no such folder.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let name = |entry: io::Result<fs::DirEntry>| entry.expect("a folder can be read").file_name();
    let mut names: Vec<_> = entries
        .map(|entry| name(entry).into_string().expect("names are UTF-8"))
        .collect();
    names.sort();
    names
}

//! How many crates a program brings into a project.

use crate::directives::manifest::Dependency;
use crate::files;
use checks::process;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Asked once for each manifest: a book that is built again at every change of a page must not wait
/// for it.
static COUNTED: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());

/// The crates that a project with these dependencies compiles on this machine, those they depend on
/// included. Cargo counts them, in a project with no other: the features of the rest of the
/// workspace do not come in.
pub(crate) fn added(dependencies: &[Dependency], workspace: &Path) -> Result<usize, String> {
    if dependencies.is_empty() {
        return Ok(0);
    }
    let lock = fs::read_to_string(workspace.join("Cargo.lock")).unwrap_or_default();
    let manifest = manifest(dependencies, workspace);
    let key = format!("{manifest}\n{lock}");
    let mut counted = COUNTED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(count) = counted.get(&key) {
        return Ok(*count);
    }
    let count = ask_cargo(&manifest, &lock)
        .map_err(|reason| format!("cannot count its crates: {reason}"))?;
    counted.insert(key, count);
    Ok(count)
}

fn manifest(dependencies: &[Dependency], workspace: &Path) -> String {
    let package =
        "[workspace]\n\n[package]\nname = \"counted\"\nedition = \"2024\"\n\n[dependencies]\n";
    let lines = dependencies
        .iter()
        .map(|it| it.manifest_line(workspace) + "\n");
    package.to_owned() + &lines.collect::<String>()
}

fn ask_cargo(manifest: &str, lock: &str) -> Result<usize, String> {
    let project = tempfile::tempdir().map_err(|error| format!("no folder to do it in: {error}"))?;
    let files = [
        ("Cargo.toml", manifest),
        ("src/main.rs", "fn main() {}\n"),
        ("Cargo.lock", lock),
    ];
    for (file, text) in files.into_iter().filter(|(_, text)| !text.is_empty()) {
        files::write(&project.path().join(file), text).map_err(|error| format!("{error:#}"))?;
    }
    let mut cargo = process::cargo();
    cargo.args([
        "tree",
        "--quiet",
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--no-dedupe",
        "--format",
        "{p}",
    ]);
    let output = cargo.current_dir(project.path()).output();
    let output = output.map_err(|error| format!("cannot run cargo: {error}"))?;
    if !output.status.success() {
        return Err(format!(
            "cargo tree: {}",
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    let lines = String::from_utf8_lossy(&output.stdout);
    let crates: BTreeSet<_> = lines.lines().filter(|line| !line.is_empty()).collect();
    // One of them is the project.
    Ok(crates.len() - 1)
}

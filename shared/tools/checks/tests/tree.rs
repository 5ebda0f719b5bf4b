//! Every Rust file of a recipe is one that something checks, and every file of tests is one that
//! Cargo runs.
//!
//! Both are found in the tree and compared with what the catalog and Cargo know. So nothing has to
//! be counted, and what is misnamed or left out of a manifest does not go unnoticed.

use checks::process::cargo;
use checks::workspace;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The files below a folder of the workspace, apart from what Cargo builds. The paths are relative
/// to the workspace.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(workspace().join(folder)).expect("the folder can be read") {
        let entry = entry.expect("the folder can be read");
        let path = folder.join(entry.file_name());
        let is_folder = entry.file_type().expect("it has a type").is_dir();
        if !is_folder {
            files.push(path);
        } else if entry.file_name() != "target" {
            files.extend(files_below(&path));
        }
    }
    files
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "rs")
}

#[test]
fn every_rust_file_of_a_recipe_has_a_place() {
    let mut placed = BTreeSet::new();
    let mut sources = Vec::new();
    for recipe in catalog::recipes(workspace()) {
        for program in recipe.programs(workspace()) {
            placed.insert(program.path);
        }
        placed.extend(recipe.reject_files(workspace()));
        // The modules of the lesson, and the tests, of which the next test takes care.
        sources.push(recipe.folder().join("src"));
        sources.push(recipe.folder().join("tests"));
    }
    let mut strangers = files_below(Path::new("recipes"));
    let count = strangers.len();
    strangers.retain(|path| {
        let is_source = sources.iter().any(|folder| path.starts_with(folder));
        is_rust(path) && !is_source && !placed.contains(path)
    });
    assert!(count > 0, "there are no recipes");
    assert!(
        strangers.is_empty(),
        "neither a program of a recipe nor a test nor a reject: {strangers:?}"
    );
}

/// A package of the workspace, as Cargo describes it.
struct Package {
    folder: PathBuf,
    /// The files of the tests that Cargo runs without a feature.
    tests: Vec<PathBuf>,
}

fn packages() -> Vec<Package> {
    let output = cargo()
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .current_dir(workspace())
        .output()
        .expect("cargo can be run");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    let path = |value: &Value| PathBuf::from(value.as_str().expect("it is a path"));
    let mut packages = Vec::new();
    for package in metadata["packages"].as_array().expect("it is a list") {
        let manifest = path(&package["manifest_path"]);
        let mut tests = Vec::new();
        for target in package["targets"].as_array().expect("it is a list") {
            let needs_no_feature = target["required-features"].is_null();
            if target["kind"][0] == "test" && target["test"] == true && needs_no_feature {
                tests.push(path(&target["src_path"]));
            }
        }
        packages.push(Package {
            folder: manifest.parent().expect("a file is in a folder").to_owned(),
            tests,
        });
    }
    packages
}

/// What stands in the folder `tests` of a package and should be a test: its files, and the
/// `main.rs` of its folders.
fn test_files(package: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(package.join("tests")).into_iter().flatten() {
        let path = entry.expect("the folder can be read").path();
        if is_rust(&path) {
            files.push(path);
        } else if path.join("main.rs").is_file() {
            files.push(path.join("main.rs"));
        }
    }
    files
}

/// A file that is empty without a flag or a feature says so by `#![cfg(...)]`. Then `.ci/run` has a
/// command that sets it, finds the files that need it, and compares the number of tests with that
/// of the files.
#[test]
fn every_file_of_tests_runs() {
    let script = fs::read_to_string(workspace().join(".ci/run")).expect("there is .ci/run");
    let mut complaints = Vec::new();
    let mut count = 0;
    for package in packages() {
        for file in test_files(&package.folder) {
            count += 1;
            let name = file.display();
            if !package.tests.contains(&file) {
                complaints.push(format!("{name} is no test that `cargo test` runs"));
            }
            let text = fs::read_to_string(&file).expect("it is a text file");
            for condition in text.lines().filter_map(condition) {
                if !script.contains(&format!("files_under {condition}"))
                    && !script.contains(&format!("files_under '{condition}'"))
                {
                    complaints.push(format!(
                        "{name} needs `{condition}`, which .ci/run never sets"
                    ));
                }
            }
        }
    }
    assert!(count > 0, "there are no tests");
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

/// The condition on which the whole file depends, if the line is one.
fn condition(line: &str) -> Option<&str> {
    line.strip_prefix("#![cfg(")?.strip_suffix(")]")
}

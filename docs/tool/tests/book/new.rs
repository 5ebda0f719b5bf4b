//! `cargo book new`: what it writes builds, passes and is listed, whatever its name is.

use crate::workspace::{Outcome, Workspace};
use checks::ending::Ending;
use checks::process;
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Each program of the skeleton takes a fraction of a second.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// A name that no recipe of this repository is going to have.
const RECIPE: &str = "made-by-a-test";
const FOLDER: &str = "recipes/threads/made-by-a-test";

fn new(workspace: &Workspace, path: &str) -> Outcome {
    Outcome::from(workspace.book("", &["new", path]).output().unwrap())
}

/// Where Cargo builds in the copy of the repository.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("repository-target")
}

fn cargo(workspace: &Workspace, words: &[&str]) -> Outcome {
    let mut cargo = process::cargo();
    cargo.args(words).current_dir(workspace.path(""));
    cargo.env("CARGO_TARGET_DIR", target());
    cargo.env("RUSTFLAGS", "-D warnings");
    Outcome::from(cargo.output().unwrap())
}

#[test]
fn the_skeleton_is_a_recipe_that_passes() {
    let workspace = Workspace::of_repository();
    let before = files(&workspace.path(""));
    let words = ["new", "threads/made-by-a-test", "--crate", "parking_lot"];
    let outcome = Outcome::from(workspace.book("", &words).output().unwrap());
    assert_eq!((outcome.status, &*outcome.stderr), (Some(0), ""));
    only_the_recipe_and_its_rows_are_new(&before, &files(&workspace.path("")));

    let outcome = cargo(&workspace, &["test", "-p", RECIPE]);
    assert_eq!(outcome.status, Some(0), "{outcome:#?}");
    the_programs_print_what_they_promise(&workspace);

    // Other faults of the book are the business of other tests.
    let built = workspace.build();
    let of_recipe = |line: &&str| line.contains(RECIPE);
    let faults: Vec<&str> = built.stderr.lines().filter(of_recipe).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

/// Then a reader who deletes the recipe, its chapter, its figure and its two rows has the former
/// tree again.
fn only_the_recipe_and_its_rows_are_new(
    before: &BTreeMap<PathBuf, Vec<u8>>,
    after: &BTreeMap<PathBuf, Vec<u8>>,
) {
    for (path, content) in after {
        let is_recipe = path.starts_with(FOLDER)
            || path == Path::new("docs/src/threads/made-by-a-test.md")
            || path == Path::new("docs/figures/made-by-a-test.svg");
        let is_list = path == Path::new("README.md") || path == Path::new("docs/src/SUMMARY.md");
        match before.get(path) {
            None => assert!(is_recipe, "{path:?} is new"),
            Some(former) if former != content => assert!(is_list, "{path:?} has changed"),
            Some(_) => {}
        }
    }
}

fn the_programs_print_what_they_promise(workspace: &Workspace) {
    for program in [
        RECIPE.to_owned(),
        format!("examples/{RECIPE}_std"),
        format!("examples/{RECIPE}_parking_lot"),
        format!("examples/{RECIPE}_solution"),
    ] {
        prints(workspace, &program, "expected.txt");
    }
    let small = format!("examples/{RECIPE}_small");
    prints(workspace, &small, &format!("{small}.txt"));

    let mistake = format!("examples/{RECIPE}_mistake_lost_update");
    let ending = Ending::of(run(&mistake)).unwrap();
    let promised = workspace.read(&format!("{FOLDER}/{mistake}.txt"));
    assert_eq!(ending.text(), promised);
}

fn prints(workspace: &Workspace, program: &str, text: &str) {
    let end = run(program);
    assert_eq!(end.code, Some(0), "{end:?}");
    let promised = workspace.read(&format!("{FOLDER}/{text}"));
    assert_eq!(end.stdout, promised, "{program}");
}

fn run(program: &str) -> process::End {
    let executable = program.to_owned() + env::consts::EXE_SUFFIX;
    let mut command = Command::new(target().join("debug").join(executable));
    process::run(&mut command, TIME_LIMIT).unwrap()
}

/// Every file below a folder, with its content.
fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_owned();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// A name makes the lines that contain it longer, and rustfmt breaks and joins lines by length.
#[test]
fn the_skeleton_is_formatted_whatever_its_name_is() {
    let has_rustfmt = Command::new("rustfmt").arg("--version").output();
    if !has_rustfmt.is_ok_and(|output| output.status.success()) {
        println!("not checked: there is no rustfmt");
        return;
    }
    let longest = "a-name-of-thirty-characters-is";
    for name in ["x", "example", longest] {
        let workspace = Workspace::new();
        workspace.write("README.md", "### Threads\n\n| a | b | c | d | e |\n");
        workspace.append("docs/src/SUMMARY.md", "\n# Threads\n");
        let outcome = new(&workspace, &format!("threads/{name}"));
        assert_eq!((outcome.status, &*outcome.stderr), (Some(0), ""));
        let folder = workspace.path(&format!("recipes/threads/{name}"));
        for file in files(&folder).into_keys() {
            if file.extension().is_some_and(|ending| ending == "rs") {
                let mut rustfmt = Command::new("rustfmt");
                rustfmt.args(["--edition", "2024", "--check"]);
                let outcome = Outcome::from(rustfmt.arg(folder.join(&file)).output().unwrap());
                assert_eq!((outcome.status, &*outcome.stdout), (Some(0), ""));
            }
        }
    }
}

#[test]
fn what_cannot_be_written_gets_one_line() {
    for (path, reason) in [
        ("example", "expected PART/NAME, such as threads/example"),
        ("signals/example", "there is no part \"signals\""),
        ("threads/My recipe", "cannot be the name of a recipe"),
        (
            "threads/bell",
            "there is already a recipe bell in recipes/signals/bell",
        ),
        ("threads/example", "cannot read README.md"),
    ] {
        let workspace = Workspace::new();
        workspace.append("docs/src/SUMMARY.md", "\n# Threads\n");
        let before = files(&workspace.path(""));
        let outcome = new(&workspace, path);
        assert_eq!((outcome.status, &*outcome.stdout), (Some(1), ""), "{path}");
        assert!(outcome.stderr.contains(reason), "{}", outcome.stderr);
        assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
        assert_eq!(files(&workspace.path("")), before);
    }
}

//! `cargo book check`: a good book, and what it has to find in a bad one.

use crate::workspace::{Outcome, Workspace};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

const STD: &str = "recipes/signals/bell/examples/bell_std.rs";
const MISTAKE: &str = "recipes/signals/bell/examples/bell_mistake_cracked.rs";
const RECIPE: &str = "recipes/signals/bell/src/main.rs";
const CLI: &str = "recipes/signals/bell/src/cli.rs";
const SMALL: &str = "recipes/signals/bell/examples/bell_small.rs";

fn check(workspace: &Workspace) -> Outcome {
    let mut command = workspace.book("", &["check"]);
    // Each test has a folder of its own to build in.
    Outcome::from(command.env_remove("CARGO_TARGET_DIR").output().unwrap())
}

/// Checks a book with faults in its programs, and asserts what the lines that name them have: the
/// parts of the expected ones, between their ellipses.
#[track_caller]
fn assert_faults(workspace: &Workspace, expected: &[&str]) {
    let outcome = check(workspace);
    let lines: Vec<_> = outcome.stderr.lines().collect();
    let has =
        |(line, expected): (&&str, &&str)| expected.split(" … ").all(|part| line.contains(part));
    assert!(
        lines.iter().zip(expected).all(has) && lines.len() == expected.len(),
        "{}",
        outcome.stderr
    );
    assert_eq!(outcome.status, Some(1));
    assert!(!outcome.stdout.contains("out of the book"), "{outcome:?}");
}

#[test]
fn a_good_book_passes() {
    let outcome = check(&Workspace::new());
    assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""));
    let last = outcome.stdout.lines().last().unwrap();
    assert!(
        last.starts_with("4 programs out of the book: "),
        "{outcome:?}"
    );
}

#[test]
fn what_does_not_build_is_named() {
    let workspace = Workspace::new();
    // The page no longer names the crate that the recipe uses.
    workspace.write("recipes/signals/bell/Cargo.toml", "");
    workspace.write(STD, "fn main() {\n    let unused = 1;\n}\n");
    workspace.write(
        MISTAKE,
        "//! Is not Rust.\nfn main() {\n    let // Wrong: no pattern.\n}\n",
    );
    assert_faults(
        &workspace,
        &[
            &format!(
                "{MISTAKE}: taken out of the book, it does not build in  … error: expected pattern"
            ),
            &format!(
                "{SMALL}: taken out of the book, it does not build in  … cannot find module or \
                 crate `chime`"
            ),
            &format!(
                "{STD}: taken out of the book, it does not build in  … unused variable: `unused` \
                 --> src/main.rs:2"
            ),
            &format!(
                "{RECIPE}: taken out of the book, it does not build in  … cannot find module or \
                 crate `chime`"
            ),
            "The book has 4 faults.",
        ],
    );
}

#[test]
fn what_prints_something_else_is_named() {
    let workspace = Workspace::new();
    let recipe = workspace.read(RECIPE).replace(
        "chime::strike(bell.name, SIGN)",
        "println!(\"{}{SIGN}\", bell.name)",
    );
    workspace.write(RECIPE, &recipe);
    workspace.write("recipes/signals/bell/input/times.txt", "12:00\n");
    workspace.write(SMALL, &workspace.read(SMALL).replace("<ding>", "dang"));
    workspace.write(
        MISTAKE,
        &workspace.read(MISTAKE).replace("exit(3)", "exit(0)"),
    );
    assert_faults(
        &workspace,
        &[
            &format!(
                "{MISTAKE}: taken out of the book, it does not print \
                 recipes/signals/bell/examples/bell_mistake_cracked.txt: \
                 line 4 is `--- exit status 0`, not `--- exit status 3`"
            ),
            &format!(
                "{SMALL}: taken out of the book, it does not print \
                 recipes/signals/bell/examples/bell_small.txt: \
                 line 1 is `dang`, not `ding`"
            ),
            &format!(
                "{STD}: taken out of the book, it does not print \
                 recipes/signals/bell/expected.txt: line 2 is nothing, not `dong`"
            ),
            // It builds no more: its page adds a crate for nothing.
            &format!(
                "{RECIPE}: taken out of the book, it does not build in  … extern crate `chime` is \
                 unused"
            ),
            "The book has 4 faults.",
        ],
    );
}

#[test]
fn what_fails_is_named() {
    let workspace = Workspace::new();
    let fail = "if std::env::args().count() == 1 { std::process::exit(1) }";
    let recipe = workspace
        .read(RECIPE)
        .replace("fn main() {", &format!("fn main() {{\n    {fail}"));
    workspace.write(RECIPE, &recipe);
    let std = "use std::fs;\n\nfn main() {\n    let _ = fs::read(\"no such file\").unwrap();\n}\n";
    workspace.write(STD, std);
    workspace.write(
        MISTAKE,
        &workspace
            .read(MISTAKE)
            .replace("std::process::exit(3)", "std::process::abort()"),
    );
    assert_faults(
        &workspace,
        &[
            &format!("{MISTAKE}: taken out of the book, it is ended by a signal"),
            &format!(
                "{STD}: taken out of the book, it fails (exit status: 101): thread 'main' \
                 panicked at src/main.rs:4:"
            ),
            &format!("{RECIPE}: taken out of the book, it fails (exit status: 1)"),
            "The book has 3 faults.",
        ],
    );
}

/// The sample is run with each program that prints what the recipe prints.
#[test]
fn what_a_reader_is_told_to_try_is_tried() {
    let workspace = Workspace::new();
    workspace.write("recipes/signals/bell/sample/expected.txt", "dang\n");
    let fault = "taken out of the book, it does not print for noon.txt what its page says: \
                 line 1 is `dong`, not `dang`";
    assert_faults(
        &workspace,
        &[
            &format!("{STD}: {fault}"),
            &format!("{RECIPE}: {fault}"),
            "The book has 2 faults.",
        ],
    );
}

/// Every project has a tree of folders: its own.
#[test]
fn a_recipe_that_reads_a_tree_is_tried_on_a_folder() {
    let workspace = Workspace::new();
    for file in ["input/times.txt", "sample/noon.txt", "sample/expected.txt"] {
        let path = workspace.path(&format!("recipes/signals/bell/{file}"));
        std::fs::remove_file(path).unwrap();
    }
    workspace.write(
        "recipes/signals/bell/input/tower/times.txt",
        "12:00\n18:00\n",
    );
    let cli = workspace
        .read(CLI)
        .replace("/input/times", "/input/tower/times");
    workspace.write(CLI, &cli);
    // It cannot read a folder.
    assert_faults(
        &workspace,
        &[
            &format!("{STD}: taken out of the book, it fails on src: … a file with times"),
            &format!("{RECIPE}: taken out of the book, it fails on src: … a file with times"),
            "The book has 2 faults.",
        ],
    );
}

#[test]
fn the_second_file_is_pasted_with_each_program_that_has_it() {
    let workspace = Workspace::new();
    // Only a warning: without it, the programs build.
    let cli = workspace.read(CLI) + "\nfn unused() {}\n";
    workspace.write(CLI, &cli);
    // As a file of its own, or as a module of the copied file: the compiler names one of them
    // first.
    let fault = "taken out of the book, it does not build in  … function `unused` is never used \
                 --> src/";
    assert_faults(
        &workspace,
        &[
            &format!("{STD}: {fault}"),
            &format!("{RECIPE}: {fault}"),
            "The book has 2 faults.",
        ],
    );
}

/// A crate that only the second file names is one that the page must add.
#[test]
fn a_crate_of_the_second_file_is_added() {
    let workspace = Workspace::new();
    let cli = workspace.read(CLI).replace(
        "    let file =",
        "    chime::strike(\"\", \"\");\n    let file =",
    );
    workspace.write(CLI, &cli);
    workspace.write("recipes/signals/bell/expected.txt", "\ndong\ndong\n");
    workspace.write("recipes/signals/bell/sample/expected.txt", "\ndong\n");
    let outcome = check(&workspace);
    assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""));
}

/// Two checks of one workspace would replace each other's projects.
#[test]
fn a_second_check_waits_for_the_first() {
    let workspace = Workspace::new();
    let folder = workspace.path("target/book-check");
    std::fs::create_dir_all(&folder).unwrap();
    let lock = std::fs::File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let mut command = workspace.book("", &["check"]);
    command
        .env_remove("CARGO_TARGET_DIR")
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    stderr.read_line(&mut line).unwrap();
    assert_eq!(line, "Waiting for another `cargo book check` to end.\n");
    lock.unlock().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_book_with_faults_is_not_tried() {
    let workspace = Workspace::new();
    workspace.append("docs/src/index.md", "\n{{#recipe gong}}\n");
    let outcome = check(&workspace);
    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(1), ""));
    assert!(
        outcome
            .stderr
            .starts_with("docs/src/index.md:5: {{#recipe gong}}"),
        "{outcome:?}"
    );
}

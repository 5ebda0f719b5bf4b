//! Each recipe has a twin in Python, `recipes/NAME/NAME.py`, which prints the same and ends as surely.
//!
//! The twins need `python3`, 3.9 or later. Where there is none, these tests check nothing, say so on standard error, and
//! pass.

use checks::process::{self, End};
use checks::{recipe, recipes};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::Command;
use std::{fs, time::Duration};

/// Long enough for a slow machine. A twin that takes longer has hung.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// A folder that is read wrongly has no recipes, and no twin fails. Raise this with every new one.
const AT_LEAST: usize = 7;

#[test]
fn every_recipe_has_a_twin() {
    assert!(
        recipes().len() >= AT_LEAST,
        "there are only {} recipes",
        recipes().len()
    );
    for name in recipes() {
        assert!(
            twin(&name).is_file(),
            "{} is missing",
            twin(&name).display()
        );
    }
}

#[test]
fn a_twin_prints_what_its_recipe_prints() {
    for name in recipes_to_check("what the twins print") {
        let end = python(Command::new("python3").arg(twin(&name)));
        assert_eq!(end.code, Some(0), "{name}.py: {}", end.stderr);
        let expected = recipe(&name).join("expected.txt");
        let expected = fs::read_to_string(expected).expect("a recipe has its expected output");
        assert!(
            end.stdout == expected,
            "{name}.py does not print expected.txt, but\n{}",
            end.stdout
        );
    }
}

#[test]
fn a_twin_refuses_a_file_that_is_missing() {
    for name in recipes_to_check("how the twins refuse a file") {
        let end = python(Command::new("python3").arg(twin(&name)).arg("missing.txt"));
        assert_eq!(
            (end.code, end.stdout.len()),
            (Some(1), 0),
            "{name}.py: {}",
            end.stderr
        );
        let is_clear = end.stderr.contains("missing.txt") && end.stderr.lines().count() == 1;
        assert!(
            is_clear,
            "{name}.py does not name the file in one line: {}",
            end.stderr
        );
    }
}

/// Runs a twin, and raises an exception in the first thread that enters a second function of the twin, as that function
/// begins. So it is inside the thread's work, while the others wait for what it would have done.
const PLANT: &str = "
import runpy, sys, threading
twin, here, planted = sys.argv[1], threading.local(), []
def plant(frame, event, argument):
    if frame.f_code.co_filename == twin:
        here.entered = getattr(here, 'entered', 0) + 1
        if here.entered == 2 and not planted:
            planted.append(frame)
            raise RuntimeError('planted')
threading.settrace(plant)
sys.argv = [twin]
runpy.run_path(twin, run_name='__main__')
";

#[test]
fn a_twin_ends_and_fails_when_a_thread_fails() {
    for name in recipes_to_check("how the twins end when a thread fails") {
        let end = python(Command::new("python3").args(["-c", PLANT]).arg(twin(&name)));
        assert_eq!(
            (end.code, end.stdout.len()),
            (Some(1), 0),
            "{name}.py: {}",
            end.stderr
        );
        assert!(
            end.stderr.contains("planted"),
            "{name}.py fails for another reason: {}",
            end.stderr
        );
    }
}

/// All recipes, or none without a Python that runs their twins.
fn recipes_to_check(what: &str) -> Vec<String> {
    let version = Command::new("python3")
        .args(["-c", "import sys; sys.exit(sys.version_info < (3, 9))"])
        .output();
    if version.is_ok_and(|output| output.status.success()) {
        return recipes();
    }
    // Not by `eprintln!`: what a passing test says by that, nobody sees.
    writeln!(
        io::stderr(),
        "there is no python3, 3.9 or later: NOT CHECKED: {what}"
    )
    .expect("standard error is open");
    Vec::new()
}

fn python(command: &mut Command) -> End {
    process::run(command, TIME_LIMIT).unwrap_or_else(|reason| panic!("{command:?} {reason}"))
}

fn twin(name: &str) -> PathBuf {
    recipe(name).join(name).with_extension("py")
}

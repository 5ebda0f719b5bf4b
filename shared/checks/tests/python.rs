//! Each recipe has a twin in Python, `recipes/NAME/NAME.py`, which prints the same and ends as surely.
//!
//! The twins need `python3`, 3.9 or later. Where there is none, these tests check nothing, say so on standard error, and
//! pass.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::{fs, thread, time::Duration};

/// Long enough for a slow machine. A twin that takes longer has hung.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// A folder that is read wrongly has no recipes, and no twin fails. Raise this with every new one.
const AT_LEAST: usize = 7;

#[test]
fn every_recipe_has_a_twin() {
    assert!(recipes().len() >= AT_LEAST, "there are only {} recipes", recipes().len());
    for recipe in recipes() {
        assert!(twin(&recipe).is_file(), "{} is missing", twin(&recipe).display());
    }
}

#[test]
fn a_twin_prints_what_its_recipe_prints() {
    for recipe in recipes_to_check("what the twins print") {
        let end = python(Command::new("python3").arg(twin(&recipe)));
        assert_eq!(end.code, Some(0), "{recipe}.py: {}", end.stderr);
        let expected = fs::read(folder(&recipe).join("expected.txt")).expect("a recipe has its expected output");
        let stdout = String::from_utf8_lossy(&end.stdout);
        assert!(end.stdout == expected, "{recipe}.py does not print expected.txt, but\n{stdout}");
    }
}

#[test]
fn a_twin_refuses_a_file_that_is_missing() {
    for recipe in recipes_to_check("how the twins refuse a file") {
        let end = python(Command::new("python3").arg(twin(&recipe)).arg("missing.txt"));
        assert_eq!((end.code, end.stdout.len()), (Some(1), 0), "{recipe}.py: {}", end.stderr);
        let is_clear = end.stderr.contains("missing.txt") && end.stderr.lines().count() == 1;
        assert!(is_clear, "{recipe}.py does not name the file in one line: {}", end.stderr);
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
    for recipe in recipes_to_check("how the twins end when a thread fails") {
        let end = python(Command::new("python3").args(["-c", PLANT]).arg(twin(&recipe)));
        assert_eq!((end.code, end.stdout.len()), (Some(1), 0), "{recipe}.py: {}", end.stderr);
        assert!(end.stderr.contains("planted"), "{recipe}.py fails for another reason: {}", end.stderr);
    }
}

/// All recipes, or none without a Python that runs their twins.
fn recipes_to_check(what: &str) -> Vec<String> {
    let version = Command::new("python3").args(["-c", "import sys; sys.exit(sys.version_info < (3, 9))"]).output();
    if version.is_ok_and(|output| output.status.success()) {
        return recipes();
    }
    // Not by `eprintln!`: what a passing test says by that, nobody sees.
    writeln!(io::stderr(), "there is no python3, 3.9 or later: NOT CHECKED: {what}").expect("standard error is open");
    Vec::new()
}

struct End {
    code: Option<i32>,
    stdout: Vec<u8>,
    stderr: String,
}

fn python(command: &mut Command) -> End {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3 could be run a moment ago");
    let stdout = drain(child.stdout.take().expect("it is piped"));
    let stderr = drain(child.stderr.take().expect("it is piped"));
    // A pipe ends when the process does.
    let (Ok(stdout), Ok(stderr)) = (stdout.recv_timeout(TIME_LIMIT), stderr.recv_timeout(TIME_LIMIT)) else {
        child.kill().expect("it is this test's child");
        panic!("{command:?} does not end within {TIME_LIMIT:?}");
    };
    let code = child.wait().expect("it is this test's child").code();
    End { code, stdout, stderr: String::from_utf8_lossy(&stderr).into_owned() }
}

/// Reads to the end in a thread: the receiver can give up.
fn drain(mut pipe: impl Read + Send + 'static) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).expect("a pipe can be read");
        // Nobody receives after the time limit.
        let _ = sender.send(bytes);
    });
    receiver
}

fn twin(recipe: &str) -> PathBuf {
    folder(recipe).join(recipe).with_extension("py")
}

fn folder(recipe: &str) -> PathBuf {
    workspace().join("recipes").join(recipe)
}

fn recipes() -> Vec<String> {
    let entries = fs::read_dir(workspace().join("recipes")).expect("recipes is at the root of the workspace");
    let entries = entries.map(|entry| entry.expect("a folder can be read"));
    let folders = entries.filter(|entry| entry.path().is_dir());
    let mut names: Vec<_> = folders.map(|entry| entry.file_name().into_string().expect("names are UTF-8")).collect();
    names.sort();
    names
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("this package lies two folders deep")
}

//! Runs the recipe as a reader does: on its own input, on other files, and on files that cannot be read.

use std::io::{Read, read_to_string};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use std::{fs, thread};

/// Long enough for a slow machine. A run that takes longer has hung.
const LIMIT: Duration = Duration::from_secs(60);

struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Runs the recipe to its end, or kills it at the limit and fails.
fn run<A: AsRef<Path>>(arguments: &[A]) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lock"))
        .args(arguments.iter().map(A::as_ref))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the recipe starts");
    let stdout = drain(child.stdout.take().expect("piped"));
    let stderr = drain(child.stderr.take().expect("piped"));
    // A pipe ends when the process does.
    let ends = (stdout.recv_timeout(LIMIT), stderr.recv_timeout(LIMIT));
    let (Ok(stdout), Ok(stderr)) = ends else {
        child.kill().expect("the recipe can be killed");
        panic!("the recipe did not end within {LIMIT:?}");
    };
    Run {
        code: child.wait().expect("the recipe has ended").code(),
        stdout,
        stderr,
    }
}

fn drain(pipe: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(read_to_string(pipe).expect("the recipe writes UTF-8")));
    receiver
}

/// A file of this test binary's own, told from those of the other tests by its name.
fn file(name: &str, content: &[u8]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, content).expect("the test's folder can be written to");
    path
}

fn succeeds(run: &Run, expected: &str) {
    assert_eq!(
        (run.code, &*run.stdout),
        (Some(0), expected),
        "standard error: {}",
        run.stderr
    );
}

/// Exit code 1, nothing on standard output, and one line that starts so on standard error.
fn fails(run: &Run, start: &str) {
    assert_eq!(
        (run.code, &*run.stdout),
        (Some(1), ""),
        "standard error: {}",
        run.stderr
    );
    assert!(
        run.stderr.starts_with(start),
        "{:?} does not start with {start:?}",
        run.stderr
    );
    assert!(
        run.stderr.ends_with('\n') && run.stderr.lines().count() == 1,
        "not one line: {:?}",
        run.stderr
    );
}

fn slashed(path: &Path) -> String {
    path.display()
        .to_string()
        .replace(std::path::MAIN_SEPARATOR_STR, "/")
}

#[test]
fn the_default_input_gives_the_expected_output_at_every_run() {
    for _ in 0..10 {
        succeeds(&run::<&str>(&[]), include_str!("../expected.txt"));
    }
}

#[test]
fn the_files_named_are_counted() {
    // Words end at digits, apostrophes and bytes that are not UTF-8; "pear" and "plum" are equally common.
    let first = file("lock-first.txt", b"Plum, PEAR apple1apple\napple's");
    let second = file("lock-second.txt", b"fig\xffplum\xc3(pear) fig");
    let expected = "files: 2, words: 10, distinct words: 5\n     3 apple\n     2 fig\n     2 pear\n     2 plum\n     1 s\n";
    succeeds(&run(&[&first, &second]), expected);
    succeeds(&run(&[&second, &first]), expected);
}

#[test]
fn ten_words_are_printed_at_most() {
    let path = file("lock-twelve.txt", b"l k j i h g f e d c b a l k");
    let expected = "files: 1, words: 14, distinct words: 12\n     2 k\n     2 l\n     1 a\n     1 b\n     1 c\n     1 d\n     1 e\n     \
                    1 f\n     1 g\n     1 h\n";
    succeeds(&run(&[path]), expected);
}

#[test]
fn many_files_lose_no_word() {
    let path = file("lock-many.txt", "to be or not to be ".repeat(50).as_bytes());
    let expected = "files: 200, words: 60000, distinct words: 4\n 20000 be\n 20000 to\n 10000 not\n 10000 or\n";
    succeeds(&run(&[&path; 200]), expected);
}

#[test]
fn a_file_without_words_counts_as_a_file() {
    succeeds(
        &run(&[file("lock-empty.txt", b"")]),
        "files: 1, words: 0, distinct words: 0\n",
    );
}

#[test]
fn the_first_file_that_cannot_be_read_is_named() {
    let good = file("lock-good.txt", b"good");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (missing, later) = (
        folder.join("lock-missing.txt"),
        folder.join("lock-later.txt"),
    );
    for _ in 0..20 {
        let mut arguments = vec![&good; 7];
        arguments.extend([&missing, &good, &later, &later, &later]);
        fails(
            &run(&arguments),
            &format!("cannot read {}: ", slashed(&missing)),
        );
    }
}

#[test]
fn a_folder_is_no_text() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fails(
        &run(&[folder]),
        &format!("cannot read {}: ", slashed(folder)),
    );
}

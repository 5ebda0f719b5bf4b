//! Runs the recipe as a reader does: on its own input, on other files, and on files that are wrong.

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
    let mut child = Command::new(env!("CARGO_BIN_EXE_condition"))
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

#[test]
fn the_default_input_gives_the_expected_output_at_every_run() {
    for _ in 0..10 {
        succeeds(&run::<&str>(&[]), include_str!("../expected.txt"));
    }
}

#[test]
fn the_files_named_are_summarised_together() {
    let first = file("condition-first.csv", b"Oslo;-39\nRome;120\nOslo;4\n");
    let second = file("condition-second.csv", b"Oslo;11\r\nBergen;32767");
    let expected = "station  readings     min    mean     max\n\
                    Bergen          1  3276.7  3276.7  3276.7\n\
                    Oslo            3    -3.9    -0.8     1.1\n\
                    Rome            1    12.0    12.0    12.0\n";
    succeeds(&run(&[&first, &second]), expected);
    succeeds(&run(&[&second, &first]), expected);
}

#[test]
fn a_mean_is_rounded_to_the_nearest_tenth_and_half_way_away_from_zero() {
    let readings = b"down;-2\ndown;-3\nfrost;-1\nfrost;0\nnear;1\nnear;1\nnear;2\nup;2\nup;3\n\
                     zero;-1\nzero;0\nzero;-0\n";
    let expected = "station  readings     min    mean     max\n\
                    down            2    -0.3    -0.3    -0.2\n\
                    frost           2    -0.1    -0.1     0.0\n\
                    near            3     0.1     0.1     0.2\n\
                    up              2     0.2     0.3     0.3\n\
                    zero            3    -0.1     0.0     0.0\n";
    succeeds(&run(&[file("condition-means.csv", readings)]), expected);
}

#[test]
fn a_file_without_readings_gives_a_table_without_stations() {
    succeeds(
        &run(&[file("condition-empty.csv", b"")]),
        "station  readings     min    mean     max\n",
    );
}

#[test]
fn a_malformed_line_is_named() {
    let malformed = [
        "",
        "EWR",
        "EWR;",
        "EWR;3.9",
        "EWR;3.",
        "EWR;.5",
        "EWR;3,9",
        "EWR;-",
        "EWR;--39",
        "EWR;-+39",
        "EWR; 39",
        "EWR;39 ",
        ";39",
        "EWR;39;",
        "EWR;32768",
        "EWR;-32769",
        "EWR;NA",
        "EWR;inf",
        "EWR,39",
    ];
    for line in malformed {
        let path = file(
            "condition-malformed.csv",
            format!("EWR;39\n{line}\nJFK;wrong as well\n").as_bytes(),
        );
        let start = format!(
            "{}:2: expected a line such as EWR;-39, found {line:?}\n",
            path.display()
        );
        fails(&run(&[path]), &start);
    }
}

#[test]
fn a_line_that_is_not_utf_8_is_named() {
    let path = file("condition-bytes.csv", b"EWR;39\nEWR;40\nK\xf8benhavn;39\n");
    fails(&run(&[&path]), &format!("{}:3: ", path.display()));
}

#[test]
fn nobody_is_left_waiting_when_reading_fails() {
    // At once, when the keepers may not have started; after less than the buffer holds; and in full flow.
    for good in [0, 5, 5000] {
        let path = file(
            "condition-hang.csv",
            format!("{}wrong\n", "EWR;39\n".repeat(good)).as_bytes(),
        );
        for _ in 0..10 {
            fails(
                &run(&[&path]),
                &format!("{}:{}: ", path.display(), good + 1),
            );
        }
    }
}

#[test]
fn the_first_file_that_cannot_be_read_is_named() {
    let good = file("condition-good.csv", b"EWR;39\n");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (missing, later) = (
        folder.join("condition-missing.csv"),
        folder.join("condition-later.csv"),
    );
    fails(
        &run(&[&good, &missing, &later]),
        &format!("cannot read {}: ", missing.display()),
    );
}

#[test]
fn a_folder_holds_no_readings() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let run = run(&[folder]);
    // Whether a folder fails to open or to be read depends on the platform.
    assert!(
        run.stderr.contains(&*folder.to_string_lossy()),
        "{:?}",
        run.stderr
    );
    fails(&run, "");
}

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

fn run<A: AsRef<Path>>(arguments: &[A]) -> Run {
    end(Command::new(env!("CARGO_BIN_EXE_event")).args(arguments.iter().map(A::as_ref)))
}

/// Runs the recipe to its end, or kills it at the limit and fails.
fn end(command: &mut Command) -> Run {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the recipe starts");
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

/// Several programs share the processors: their threads are stopped at places where they run through when alone.
#[test]
fn the_output_is_the_same_while_others_keep_the_processors_busy() {
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| succeeds(&run::<&str>(&[]), include_str!("../expected.txt")));
        }
    });
}

#[test]
fn the_files_named_are_watched_together() {
    let first = file(
        "event-first.txt",
        b"2024-02-29T00:00:00Z;-0.5;1km N of Here, There\n2024-02-29T23:59:59Z;6.25;Sea\n",
    );
    let second = file(
        "event-second.txt",
        b"2024-01-01T12:00:00Z;5.99;Nowhere\r\n2024-03-01T12:00:00Z;7;",
    );
    let counts = "2024-01-01       1\n2024-02-29       2\n2024-03-01       1\n\
                  magnitude -1     1\nmagnitude  5     1\nmagnitude  6     1\nmagnitude  7     1\n";
    let [sea, unnamed] = [
        "2024-02-29T23:59:59Z 6.25 Sea\n",
        "2024-03-01T12:00:00Z 7    \n",
    ];
    succeeds(&run(&[&first, &second]), &format!("{counts}{sea}{unnamed}"));
    // The feed comes in the order of the files, the counts do not show it.
    succeeds(&run(&[&second, &first]), &format!("{counts}{unnamed}{sea}"));
}

#[test]
fn magnitudes_are_rounded_down() {
    let magnitudes = [
        "-1", "-0.01", "-0", "0", "0.99", "1", "1.0", "1.01", "10", "-9",
    ];
    let lines: String = magnitudes
        .iter()
        .map(|it| format!("2024-02-29T00:00:00Z;{it};Here\n"))
        .collect();
    let expected = "2024-02-29      10\n\
                    magnitude -9     1\nmagnitude -1     2\nmagnitude  0     3\n\
                    magnitude  1     3\nmagnitude 10     1\n\
                    2024-02-29T00:00:00Z 10   Here\n";
    succeeds(
        &run(&[file("event-magnitudes.txt", lines.as_bytes())]),
        expected,
    );
}

/// All of it comes right before the end: a monitor that looked before it asked would miss it.
#[test]
fn what_comes_right_before_the_stop_is_seen() {
    let day = file(
        "event-day.txt",
        "2024-02-29T00:00:00Z;3.5;Here\n".repeat(1000).as_bytes(),
    );
    for _ in 0..20 {
        succeeds(&run(&[&day]), "2024-02-29    1000\nmagnitude  3  1000\n");
    }
}

/// The days alternate, so each line comes in alone, over 0.8 seconds in all.
#[test]
fn what_comes_bit_by_bit_is_seen_once_and_not_all_at_the_end() {
    let lines = "2024-02-28T00:00:00Z;3.5;Here\n2024-02-29T00:00:00Z;4.5;Here\n".repeat(20);
    let expected =
        "2024-02-28      20\n2024-02-29      20\nmagnitude  3    20\nmagnitude  4    20\n";
    let run = run(&[file("event-alternating.txt", lines.as_bytes())]);
    succeeds(&run, expected);
    let numbers = run.stderr.split(|c: char| !c.is_ascii_digit());
    let looks: Vec<u32> = numbers.filter_map(|number| number.parse().ok()).collect();
    assert!(
        looks.len() == 3 && looks.iter().all(|times| *times > 1),
        "{}",
        run.stderr
    );
}

#[test]
fn a_file_without_earthquakes_gives_no_output() {
    succeeds(&run(&[file("event-empty.txt", b"")]), "");
}

#[test]
fn a_malformed_line_is_named() {
    let good = "2024-02-29T00:00:00Z;3.5;Here";
    let times = [
        "",
        "2024-02-29",
        "2024-02-29T00:00Z",
        "2024-02-29T00:00:00",
        "2024-02-29 00:00:00Z",
        "24-02-29T00:00:00Z",
    ];
    let magnitudes = [
        "", " 3.5", "3,5", "strong", "NaN", "inf", "-inf", "10.1", "-9.1", "1e9",
    ];
    let lines = [
        "",
        ";",
        ";;",
        "2024-02-29T00:00:00Z",
        "2024-02-29T00:00:00Z;3.5",
        "2024-02-29T00:00:00Z;3.5;Here;There",
    ];
    let mut malformed: Vec<_> = lines.map(String::from).into();
    malformed.extend(times.map(|time| format!("{time};3.5;Here")));
    malformed.extend(magnitudes.map(|magnitude| format!("2024-02-29T00:00:00Z;{magnitude};Here")));
    for line in malformed {
        let path = file(
            "event-malformed.txt",
            format!("{good}\n{line}\n{good};wrong as well\n").as_bytes(),
        );
        let example = "2018-02-06T15:50:42Z;6.4;Taiwan";
        fails(
            &run(&[&path]),
            &format!(
                "{}:2: expected a line such as {example}, found {line:?}\n",
                slashed(&path)
            ),
        );
    }
}

#[test]
fn the_first_bad_file_is_named() {
    let good = file("event-good.txt", b"2024-02-29T00:00:00Z;3.5;Here\n");
    let [one, two] = ["event-one.txt", "event-two.txt"].map(|name| file(name, b"wrong\n"));
    let missing = Path::new(env!("CARGO_TARGET_TMPDIR")).join("event-missing.txt");
    fails(
        &run(&[&good, &one, &two]),
        &format!("{}:1: ", slashed(&one)),
    );
    fails(
        &run(&[&good, &two, &one]),
        &format!("{}:1: ", slashed(&two)),
    );
    fails(
        &run(&[&good, &missing, &one]),
        &format!("cannot read {}: ", slashed(&missing)),
    );
    fails(&run(&[&one, &missing]), &format!("{}:1: ", slashed(&one)));
}

#[test]
fn a_file_that_is_not_text_is_named() {
    let bytes = file(
        "event-bytes.txt",
        b"2024-02-29T00:00:00Z;3.5;K\xf8benhavn\n",
    );
    fails(
        &run(&[&bytes]),
        &format!("cannot read {}: ", slashed(&bytes)),
    );
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fails(
        &run(&[folder]),
        &format!("cannot read {}: ", slashed(folder)),
    );
}

/// Of address space for two threads and no more: the third cannot be started. Two monitors wait for
/// their start then, which does not come.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
#[test]
fn nobody_is_left_waiting_when_a_thread_cannot_be_started() {
    for _ in 0..5 {
        let mut command = Command::new("sh");
        command.args([
            "-c",
            "ulimit -v 1048576; exec \"$0\"",
            env!("CARGO_BIN_EXE_event"),
        ]);
        let run = end(command
            .env("RUST_MIN_STACK", "419430400")
            .env("RUST_BACKTRACE", "0"));
        assert_eq!(
            (run.code, &*run.stdout),
            (Some(101), ""),
            "standard error: {}",
            run.stderr
        );
        assert!(
            run.stderr.contains("failed to spawn thread"),
            "{}",
            run.stderr
        );
    }
}

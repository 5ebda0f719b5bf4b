//! Runs the recipe as a reader would, with good input and with bad.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use std::{fs, thread};

const TIME_LIMIT: Duration = Duration::from_secs(60);

#[test]
fn nobody_is_turned_away_at_any_run() {
    for run in 1..=20 {
        let end = semaphore(&[]);
        assert_eq!(end.code, Some(0), "run {run}: {}", end.stderr);
        assert_eq!(end.stdout, include_str!("../expected.txt"), "run {run}");
    }
}

/// Several programs share the processors: their threads are stopped at places where they run through when alone.
#[test]
fn nobody_is_turned_away_while_others_keep_the_processors_busy() {
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(semaphore(&[]).stdout, include_str!("../expected.txt")));
        }
    });
}

/// Without a fourth client the limit shows nothing; with forty, each has to wait.
#[test]
fn forty_clients_share_the_three_connections() {
    let requests: String = (10..50)
        .map(|client| format!("client{client} {client}\n"))
        .collect();
    let end = semaphore(&[&input("forty.txt", &requests)]);
    assert_eq!(end.code, Some(0), "{}", end.stderr);
    assert_eq!(
        end.stdout.lines().last(),
        Some("requests: 40, answers: 40, refused: 0")
    );
    assert_eq!(end.stdout.lines().next(), Some("client10               5"));
}

#[test]
fn several_files_are_read_in_the_order_given() {
    let (one, two) = (
        input("one.txt", "ada 15\r\nbob 2\r\n"),
        input("two.txt", "ada 1000000000000"),
    );
    let end = semaphore(&[&one, &two]);
    let expected = format!("{:10}{:>14}{:>14}\n{:10}{:>14}\n", "ada", 5, 5, "bob", 2);
    assert_eq!(
        (end.code, end.stdout),
        (Some(0), expected + "requests: 3, answers: 3, refused: 0\n")
    );
}

#[test]
fn an_empty_file_asks_nothing() {
    assert_eq!(
        semaphore(&[&input("empty.txt", "")]).stdout,
        "requests: 0, answers: 0, refused: 0\n"
    );
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    refused(
        &[Path::new("no/such/file.txt")],
        "cannot read no/such/file.txt: ",
    );
    let not_text = scratch("not_text.txt");
    fs::write(&not_text, b"ada\xff 15\n").expect("the scratch folder takes files");
    refused(&[&not_text], "not_text.txt: ");
}

#[test]
fn of_two_bad_files_the_first_is_named() {
    let (one, two) = (input("bad_one.txt", "?\n"), input("bad_two.txt", "?\n"));
    refused(&[&one, &two], "bad_one.txt:1: ");
    refused(&[&two, &one], "bad_two.txt:1: ");
}

#[test]
fn a_malformed_line_is_named() {
    let numbers = [
        "ada 0",
        "ada 1",
        "ada -7",
        "ada 1.5",
        "ada 1000000000001",
        "ada 18446744073709551616",
        "ada fifteen",
    ];
    for line in numbers
        .iter()
        .chain(&["", "ada", " 15", "ada  15", "ada 15 16", "ada,15"])
    {
        let file = input("malformed.txt", &format!("ada 15\n{line}\nada 15\n"));
        refused(&[&file], "malformed.txt:2: expected a line");
    }
}

/// Fails unless the recipe ends with status 1, one line on standard error that holds `reason`, and nothing else.
fn refused(files: &[&Path], reason: &str) {
    let end = semaphore(files);
    assert_eq!(
        (end.code, end.stdout.as_str()),
        (Some(1), ""),
        "{}",
        end.stderr
    );
    assert!(
        end.stderr.contains(reason) && end.stderr.lines().count() == 1,
        "no {reason:?} in {:?}",
        end.stderr
    );
}

fn input(name: &str, text: &str) -> PathBuf {
    let path = scratch(name);
    fs::write(&path, text).expect("the scratch folder takes files");
    path
}

fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("semaphore");
    fs::create_dir_all(&folder).expect("the target folder takes folders");
    folder.join(name)
}

struct End {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn semaphore(files: &[&Path]) -> End {
    let mut command = Command::new(env!("CARGO_BIN_EXE_semaphore"));
    command
        .args(files)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the recipe is built");
    let stdout = read(child.stdout.take().expect("it is piped"));
    let stderr = read(child.stderr.take().expect("it is piped"));
    let ended = stdout
        .recv_timeout(TIME_LIMIT)
        .and_then(|stdout| Ok((stdout, stderr.recv_timeout(TIME_LIMIT)?)));
    if ended.is_err() {
        child.kill().expect("it is this test's child");
    }
    let code = child.wait().expect("it is this test's child").code();
    let (stdout, stderr) = ended.expect("the recipe runs longer than its time limit");
    End {
        code,
        stdout,
        stderr,
    }
}

/// Reads to the end, which comes when the process ends, in a thread: the receiver can give up.
fn read(mut pipe: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text)
            .expect("the recipe writes UTF-8");
        // Nobody receives after the time limit.
        let _ = sender.send(text);
    });
    receiver
}

//! Runs the recipe as a reader would, with good input and with bad.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use std::{fs, thread};

const TIME_LIMIT: Duration = Duration::from_secs(60);

#[test]
fn prints_the_expected_stock_at_every_run() {
    for run in 1..=10 {
        let end = rlock(&[]);
        assert_eq!(end.code, Some(0), "run {run}: {}", end.stderr);
        assert_eq!(end.stdout, include_str!("../expected.txt"), "run {run}");
    }
}

#[test]
fn the_opening_stock_covers_the_orders_exactly() {
    let file = input(
        "covered.csv",
        "stock,nut,5\nstock,bolt,0\nremove,nut,2\nadd,bolt,7\ntransfer,nut,bolt,3\n",
    );
    let end = rlock(&[&file]);
    assert_eq!(
        (end.code, end.stdout.as_str()),
        (Some(0), &*table(&[("bolt", 10), ("nut", 0), ("total", 10)]))
    );
}

#[test]
fn several_files_are_read_in_the_order_given() {
    let stock = input("stock.csv", "stock,nut,5\r\n");
    let orders = input("orders.csv", "add,nut,4294967295");
    let end = rlock(&[&stock, &orders]);
    assert_eq!(
        (end.code, end.stdout),
        (
            Some(0),
            table(&[("nut", 4_294_967_300), ("total", 4_294_967_300)])
        )
    );
    refused(&[&orders, &stock], "orders.csv:1: ");
}

#[test]
fn a_transfer_to_the_same_item_changes_nothing() {
    let file = input("same.csv", "stock,nut,5\ntransfer,nut,nut,5\n");
    assert_eq!(rlock(&[&file]).stdout, table(&[("nut", 5), ("total", 5)]));
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    refused(
        &[Path::new("no/such/file.csv")],
        "cannot read no/such/file.csv: ",
    );
    let not_text = scratch("not_text.csv");
    fs::write(&not_text, b"stock,nut\xff,5\n").expect("the scratch folder takes files");
    refused(&[&not_text], "not_text.csv: ");
}

#[test]
fn of_two_bad_files_the_first_is_named() {
    let (one, two) = (input("bad_one.csv", "?\n"), input("bad_two.csv", "?\n"));
    refused(&[&one, &two], "bad_one.csv:1: ");
    refused(&[&two, &one], "bad_two.csv:1: ");
}

#[test]
fn a_malformed_row_is_named_by_its_line() {
    let rows = [
        "",
        "add",
        "add,nut",
        "add,nut,",
        "add,nut,-1",
        "add,nut,1.5",
        "add,nut,4294967296",
        "sell,nut,1",
    ];
    let wrong_fields = ["add,nut,nut,1", "transfer,nut,1", "stock,1", ",nut,1"];
    for row in rows.iter().chain(&wrong_fields) {
        refused(
            &[&input("malformed.csv", &format!("stock,nut,5\n{row}\n"))],
            "malformed.csv:2: expected a row",
        );
    }
}

#[test]
fn an_item_needs_one_stock_row_above_its_orders() {
    for row in [
        "add,bolt,1",
        "remove,bolt,1",
        "transfer,nut,bolt,1",
        "transfer,bolt,nut,1",
    ] {
        refused(
            &[&input(
                "unknown.csv",
                &format!("stock,nut,5\n{row}\nstock,bolt,5\n"),
            )],
            "unknown.csv:2: no stock row",
        );
    }
    refused(
        &[&input("twice.csv", "stock,nut,5\nstock,nut,5\n")],
        "twice.csv:2: a second stock row",
    );
}

/// What `add` brings does not count: the adder may come last.
#[test]
fn an_order_that_the_opening_stock_does_not_cover_is_named() {
    for row in ["remove,nut,3", "transfer,nut,bolt,3"] {
        let rows = format!(
            "stock,nut,5\nstock,bolt,0\nadd,nut,9\nremove,nut,2\ntransfer,nut,bolt,1\n{row}\n"
        );
        refused(
            &[&input("uncovered.csv", &rows)],
            "uncovered.csv:6: the opening stock of \"nut\" is 1 short",
        );
    }
}

fn table(rows: &[(&str, u64)]) -> String {
    rows.iter()
        .map(|(item, quantity)| format!("{item:30}{quantity:>8}\n"))
        .collect()
}

/// Fails unless the recipe ends with status 1, one line on standard error that holds `reason`, and nothing else.
fn refused(files: &[&Path], reason: &str) {
    let end = rlock(files);
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
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rlock");
    fs::create_dir_all(&folder).expect("the target folder takes folders");
    folder.join(name)
}

struct End {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn rlock(files: &[&Path]) -> End {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rlock"));
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

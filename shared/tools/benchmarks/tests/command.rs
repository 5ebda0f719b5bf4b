//! The command itself, with bad arguments and with a reader that stops.

use std::io;
use std::process::{Command, Stdio};

fn bench_peers() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_benchmarks"));
    command.stdin(Stdio::null());
    command
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_not_utf_8_is_one_line() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let output = bench_peers().arg(OsStr::from_bytes(b"caf\xe9")).output();
    let output = output.expect("it can be run");
    let expected = "cargo bench-peers: the argument \"caf\\xE9\" is not UTF-8 text\n";
    assert_eq!(String::from_utf8_lossy(&output.stderr), expected);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
}

#[test]
fn a_list_that_nobody_reads_ends_quietly() {
    let (reader, writer) = io::pipe().expect("there is a pipe");
    drop(reader);
    let output = bench_peers().arg("--list").stdout(writer).output();
    let output = output.expect("it can be run");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

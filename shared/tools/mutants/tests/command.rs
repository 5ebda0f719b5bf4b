//! The command itself, with bad arguments and with a reader that stops.

use checks::process::{self, End};
use std::io;
use std::process::Command;
use std::time::Duration;

/// Long enough for a slow machine. A command that takes longer has hung.
const TIME_LIMIT: Duration = Duration::from_secs(60);

fn mutate() -> Command {
    Command::new(env!("CARGO_BIN_EXE_mutants"))
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_not_utf_8_is_one_line() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let end = process::run(mutate().arg(OsStr::from_bytes(b"caf\xe9")), TIME_LIMIT);
    let expected = End {
        code: Some(1),
        stdout: String::new(),
        stderr: "cargo mutate: the argument \"caf\\xE9\" is not UTF-8 text\n".to_owned(),
    };
    assert_eq!(end, Ok(expected));
}

#[test]
fn a_list_that_nobody_reads_ends_quietly() {
    let (reader, writer) = io::pipe().expect("there is a pipe");
    drop(reader);
    let end = process::run_into(mutate().arg("--list"), writer.into(), TIME_LIMIT);
    let end = end.expect("it ends");
    assert_eq!((end.code, &*end.stderr), (Some(0), ""));
}

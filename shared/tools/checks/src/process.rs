//! Running a program that may not end by itself.

use serde_json::Value;
use std::env;
use std::io::{self, Read};
use std::path::{self, Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How a program ended.
#[derive(Debug, PartialEq)]
pub struct End {
    /// `None` if a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error. The operating system's number of a thread that panicked is
    /// left out.
    pub stderr: String,
}

/// The Cargo that runs this program; the one on the path if none does.
pub fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The folder in which Cargo builds the workspace. The path is absolute, because some
/// commands run Cargo in another folder.
///
/// # Errors
///
/// Returns an error if the current folder is not known.
pub fn target_folder(workspace: &Path) -> io::Result<PathBuf> {
    let target =
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from);
    path::absolute(target)
}

/// The name and the path of the executable that a line of `cargo build --message-format=json`
/// reports, if it does.
pub fn executable(message: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(message).ok()?;
    let path = message["executable"].as_str()?;
    Some((message["target"]["name"].as_str()?.to_owned(), path.into()))
}

/// Runs a program with nothing on its standard input. A program that does not end in time is
/// killed, which is an error.
pub fn run(command: &mut Command, limit: Duration) -> Result<End, String> {
    run_into(command, Stdio::piped(), limit)
}

/// Does the same with a standard output of the caller's choice. [`End::stdout`] is empty unless
/// this is a pipe.
pub fn run_into(command: &mut Command, stdout: Stdio, limit: Duration) -> Result<End, String> {
    command
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(Stdio::piped())
        .env("RUST_BACKTRACE", "0");
    let child = command.spawn();
    let mut child = child.map_err(|error| format!("cannot be run: {error}"))?;
    let stdout = match child.stdout.take() {
        Some(pipe) => drain(pipe),
        None => drain(io::empty()),
    };
    let stderr = drain(child.stderr.take().expect("it is piped"));
    // A pipe ends when the process does.
    let (Ok(stdout), Ok(stderr)) = (stdout.recv_timeout(limit), stderr.recv_timeout(limit)) else {
        child.kill().expect("it is this process's child");
        child.wait().expect("it is this process's child");
        return Err(format!("does not end within {limit:?}"));
    };
    let code = child.wait().expect("it is this process's child").code();
    Ok(End {
        code,
        stdout,
        stderr: without_thread_numbers(&stderr),
    })
}

/// Reads to the end in a thread: the receiver can give up.
fn drain(mut pipe: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).expect("a pipe can be read");
        // Nobody receives after the time limit.
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver
}

/// `thread 'main' (4711) panicked at` has a number that differs from run to run.
fn without_thread_numbers(text: &str) -> String {
    text.split_inclusive('\n')
        .map(|line| without_thread_number(line).unwrap_or_else(|| line.to_owned()))
        .collect()
}

fn without_thread_number(line: &str) -> Option<String> {
    let (name, rest) = line.strip_prefix("thread '")?.split_once("' (")?;
    let (number, rest) = rest.split_once(')')?;
    let is_number = number.chars().all(|c| c.is_ascii_digit());
    is_number.then(|| format!("thread '{name}'{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_program_that_hangs_is_killed() {
        let end = run(Command::new("sleep").arg("600"), Duration::from_millis(50));
        assert_eq!(end, Err("does not end within 50ms".to_owned()));
    }

    #[test]
    fn cargo_says_where_an_executable_is() {
        let message = r#"{"reason":"compiler-artifact","target":{"name":"lock"},"executable":"/somewhere/lock"}"#;
        assert_eq!(
            executable(message),
            Some(("lock".to_owned(), "/somewhere/lock".into()))
        );
        assert_eq!(
            executable(r#"{"target":{"name":"lock"},"executable":null}"#),
            None
        );
        assert_eq!(executable("not JSON"), None);
    }

    #[test]
    fn a_threads_number_is_left_out() {
        let text =
            "a (1)\nthread 'main' (4711) panicked at x.rs:1:2:\nwhy (2)\nthread 'a' (b) panicked\n";
        let expected =
            "a (1)\nthread 'main' panicked at x.rs:1:2:\nwhy (2)\nthread 'a' (b) panicked\n";
        assert_eq!(without_thread_numbers(text), expected);
    }
}

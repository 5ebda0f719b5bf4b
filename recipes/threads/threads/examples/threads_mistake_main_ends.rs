//! `main` returns while its thread is still at work. The process ends, and the thread with it.
//!
//! ```text
//! cargo run -p threads --example threads_mistake_main_ends
//! ```
//!
//! `check` is wrong: nobody joins its thread. `check_and_join` is right, and so is a scope, which
//! waits for its threads. To show both, this program starts itself as a child process that calls
//! one of them and then returns from `main`. The child's standard input plays a slow disk: the
//! wrong child has ended before anything comes from it.

use std::io::{self, Write};
use std::process::{Command, ExitCode, Stdio};
use std::thread::{self, JoinHandle};
use std::{env, error};

type Result<T> = std::result::Result<T, Box<dyn error::Error>>;

fn main() -> Result<ExitCode> {
    match env::args().nth(1).as_deref() {
        Some("check") => {
            check();
            return Ok(ExitCode::SUCCESS);
        }
        Some("check_and_join") => {
            check_and_join();
            return Ok(ExitCode::SUCCESS);
        }
        _ => {}
    }

    let not_joined = output_before_input("check")?;
    println!("not joined: the thread printed {not_joined:?}");
    let joined = output_after_input("check_and_join", "11\n")?;
    println!("joined: the thread printed {joined:?}");
    if !not_joined.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("the process ended when `main` returned, and its thread was not done yet");
    eprintln!("join every thread whose work you need, or start it in a scope");
    Ok(ExitCode::FAILURE)
}

fn check() {
    start(); // Wrong: nobody joins the thread.
}

fn check_and_join() {
    start().join().expect("the check does not panic");
}

fn start() -> JoinHandle<()> {
    thread::spawn(|| {
        let mut wind = String::new();
        io::stdin().read_line(&mut wind).expect("a line comes");
        println!("EWR: {} knots", wind.trim());
    })
}

/// What the child prints if its input comes too late.
fn output_before_input(role: &str) -> Result<String> {
    let mut child = command(role)?.spawn()?;
    let _stdin = child.stdin.take(); // Stays open, and empty, until the child has ended.
    let output = child.wait_with_output()?;
    Ok(String::from_utf8(output.stdout)?)
}

/// What the child prints if it waits for its input.
fn output_after_input(role: &str, input: &str) -> Result<String> {
    let mut child = command(role)?.spawn()?;
    let stdin = child.stdin.as_mut().expect("it is a pipe");
    stdin.write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    Ok(String::from_utf8(output.stdout)?)
}

fn command(role: &str) -> Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command
        .arg(role)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    Ok(command)
}

//! `cargo console NAME`: tokio-console, looking into a copy of a recipe.

use crate::arguments::Wanted;
use crate::copy::{self, Listener};
use crate::run::{build_copy, find};
use std::error::Error;
use std::process::{Child, Command, ExitCode, Stdio};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The program of that name.
const CONSOLE: &str = "tokio-console";
const MISSING: &str =
    "tokio-console is not installed: run `cargo install --locked tokio-console` first";

/// Runs the program without its output, and tokio-console in the terminal until the user quits it.
pub(crate) fn show(wanted: &Wanted) -> Result<ExitCode> {
    let program = find(wanted)?;
    let name = program.name();
    if !copy::uses_tokio(&program) {
        return Err(format!("{name} does not use tokio, so tokio-console cannot show it").into());
    }
    let asked = Command::new(CONSOLE)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    asked.map_err(|_| MISSING)?;
    let built = build_copy(&program, Listener::Console)?;
    // The program ends when this process closes the pipe, even if a signal ends this process.
    let child = Command::new(built)
        .args(&wanted.arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{name} cannot be run: {error}"))?;
    let _child = Ended(child);
    // Tasks that have ended stay in its list, because most recipes end soon.
    let status = Command::new(CONSOLE)
        .args(["--retain-for", "none"])
        .status()
        .map_err(|error| format!("{CONSOLE} cannot be run: {error}"))?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A program that is ended when this is dropped, even if its own `main` has not returned.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // Neither has an error that anything could be done about now.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

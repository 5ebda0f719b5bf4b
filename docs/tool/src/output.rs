//! Standard output and standard error. Both may be closed while the tool runs:
//! `cargo book | head -1` goes on serving.

use checks::command_line;
use std::fmt::Display;
use std::io::{self, Write};
use std::process;

/// Prints a line on standard output. A reader that has seen enough is no error.
///
/// If it cannot be written for another reason, such as a full disk, says so and ends the program
/// with status 1.
pub(crate) fn say(line: impl Display) {
    if let Err(error) = command_line::print(&format!("{line}\n")) {
        complain(error);
        process::exit(1);
    }
}

/// Prints a line on standard error. If it cannot be written, there is nobody to tell.
pub(crate) fn complain(line: impl Display) {
    let text = format!("{line}\n");
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

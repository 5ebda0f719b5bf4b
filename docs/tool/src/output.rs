//! Standard output and standard error. Both may be closed while the tool runs:
//! `cargo book | head -1` goes on serving.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::process;

/// Prints a line on standard output. If nobody reads it any more, that is fine.
///
/// If it cannot be written for another reason, such as a full disk, says so and ends the program
/// with status 1.
pub(crate) fn say(line: impl Display) {
    let text = format!("{line}\n");
    let mut stdout = io::stdout().lock();
    if let Err(error) = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        && error.kind() != ErrorKind::BrokenPipe
    {
        complain(format!("cannot write to standard output: {error}"));
        process::exit(1);
    }
}

/// Prints a line on standard error. If it cannot be written, there is nobody to tell.
pub(crate) fn complain(line: impl Display) {
    let text = format!("{line}\n");
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

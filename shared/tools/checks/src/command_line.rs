//! What the commands of the workspace do alike with their arguments and their output.

use std::env;
use std::ffi::OsString;
use std::io::{self, ErrorKind, Write};

/// The arguments of this program.
///
/// # Errors
///
/// If one of them is not UTF-8, returns a sentence that shows it.
pub fn arguments() -> Result<Vec<String>, String> {
    env::args_os().skip(1).map(text).collect()
}

fn text(argument: OsString) -> Result<String, String> {
    argument
        .into_string()
        .map_err(|argument| format!("the argument {argument:?} is not UTF-8 text"))
}

/// Writes whole lines to standard output. A reader that has seen enough, such as `head`, is no
/// error.
///
/// # Errors
///
/// Returns every other error, for instance that a device is full.
pub fn print(text: &str) -> io::Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(io::Error::new(
            error.kind(),
            format!("cannot write to standard output: {error}"),
        )),
        _ => Ok(()),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStringExt;

    #[test]
    fn an_argument_that_is_not_utf_8_is_shown() {
        let argument = OsString::from_vec(b"caf\xe9".to_vec());
        let reason = r#"the argument "caf\xE9" is not UTF-8 text"#;
        assert_eq!(text(argument), Err(reason.to_owned()));
        assert_eq!(text("café".into()), Ok("café".to_owned()));
    }
}

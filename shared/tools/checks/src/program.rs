//! Runs the program of a recipe as a reader does, with good input and with bad.

use crate::process::{self, End};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// Long enough for a slow machine. A program that takes longer has hung.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// A program that has been built.
pub struct Program {
    executable: PathBuf,
}

impl Program {
    /// The program at this path, for instance `env!("CARGO_BIN_EXE_lock")`.
    pub fn new(executable: impl Into<PathBuf>) -> Self {
        Program {
            executable: executable.into(),
        }
    }

    /// Runs the program without arguments, so that it reads its own input.
    ///
    /// # Panics
    ///
    /// Panics if the program does not end within a minute. It is killed then.
    #[track_caller]
    pub fn run_alone(&self) -> End {
        self.run::<[&str; 0]>([])
    }

    /// Runs the program with these arguments.
    ///
    /// # Panics
    ///
    /// Panics if the program does not end within a minute. It is killed then.
    #[track_caller]
    pub fn run<A>(&self, arguments: A) -> End
    where
        A: IntoIterator<Item: AsRef<OsStr>>,
    {
        let mut command = Command::new(&self.executable);
        command.args(arguments);
        match process::run(&mut command, TIME_LIMIT) {
            Ok(end) => end,
            Err(reason) => panic!("{} {reason}", self.executable.display()),
        }
    }
}

impl End {
    /// Checks that the program succeeded and printed exactly this on standard output.
    ///
    /// # Panics
    ///
    /// Panics with what the program did instead.
    #[track_caller]
    pub fn assert_prints(&self, expected: &str) {
        assert_eq!(
            self.stdout, expected,
            "wrong output; standard error: {}",
            self.stderr
        );
        assert_eq!(self.code, Some(0), "standard error: {}", self.stderr);
    }

    /// Checks that the program ended with status 1, that it printed nothing on standard output, and that it wrote one
    /// line on standard error which contains `reason`.
    ///
    /// # Panics
    ///
    /// Panics with what the program did instead.
    #[track_caller]
    pub fn assert_refuses(&self, reason: &str) {
        assert_eq!(self.code, Some(1), "standard error: {}", self.stderr);
        assert_eq!(self.stdout, "", "a program that fails prints no result");
        assert!(
            self.stderr.contains(reason),
            "no {reason:?} in {:?}",
            self.stderr
        );
        let is_one_line = self.stderr.ends_with('\n') && self.stderr.lines().count() == 1;
        assert!(is_one_line, "not one line: {:?}", self.stderr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(code: i32, stdout: &str, stderr: &str) -> End {
        End {
            code: Some(code),
            stdout: stdout.to_owned(),
            stderr: stderr.to_owned(),
        }
    }

    fn fails(check: impl FnOnce() + std::panic::UnwindSafe) -> bool {
        std::panic::catch_unwind(check).is_err()
    }

    #[test]
    fn a_program_that_prints_something_else_is_found_out() {
        end(0, "1\n", "a note\n").assert_prints("1\n");
        assert!(fails(|| end(0, "2\n", "").assert_prints("1\n")));
        assert!(fails(|| end(1, "1\n", "").assert_prints("1\n")));
    }

    #[test]
    fn a_program_that_does_not_refuse_its_input_is_found_out() {
        end(1, "", "a.txt:2: bad\n").assert_refuses("a.txt:2: ");
        assert!(fails(
            || end(0, "", "a.txt:2: bad\n").assert_refuses("a.txt:2: ")
        ));
        assert!(fails(
            || end(1, "1\n", "a.txt:2: bad\n").assert_refuses("a.txt:2: ")
        ));
        assert!(fails(
            || end(1, "", "a.txt:3: bad\n").assert_refuses("a.txt:2: ")
        ));
        assert!(fails(
            || end(1, "", "panic\na.txt:2: bad\n").assert_refuses("a.txt:2: ")
        ));
        assert!(fails(
            || end(1, "", "a.txt:2: bad").assert_refuses("a.txt:2: ")
        ));
    }

    #[cfg(unix)]
    #[test]
    fn a_program_gets_its_arguments() {
        let echo = Program::new("/bin/echo");
        echo.run(["one", "two"]).assert_prints("one two\n");
        echo.run_alone().assert_prints("\n");
    }
}

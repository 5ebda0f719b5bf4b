//! Runs the program of a recipe as a reader does, with good input and with bad.

use crate::judge;
use crate::process::{self, End};
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// Long enough for a slow machine. A program that takes longer has hung.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// A program that has been built.
pub struct Program {
    executable: PathBuf,
    environment: Vec<(OsString, OsString)>,
}

impl Program {
    /// The program at this path, for instance `env!("CARGO_BIN_EXE_lock")`.
    pub fn new(executable: impl Into<PathBuf>) -> Self {
        Program {
            executable: executable.into(),
            environment: Vec::new(),
        }
    }

    /// Sets an environment variable for each run of the program.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
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
        for (name, value) in &self.environment {
            command.env(name, value);
        }
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
        if let Err(complaint) = judge::prints(self, expected) {
            panic!("the program {complaint}");
        }
    }

    /// Checks that the program ended with status 1, that it printed nothing on standard output, and
    /// that it wrote one line on standard error which contains `reason`. Upper and lower case are
    /// the same.
    ///
    /// # Panics
    ///
    /// Panics with what the program did instead.
    #[track_caller]
    pub fn assert_refuses(&self, reason: &str) {
        if let Err(complaint) = judge::refuses(self, &[reason]) {
            panic!("the program {complaint}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_program_gets_its_arguments() {
        let echo = Program::new("/bin/echo");
        echo.run(["one", "two"]).assert_prints("one two\n");
        echo.run_alone().assert_prints("\n");
    }

    #[cfg(unix)]
    #[test]
    fn a_program_gets_its_environment() {
        let shell = Program::new("/bin/sh").env("GREETING", "hello");
        shell.run(["-c", "echo $GREETING"]).assert_prints("hello\n");
    }

    #[cfg(unix)]
    #[test]
    #[should_panic(expected = "does not end with 1")]
    fn a_program_that_accepts_its_input_is_found_out() {
        Program::new("/bin/echo").run(["one"]).assert_refuses("one");
    }
}

//! What every program that does the job of a recipe promises, in Rust or in Python.
//!
//! Each function checks one promise and says what the program does instead.

use crate::judge::{prints, refuses};
use crate::process::{self, End};
use crate::scratch::Scratch;
use crate::workspace;
use catalog::Recipe;
use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Long enough for a slow machine. A program that takes longer has hung.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// With threads, one good run may be luck.
const RUNS: usize = 3;

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A program that does the job of a recipe.
pub struct Subject {
    name: String,
    recipe: Recipe,
    /// The program, and what comes before the files that it reads.
    command: Vec<OsString>,
    expected: String,
    /// Where the tests of this program write files.
    folder: PathBuf,
}

/// What a recipe reads.
enum Input {
    /// Each of these files.
    Files(Vec<PathBuf>),
    /// A folder with everything in it.
    Tree,
}

impl Subject {
    /// A program that is run as `command`, and prints what the file `expected` of the workspace
    /// says.
    ///
    /// # Panics
    ///
    /// Panics if this file cannot be read.
    pub fn new(
        name: String,
        recipe: &Recipe,
        command: impl IntoIterator<Item = OsString>,
        expected: &Path,
        scratch: &str,
    ) -> Self {
        let expected = workspace().join(expected);
        Subject {
            folder: Path::new(scratch).join(&name),
            name,
            recipe: recipe.clone(),
            command: command.into_iter().collect(),
            expected: fs::read_to_string(&expected)
                .unwrap_or_else(|error| panic!("{} cannot be read: {error}", expected.display())),
        }
    }

    fn command(&self, files: &[PathBuf]) -> Command {
        let mut command = Command::new(&self.command[0]);
        command
            .args(&self.command[1..])
            .args(files)
            .current_dir(workspace());
        command
    }

    fn run(&self, files: &[PathBuf]) -> Result<End, String> {
        self.named(process::run(&mut self.command(files), TIME_LIMIT))
    }

    /// Runs the program on the recipe's own input, with this standard output.
    fn run_into(&self, stdout: Stdio) -> Result<End, String> {
        let mut command = self.command(&[]);
        self.named(process::run_into(&mut command, stdout, TIME_LIMIT))
    }

    fn named<T>(&self, result: Result<T, String>) -> Result<T, String> {
        result.map_err(|complaint| format!("{} {complaint}", self.name))
    }

    fn scratch(&self, test: &str) -> Scratch {
        Scratch::new(&self.folder, test)
    }

    /// What is in the recipe's folder `input` beside the page that names its sources.
    fn input(&self) -> Input {
        let folder = workspace().join(self.recipe.input());
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).expect("a recipe has a folder with its input") {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                return Input::Tree;
            }
            if path.file_name().is_some_and(|name| name != "SOURCES.md") {
                files.push(path);
            }
        }
        files.sort();
        Input::Files(files)
    }
}

/// The program prints the expected output when it is given nothing to read.
pub fn prints_the_expected_output(subject: &Subject) -> Result<(), String> {
    for _ in 0..RUNS {
        let end = subject.run(&[])?;
        subject.named(prints(&end, &subject.expected))?;
    }
    Ok(())
}

/// The program refuses a file that does not exist.
pub fn refuses_a_missing_file(subject: &Subject) -> Result<(), String> {
    let missing = subject.scratch("missing").path().join("missing.txt");
    let error = fs::read(&missing).expect_err("it does not exist");
    let end = subject.run(&[missing])?;
    subject.named(refuses(&end, &["missing.txt", &reason(&error)]))
}

/// A program that reads files refuses a directory, and a program that reads a directory refuses a
/// file.
pub fn refuses_what_is_no_file_or_no_directory(subject: &Subject) -> Result<(), String> {
    let scratch = subject.scratch("kind");
    let (given, error) = match subject.input() {
        Input::Files(_) => {
            let folder = scratch.folder("given");
            let error = fs::read(&folder).expect_err("it is a folder");
            (folder, error)
        }
        Input::Tree => {
            let file = scratch.file("given", "one\n");
            let error = fs::read_dir(&file).expect_err("it is a file");
            (file, error)
        }
    };
    let end = subject.run(&[given])?;
    subject.named(refuses(&end, &["given", &reason(&error)]))?;
    if end.stderr.contains("exist") {
        let advice = &end.stderr;
        return subject.named(Err(format!("asks for something that exists: {advice}")));
    }
    Ok(())
}

/// A program that reads files of text refuses a file that is not UTF-8.
pub fn refuses_what_is_not_utf_8(subject: &Subject) -> Result<(), String> {
    if let Input::Tree = subject.input() {
        return Ok(());
    }
    let file = subject
        .scratch("utf-8")
        .file("latin-1.txt", b"caf\xe9 au lait\n");
    let end = subject.run(&[file])?;
    subject.named(refuses(&end, &["latin-1.txt", "UTF-8"]))
}

/// A byte-order mark, and lines that end as on Windows, change nothing in what the program prints.
pub fn reads_files_from_windows(subject: &Subject) -> Result<(), String> {
    let Input::Files(files) = subject.input() else {
        return Ok(());
    };
    let scratch = subject.scratch("windows");
    let mut copies = Vec::new();
    for file in files {
        let name = file.file_name().expect("it is a file").to_string_lossy();
        let text = fs::read_to_string(&file).expect("the input is text");
        let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
        copies.push(scratch.file(&name, format!("{BYTE_ORDER_MARK}{text}")));
    }
    let end = subject.run(&copies)?;
    subject.named(prints(&end, &subject.expected))
}

/// An empty file or directory is either a result or refused. Nothing crashes.
pub fn stands_nothing_to_read(subject: &Subject) -> Result<(), String> {
    let scratch = subject.scratch("empty");
    let given = match subject.input() {
        Input::Files(_) => scratch.file("empty", ""),
        Input::Tree => scratch.folder("empty"),
    };
    let end = subject.run(&[given])?;
    if end.code == Some(0) {
        return Ok(());
    }
    subject.named(refuses(&end, &["empty"]))
}

/// A reader such as `head` that has seen enough is no error.
pub fn ends_quietly_without_a_reader(subject: &Subject) -> Result<(), String> {
    let (reader, writer) = io::pipe().expect("there is a pipe");
    drop(reader);
    let end = subject.run_into(writer.into())?;
    let said = end.stderr.to_lowercase();
    let is_quiet = !["panic", "pipe", "exception", "traceback"]
        .iter()
        .any(|word| said.contains(word));
    if end.code == Some(0) && is_quiet {
        return Ok(());
    }
    subject.named(Err(format!(
        "does not end quietly with 0 when nobody reads its output, but {end:#?}"
    )))
}

/// A device without space for the result is one line and a failure.
#[cfg(target_os = "linux")]
pub fn says_that_the_device_is_full(subject: &Subject) -> Result<(), String> {
    let full = fs::OpenOptions::new().write(true).open("/dev/full");
    let end = subject.run_into(full.expect("Linux has /dev/full").into())?;
    let is_about_it = |line: &&str| line.contains("No space left on device");
    let lines = end.stderr.lines().filter(is_about_it).count();
    let is_clear = lines == 1 && !end.stderr.contains("panicked") && !is_trace(&end.stderr);
    if end.code == Some(1) && is_clear {
        return Ok(());
    }
    subject.named(Err(format!(
        "does not end with 1 and one line when the device for its output is full, but {end:#?}"
    )))
}

#[cfg(target_os = "linux")]
fn is_trace(stderr: &str) -> bool {
    stderr.contains("Traceback") || stderr.contains("Exception ignored")
}

/// What the operating system says of an error, without the number that Rust appends and Python does
/// not.
fn reason(error: &io::Error) -> String {
    // Python on Windows has words of its own.
    if cfg!(windows) {
        return String::new();
    }
    assert!(
        error.kind() != ErrorKind::PermissionDenied,
        "the target folder can be read"
    );
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((reason, _)) => reason.to_owned(),
        None => text,
    }
}

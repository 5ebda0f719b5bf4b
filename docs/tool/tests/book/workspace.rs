//! A copy of the fixture book, and the tool run in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A workspace of its own for one test.
pub(crate) struct Workspace {
    root: PathBuf,
    /// Removes the workspace at the end, unless the next run overwrites it.
    _dir: Option<TempDir>,
}

/// Folders of a clone that Git does not have.
const NOT_CLONED: [&str; 4] = [".git", "target", "node_modules", "book"];

impl Workspace {
    /// The fixture as it is: a book without faults.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        copy(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture"),
            dir.path(),
        );
        Workspace {
            root: dir.path().to_owned(),
            _dir: Some(dir),
        }
    }

    /// A copy of this repository, always in the same place, so that Cargo finds there the
    /// dependencies that it has built for an earlier run.
    pub(crate) fn of_repository() -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("repository");
        if root.exists() {
            fs::remove_dir_all(&root).unwrap();
        }
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."), &root);
        Workspace { root, _dir: None }
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.root.join(file)
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn append(&self, file: &str, text: &str) {
        self.write(file, &(self.read(file) + text));
    }

    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }

    /// `cargo book` with these words, run in the folder `dir` of the workspace.
    pub(crate) fn book(&self, dir: &str, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_book"));
        command.current_dir(self.path(dir)).args(words);
        command
    }

    pub(crate) fn build(&self) -> Outcome {
        Outcome::from(self.book("", &["build"]).output().unwrap())
    }
}

/// What a run of the tool came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Outcome {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if NOT_CLONED.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

//! Folders in which tests write files.

use std::fs;
use std::path::{Path, PathBuf};

/// An empty folder for one test.
pub struct Scratch {
    folder: PathBuf,
}

impl Scratch {
    /// Creates an empty folder below `parent`, which is `env!("CARGO_TARGET_TMPDIR")` in a test of
    /// a recipe.
    ///
    /// The name is the test's own: two tests with the same name would empty each other's folder.
    ///
    /// # Panics
    ///
    /// Panics if the folder cannot be emptied or created.
    pub fn new(parent: impl AsRef<Path>, name: &str) -> Self {
        let folder = parent.as_ref().join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).expect("what an earlier run left can be removed");
        }
        fs::create_dir_all(&folder).expect("the target folder can be written to");
        Scratch { folder }
    }

    /// The path of the folder.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Writes a file, in folders that are created as needed, and returns its path.
    ///
    /// # Panics
    ///
    /// Panics if the file cannot be written.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).expect("the scratch folder can be written to");
        }
        fs::write(&path, content).expect("the scratch folder can be written to");
        path
    }

    /// Creates a folder and returns its path.
    ///
    /// # Panics
    ///
    /// Panics if the folder cannot be created.
    pub fn folder(&self, name: &str) -> PathBuf {
        let path = self.folder.join(name);
        fs::create_dir_all(&path).expect("the scratch folder can be written to");
        path
    }
}

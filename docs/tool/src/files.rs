//! Walking folders, and writing files into them.

use anyhow::{Context, Result};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Every file below `dir`, relative to it and in order. Neither hidden files and folders nor
/// symbolic links to folders are followed, and no folder that `skip` names.
pub(crate) fn below(dir: &Path, skip: &[&str]) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(dir.join(&folder))? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with('.') {
                continue;
            }
            let path = folder.join(&*name);
            if !entry.file_type()?.is_dir() {
                found.push(path);
            } else if !skip.contains(&&*name) {
                folders.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Writes a file, in folders that are made as needed.
pub(crate) fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}

/// The path with `/` between its parts, as links have it.
pub(crate) fn with_slashes(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

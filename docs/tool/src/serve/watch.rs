//! Notices that something the book is made of has changed.

use crate::directives::results;
use crate::files;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

/// Asking for the times of some hundred files takes a millisecond or two, needs no crate, and works
/// on every file system and across editors that replace files.
const INTERVAL: Duration = Duration::from_millis(200);

/// Where the book's parts are, and which folders there are not its parts.
const PARTS: [(&str, &[&str]); 3] = [
    ("docs", &["book", "tool"]),
    ("recipes", &["target"]),
    (results::FOLDER, &[]),
];

/// The time and size of every file that the book is made of.
#[derive(PartialEq)]
pub(crate) struct Snapshot(BTreeMap<PathBuf, (Option<SystemTime>, u64)>);

impl Snapshot {
    pub(crate) fn take(workspace: &Path) -> Self {
        let mut files = vec![workspace.join("Cargo.toml"), workspace.join("Cargo.lock")];
        for (part, skip) in PARTS {
            let dir = workspace.join(part);
            // A folder that vanishes while it is read shows in the next snapshot.
            let found = files::below(&dir, skip).unwrap_or_default();
            files.extend(found.iter().map(|file| dir.join(file)));
        }
        let state = |file: PathBuf| {
            let metadata = fs::metadata(&file).ok()?;
            Some((file, (metadata.modified().ok(), metadata.len())))
        };
        Snapshot(files.into_iter().filter_map(state).collect())
    }

    /// Returns when the files differ from this snapshot, and have stopped changing: an editor's
    /// save takes several steps.
    pub(crate) fn wait_for_change(&self, workspace: &Path) -> Snapshot {
        let mut last = Snapshot::take(workspace);
        loop {
            thread::sleep(INTERVAL);
            let now = Snapshot::take(workspace);
            if now == last && now != *self {
                return now;
            }
            last = now;
        }
    }
}

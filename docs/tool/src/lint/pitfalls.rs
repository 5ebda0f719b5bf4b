//! The page that leads from a symptom to the programs that show it: no mistake is missing there, and nothing that the
//! compiler refuses.

use crate::directives::recipe::reject_id;
use crate::fault::Fault;
use crate::files;
use catalog::{Kind, Program};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const PAGE: &str = "docs/src/pitfalls.md";

/// The programs among those `shown` that the page does not link to.
pub(crate) fn faults(workspace: &Path, shown: &BTreeSet<PathBuf>) -> Vec<Fault> {
    let page = fs::read_to_string(workspace.join(PAGE)).unwrap_or_default();
    let there = shown.iter().filter(|path| workspace.join(path).is_file());
    let programs = there
        .map(|path| files::with_slashes(path))
        .filter_map(|path| Some((id(&path)?, path)));
    let missing = programs.filter(|(id, _)| !page.contains(&format!("#{id})")));
    missing
        .map(|(id, path)| {
            Fault::new(
                path,
                format!("no link in {PAGE}; write one that ends in #{id}"),
            )
        })
        .collect()
}

/// Where a link finds it on its page, if it is a mistake or what the compiler refuses.
fn id(path: &str) -> Option<String> {
    if let Some(program) = Program::at(path) {
        return (program.kind == Kind::Mistake).then(|| program.name());
    }
    let (folder, file) = path.split_once("/rejects/")?;
    let (_, recipe) = folder.rsplit_once('/')?;
    Some(reject_id(recipe, file.strip_suffix(".rs")?))
}

//! Figures that no page shows. A chapter that has been removed may have left one behind.

use crate::directives::{Word, written};
use crate::fault::Fault;
use crate::files;
use std::fs;
use std::io;
use std::path::Path;

const FOLDER: &str = "docs/figures";
const PAGES: &str = "docs/src";

/// A fault for each figure without a page.
pub(crate) fn faults(workspace: &Path) -> io::Result<Vec<Fault>> {
    let mut faults = Vec::new();
    if !workspace.join(FOLDER).is_dir() {
        return Ok(faults);
    }
    let mut pages = String::new();
    for page in files::below(&workspace.join(PAGES), &[])? {
        if page.extension().is_some_and(|ending| ending == "md") {
            pages += &fs::read_to_string(workspace.join(PAGES).join(page))?;
        }
    }
    for file in files::below(&workspace.join(FOLDER), &[])? {
        let name = files::with_slashes(&file.with_extension(""));
        let directive = written(Word::Figure, &name);
        if !pages.contains(&directive) {
            let figure = format!("{FOLDER}/{}", files::with_slashes(&file));
            let reason = format!("on no page; write {directive} on one, or delete it");
            faults.push(Fault::new(figure, reason));
        }
    }
    Ok(faults)
}

//! Figures that no page shows. A chapter that has been removed may have left one behind.

use crate::directives::{Directive, Word};
use crate::fault::Fault;
use crate::files;
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

const FOLDER: &str = "docs/figures";

/// A fault for each figure that none of the `directives` of the pages shows.
pub(crate) fn faults(workspace: &Path, directives: &BTreeSet<Directive>) -> io::Result<Vec<Fault>> {
    let mut faults = Vec::new();
    if !workspace.join(FOLDER).is_dir() {
        return Ok(faults);
    }
    for file in files::below(&workspace.join(FOLDER), &[])? {
        let name = files::with_slashes(&file.with_extension(""));
        let directive = Directive::new(Word::Figure, &name, "");
        if !directives.contains(&directive) {
            let figure = format!("{FOLDER}/{}", files::with_slashes(&file));
            let reason = format!("on no page; write {directive} on one, or delete it");
            faults.push(Fault::new(figure, reason));
        }
    }
    Ok(faults)
}

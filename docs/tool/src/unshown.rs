//! Programs that no page shows, and files beside them that belong to none.

use crate::fault::Fault;
use crate::files;
use crate::program::{self, Kind, Whole};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub(crate) fn faults(workspace: &Path, shown: &BTreeSet<PathBuf>) -> Vec<Fault> {
    let forgotten = program::all(workspace)
        .into_iter()
        .filter(|program| !shown.contains(&program.path));
    let mut faults: Vec<_> = forgotten
        .map(|program| {
            let path = files::with_slashes(&program.path);
            Fault::new(
                path,
                format!("on no page; write {} on one", program.directive()),
            )
        })
        .collect();
    for recipe in program::recipes(workspace) {
        let files = program::reject_files(workspace, &recipe);
        faults.extend(
            files
                .iter()
                .filter_map(|file| reject(&recipe, file, workspace, shown)),
        );
        let files = program::example_files(workspace, &recipe);
        let strays = files.iter().filter(|file| Whole::at(file).is_none());
        faults.extend(strays.filter_map(|file| stray(&recipe, file, workspace)));
    }
    faults
}

fn reject(recipe: &str, file: &str, workspace: &Path, shown: &BTreeSet<PathBuf>) -> Option<Fault> {
    let path = Path::new(file).with_extension("rs");
    let name = path.file_stem().unwrap_or_default();
    if !workspace.join(&path).is_file() {
        return Some(Fault::new(
            file,
            format!("there is no {} beside it", files::with_slashes(&path)),
        ));
    }
    let forgotten = file.ends_with(".rs") && !shown.contains(&path);
    forgotten.then(|| {
        Fault::new(
            file,
            format!(
                "on no page; write {{{{#reject {recipe}/{}}}}} on one",
                name.display()
            ),
        )
    })
}

/// A file beside the examples that is none: the text that a mistake or a solution promises, or a fault.
fn stray(recipe: &str, file: &str, workspace: &Path) -> Option<Fault> {
    let reason = match file.strip_suffix(".txt").map(|stem| format!("{stem}.rs")) {
        None => format!(
            "no example: they are called {recipe}_LIBRARY.rs, {recipe}_mistake_WHAT.rs or .txt, {recipe}_solution.rs or .txt"
        ),
        Some(program) if !workspace.join(&program).is_file() => {
            format!("there is no {program} beside it")
        }
        Some(program) if Whole::at(&program).is_some_and(|it| has_text(&it)) => return None,
        Some(program) => {
            format!(
                "{program} is no mistake and no solution: what it prints stands in recipes/{recipe}/expected.txt"
            )
        }
    };
    Some(Fault::new(file, reason))
}

/// Whether a text of its own may stand beside it.
fn has_text(program: &Whole) -> bool {
    matches!(program.kind, Kind::Mistake | Kind::Solution)
}

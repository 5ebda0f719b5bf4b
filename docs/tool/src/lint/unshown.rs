//! Programs that no page shows, and files beside them that belong to none.

use crate::directives::{self, Directive, Word};
use crate::fault::Fault;
use crate::files;
use catalog::{Kind, Program, Recipe};
use std::collections::BTreeSet;
use std::path::Path;

/// The faults of a book whose pages have these directives.
pub(crate) fn faults(workspace: &Path, directives: &BTreeSet<Directive>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for program in catalog::programs(workspace) {
        let directive = directives::that_shows(&program);
        if !directives.contains(&directive) {
            let path = files::with_slashes(&program.path);
            faults.push(Fault::new(
                path,
                format!("on no page; write {directive} on one"),
            ));
        }
    }
    for recipe in catalog::recipes(workspace) {
        for file in files_in(&recipe.rejects(), workspace) {
            faults.extend(reject(&recipe, &file, workspace, directives));
        }
        for file in files_in(&recipe.examples(), workspace) {
            if Program::at(&file).is_none() {
                faults.extend(stray(&recipe, &file, workspace));
            }
        }
    }
    faults
}

/// The files in a folder, relative to the workspace and in order. None if it does not exist.
fn files_in(folder: &Path, workspace: &Path) -> Vec<String> {
    let files = files::below(&workspace.join(folder), &[]).unwrap_or_default();
    files
        .iter()
        .map(|file| files::with_slashes(&folder.join(file)))
        .collect()
}

fn reject(
    recipe: &Recipe,
    file: &str,
    workspace: &Path,
    directives: &BTreeSet<Directive>,
) -> Option<Fault> {
    let path = Path::new(file).with_extension("rs");
    if !workspace.join(&path).is_file() {
        let program = files::with_slashes(&path);
        return Some(Fault::new(file, format!("there is no {program} beside it")));
    }
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let directive = Directive::new(Word::Reject, &recipe.name, &name);
    if directives.contains(&directive) || !file.ends_with(".rs") {
        return None;
    }
    Some(Fault::new(
        file,
        format!("on no page; write {directive} on one"),
    ))
}

/// A file beside the examples that is none: the text that says what one of them prints, or a fault.
fn stray(recipe: &Recipe, file: &str, workspace: &Path) -> Option<Fault> {
    let name = &recipe.name;
    let Some(stem) = file.strip_suffix(".txt") else {
        let reason = format!(
            "not the name of an example; examples are called {name}_small, {name}_part_STEP, \
             {name}_sequential, \
             {name}_LIBRARY, {name}_mistake_WHAT or {name}_solution, with .rs or .txt"
        );
        return Some(Fault::new(file, reason));
    };
    let path = format!("{stem}.rs");
    if !workspace.join(&path).is_file() {
        return Some(Fault::new(file, format!("there is no {path} beside it")));
    }
    if Program::at(&path).is_some_and(|program| has_text(&program)) {
        return None;
    }
    let expected = files::with_slashes(&recipe.expected());
    Some(Fault::new(
        file,
        format!("{path} prints what the recipe prints, which stands in {expected}"),
    ))
}

/// Whether a program has a text of its own that says what it prints, or may have one.
fn has_text(program: &Program) -> bool {
    match program.kind {
        Kind::Small | Kind::Part { .. } | Kind::Mistake | Kind::Solution => true,
        Kind::Lesson | Kind::Sequential | Kind::Variant { .. } => false,
    }
}

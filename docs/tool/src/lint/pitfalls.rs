//! The page that leads from a symptom to the programs that show it: no mistake is missing there,
//! and nothing that the compiler refuses.

use crate::chapter::{Chapter, SYMPTOMS};
use crate::directives::pitfalls::entries;
use crate::directives::recipe::Recipes;
use crate::directives::reject::reject_id;
use crate::directives::{self, Word};
use crate::fault::Fault;
use crate::files;
use catalog::{Kind, Program};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const PAGE: &str = "docs/src/pitfalls.md";

/// What is wrong with the headings of the chapters, and which of the programs among those `shown`
/// are not on the page.
pub(crate) fn faults(workspace: &Path, shown: &BTreeSet<PathBuf>) -> Vec<Fault> {
    let page = fs::read_to_string(workspace.join(PAGE)).unwrap_or_default();
    let lists: Vec<String> = page.lines().filter_map(listed).collect();
    let mut faults = faults_of_chapters(workspace, !lists.is_empty());
    if lists.is_empty() {
        faults.extend(without_link(&page, workspace, shown));
    } else {
        faults.extend(without_list(&lists, workspace));
    }
    faults
}

/// The symptom whose mistakes a line lists. Nothing stands for all of them.
fn listed(line: &str) -> Option<String> {
    let directive = directives::parse(line).ok()?;
    match directive.word {
        Word::Pitfalls => Some(String::new()),
        Word::PitfallsOf => Some(directive.name),
        _ => None,
    }
}

/// Chapters of the present form have a heading for each mistake. All must have it when the page is
/// made from them.
fn faults_of_chapters(workspace: &Path, all: bool) -> Vec<Fault> {
    let mut faults = Vec::new();
    for recipe in catalog::recipes(workspace) {
        let file = files::with_slashes(&recipe.chapter());
        let page = fs::read_to_string(workspace.join(recipe.chapter())).unwrap_or_default();
        if !all && !Chapter::has_form(&page) {
            continue;
        }
        for (line, reason) in Chapter::read(&page).faults {
            faults.push(Fault::new(format!("{file}:{line}"), reason));
        }
    }
    faults
}

/// Symptoms with mistakes that the page does not list.
fn without_list(lists: &[String], workspace: &Path) -> Vec<Fault> {
    let mut faults = Vec::new();
    if lists.iter().any(String::is_empty) {
        return faults;
    }
    let recipes = Recipes::new(workspace.to_owned());
    for symptom in SYMPTOMS {
        if lists.iter().any(|listed| listed == symptom) {
            continue;
        }
        // A reject that cannot be read is a fault of its own chapter.
        let entries = entries(&recipes, symptom, Path::new("")).unwrap_or_default();
        if !entries.is_empty() {
            let directive = directives::written(Word::PitfallsOf, symptom);
            faults.push(Fault::new(PAGE, format!("it does not have {directive}")));
        }
    }
    faults
}

/// Programs that a page written by hand does not link to.
fn without_link(page: &str, workspace: &Path, shown: &BTreeSet<PathBuf>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for path in shown {
        let file = files::with_slashes(path);
        let Some(id) = id(&file) else {
            continue;
        };
        if workspace.join(path).is_file() && !page.contains(&format!("#{id})")) {
            let reason = format!("no link in {PAGE}; write one that ends in #{id}");
            faults.push(Fault::new(file, reason));
        }
    }
    faults
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

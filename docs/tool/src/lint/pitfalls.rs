//! The page that leads from a symptom to the mistakes that cause it: no mistake is missing there,
//! and no program that the compiler refuses.

use crate::chapter::{Chapter, SYMPTOMS};
use crate::directives::pitfalls::entries;
use crate::directives::recipe::Recipes;
use crate::directives::{self, Directive, Word};
use crate::fault::Fault;
use crate::files;
use std::fs;
use std::path::Path;

const PAGE: &str = "docs/src/pitfalls.md";

/// What is wrong with the headings of the chapters, and which symptoms the page does not list.
pub(crate) fn faults(workspace: &Path) -> Vec<Fault> {
    let page = fs::read_to_string(workspace.join(PAGE)).unwrap_or_default();
    let lists: Vec<String> = page.lines().filter_map(listed).collect();
    let mut faults = faults_of_chapters(workspace);
    faults.extend(without_list(&lists, workspace));
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

/// The page is made from the headings, so each chapter must have one for each mistake.
fn faults_of_chapters(workspace: &Path) -> Vec<Fault> {
    let mut faults = Vec::new();
    for recipe in catalog::recipes(workspace) {
        let file = files::with_slashes(&recipe.chapter());
        let page = fs::read_to_string(workspace.join(recipe.chapter())).unwrap_or_default();
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
            let directive = Directive::new(Word::PitfallsOf, symptom, "");
            faults.push(Fault::new(PAGE, format!("it does not have {directive}")));
        }
    }
    faults
}

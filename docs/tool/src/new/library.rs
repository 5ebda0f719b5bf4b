//! Variants of a new recipe for other libraries than the standard one.

use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;

use super::name::NewRecipe;
use crate::directives::manifest;
use crate::files;

/// The name that the templates have instead of the name of the library.
const PLACEHOLDER: &str = "LIBRARY";

const HEADER: &str = include_str!("skeleton/library.rs");
const TAB: &str = include_str!("skeleton/library.md");
const STD: &str = include_str!("skeleton/examples/skeleton_std.rs");

/// Where the program begins in the variant for the standard library.
const PROGRAM: &str = "#[path";
/// A crate of a variant goes above this line of the recipe's manifest.
const CHECKS: &str = "checks = ";
/// A tab of the chapter goes above this line.
const END: &str = "{{#end}}";

/// Refuses a library that `[workspace.dependencies]` does not have, because every version stands
/// there.
pub(super) fn must_be_known(libraries: &[String], workspace: &Path) -> Result<()> {
    if libraries.is_empty() {
        return Ok(());
    }
    let known = known(workspace)?;
    for (index, library) in libraries.iter().enumerate() {
        if !known.contains(library) {
            bail!(
                "there is no {library} from crates.io in [workspace.dependencies]; add it there; \
                 it has {}",
                known.join(", ")
            );
        }
        if libraries[..index].contains(library) {
            bail!("--crate {library} stands twice");
        }
    }
    Ok(())
}

/// The crates of the workspace that are not its own.
fn known(workspace: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for (name, dependency) in manifest::of_workspace(workspace)? {
        if dependency.get("path").is_none() {
            names.push(name);
        }
    }
    Ok(names)
}

/// Adds a variant to the files of a new recipe. It is the program for the standard library, for
/// the author to rewrite.
pub(super) fn add(library: &str, recipe: &NewRecipe, folder: &Path, chapter: &Path) -> Result<()> {
    let named = |text: &str| recipe.named(text).replace(PLACEHOLDER, library);
    let start = STD.find(PROGRAM).context("the variant has no program")?;
    let example = format!("{}_{library}.rs", recipe.recipe.name);
    let variant = named(HEADER) + &named(&STD[start..]);
    files::write(&folder.join("examples").join(&example), &variant)?;

    let dependency = format!("{library} = {{ workspace = true }} # examples/{example}\n");
    insert_above(CHECKS, &dependency, &folder.join("Cargo.toml"))?;
    insert_above(END, &(named(TAB).trim_start().to_owned() + "\n"), chapter)
}

/// Inserts a text above the line that begins so.
fn insert_above(line: &str, text: &str, file: &Path) -> Result<()> {
    let content = fs::read_to_string(file)?;
    let place = content
        .find(&format!("\n{line}"))
        .with_context(|| format!("the skeleton has no line {line}"))?;
    let (before, after) = content.split_at(place + 1);
    files::write(file, format!("{before}{text}{after}"))
}

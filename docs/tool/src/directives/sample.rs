//! A small input with which a reader tries a pasted recipe, without the files of `input/`.
//!
//! The folder `sample/` of a recipe has one short file to paste, and in `expected.txt` what the
//! recipe prints for it. A recipe that reads a tree of folders has none: every project has such a
//! tree. A recipe that reads pictures has none either, because nobody can paste a picture: readers
//! name a folder with their own. `cargo book check` does what the page says with the recipe, and
//! with each program that prints the same.

use super::facts::Input;
use super::snippet::fenced;
use crate::files;
use catalog::Recipe;
use std::fs;
use std::path::Path;

const EXPECTED: &str = "expected.txt";
/// More lines are not pasted by hand.
const MOST_LINES: usize = 10;

/// What a page tells the reader to try.
pub(crate) enum Sample {
    File {
        name: String,
        text: String,
        output: String,
    },
    Folder,
    Pictures,
}

impl Sample {
    /// Fails if a recipe with this input lacks a sample.
    pub(crate) fn of(workspace: &Path, recipe: &Recipe, input: &Input) -> Result<Self, String> {
        let folder = recipe.sample();
        let shown = files::with_slashes(&folder);
        if input.is_of_pictures() {
            return Ok(Sample::Pictures);
        }
        if input.is_tree() {
            return Ok(Sample::Folder);
        }
        let mut names = files::below(&workspace.join(&folder), &[]).unwrap_or_default();
        names.retain(|name| *name != Path::new(EXPECTED));
        let [name] = &names[..] else {
            return Err(format!(
                "{shown}/ must have one short file that readers paste to try the recipe, and \
                 {EXPECTED}; it has {} files",
                names.len()
            ));
        };
        let read = |name: &Path| {
            let path = folder.join(name);
            fs::read_to_string(workspace.join(&path))
                .map_err(|error| format!("cannot read {}: {error}", files::with_slashes(&path)))
        };
        let text = read(name)?;
        let name = files::with_slashes(name);
        let lines = text.lines().count();
        if lines > MOST_LINES {
            return Err(format!(
                "{shown}/{name} has {lines} lines; a reader pastes at most {MOST_LINES}"
            ));
        }
        Ok(Sample::File {
            name,
            text,
            output: read(Path::new(EXPECTED))?,
        })
    }

    pub(crate) fn markdown(&self) -> String {
        match self {
            Sample::Folder => format!(
                "Or name any folder, such as the `src/` of your project:\n\n{}",
                fenced("sh", "cargo run -- src")
            ),
            // No command that a check could run: a new project has no pictures.
            Sample::Pictures => {
                "Or name a folder with PNG pictures of your own after `cargo run --`.\n".to_owned()
            }
            Sample::File { name, text, output } => format!(
                "Or try it on a small input. Put these lines into a file `{name}` next to \
                 `Cargo.toml`:\n\n{}\nThen name that file:\n\n{}\nThe program prints:\n\n{}",
                fenced("text,input", text),
                fenced("sh", &format!("cargo run -- {name}")),
                fenced("text", output),
            ),
        }
    }
}

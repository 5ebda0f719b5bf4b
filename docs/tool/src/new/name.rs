//! The part and the name of a new recipe.

use anyhow::{Result, bail};
use catalog::Recipe;
use std::fs;
use std::path::{Path, PathBuf};

use super::PLACEHOLDER;
use crate::directives::parts::PARTS;
use crate::files;

/// Longer names do not fit into a command on one line.
const LONGEST_NAME: usize = 30;

/// Names that a package cannot have: Rust's keywords, and names that Cargo and rustc use. Besides,
/// `index` is the first page of a folder, and `skeleton` is the placeholder.
const RESERVED: [&str; 62] = [
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "build",
    "const",
    "continue",
    "core",
    "crate",
    "deps",
    "do",
    "dyn",
    "else",
    "enum",
    "examples",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "incremental",
    "index",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc-macro",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
    "skeleton",
];

/// A recipe that does not exist yet.
pub(super) struct NewRecipe {
    pub(super) recipe: Recipe,
}

impl NewRecipe {
    /// Reads `PART/NAME`.
    pub(super) fn parse(path: &str) -> Result<Self> {
        let Some((part, name)) = path.split_once('/') else {
            bail!("expected PART/NAME, such as threads/example, found {path:?}");
        };
        if !PARTS.iter().any(|known| known.folder == part) {
            let names = PARTS.map(|known| known.folder).join(", ");
            bail!("there is no part {part:?}; the parts are: {names}");
        }
        if let Some(reason) = fault_in_name(name) {
            bail!("{name:?} cannot be the name of a recipe: {reason}");
        }
        Ok(NewRecipe {
            recipe: Recipe {
                part: part.to_owned(),
                name: name.to_owned(),
            },
        })
    }

    /// Refuses the name of a package that this workspace has or uses, because `cargo run -p NAME`
    /// must mean one package.
    pub(super) fn must_be_free(&self, workspace: &Path) -> Result<()> {
        let Recipe { name, .. } = &self.recipe;
        if let Ok(recipe) = catalog::find(workspace, name) {
            let folder = files::with_slashes(&recipe.folder());
            bail!("there is already a recipe {name} in {folder}");
        }
        for path in [self.recipe.folder(), self.recipe.chapter(), self.figure()] {
            if workspace.join(&path).exists() {
                bail!("there is already a {}", files::with_slashes(&path));
            }
        }
        let lock = fs::read_to_string(workspace.join("Cargo.lock")).unwrap_or_default();
        let entry = format!("name = \"{name}\"");
        if lock.lines().any(|line| line == entry) {
            bail!("there is already a package {name} in Cargo.lock");
        }
        Ok(())
    }

    /// The figure of its chapter.
    pub(super) fn figure(&self) -> PathBuf {
        let folder = Path::new("docs/figures");
        folder.join(&self.recipe.name).with_extension("svg")
    }

    /// A text of the skeleton with the name of this recipe.
    pub(super) fn named(&self, text: &str) -> String {
        text.replace(PLACEHOLDER, &self.recipe.name)
    }

    /// The heading of its part.
    pub(super) fn part_title(&self) -> &'static str {
        let known = PARTS.iter().find(|known| known.folder == self.recipe.part);
        known.expect("the part has been checked").title
    }

    /// The name of its chapter in lists: `Sample sort` for `sample-sort`.
    pub(super) fn short_title(&self) -> String {
        let words = self.recipe.name.replace('-', " ");
        let (first, rest) = words.split_at(1);
        first.to_uppercase() + rest
    }

    /// What the command says when all is written.
    pub(super) fn next_steps(&self) -> String {
        let Recipe { name, .. } = &self.recipe;
        let folder = files::with_slashes(&self.recipe.folder());
        let chapter = files::with_slashes(&self.recipe.chapter());
        let figure = files::with_slashes(&self.figure());
        format!(
            "{folder} is a recipe that works, and {chapter} is its chapter,\n\
             with the figure {figure}. README.md and docs/src/SUMMARY.md list both.\n\
             Replace the job with your own:\n\n\
             cargo run -p {name}\n\
             cargo test -p {name}\n\
             cargo book"
        )
    }
}

/// The headings of the parts, in the order of the book.
pub(super) fn part_titles() -> [&'static str; PARTS.len()] {
    PARTS.map(|part| part.title)
}

fn fault_in_name(name: &str) -> Option<&'static str> {
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        Some("it must begin with a lower-case letter")
    } else if !name.chars().all(is_allowed) {
        Some("it may have lower-case letters, digits and hyphens only")
    } else if name.ends_with('-') || name.contains("--") {
        Some("a hyphen stands between two words")
    } else if name.len() > LONGEST_NAME {
        Some("it is longer than 30 characters")
    } else if RESERVED.contains(&name) {
        Some("it is reserved")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_and_a_name_are_read() {
        let new = NewRecipe::parse("gpu/sample-sort2").unwrap();
        assert_eq!(new.recipe.part, "gpu");
        assert_eq!(new.recipe.name, "sample-sort2");
        assert_eq!(new.part_title(), "GPU");
        assert_eq!(new.short_title(), "Sample sort2");
    }

    #[test]
    fn a_path_that_names_no_recipe_gets_one_line() {
        for (path, reason) in [
            ("example", "expected PART/NAME"),
            ("", "expected PART/NAME"),
            ("signals/bell", "the parts are: threads, synchronization,"),
            ("/bell", "there is no part \"\""),
            ("threads/", "must begin with a lower-case letter"),
            ("threads/2nd", "must begin with a lower-case letter"),
            ("threads/Bell", "must begin with a lower-case letter"),
            ("threads/../bell", "must begin with a lower-case letter"),
            ("threads/bell/gong", "letters, digits and hyphens only"),
            ("threads/my_bell", "letters, digits and hyphens only"),
            ("threads/bell-", "between two words"),
            ("threads/my--bell", "between two words"),
            ("threads/a23456789-123456789-123456789-1", "longer than 30"),
            ("threads/async", "reserved"),
            ("threads/test", "reserved"),
        ] {
            let error = NewRecipe::parse(path).err().expect(path).to_string();
            assert!(error.contains(reason), "{error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
    }
}

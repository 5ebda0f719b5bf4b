//! The whole programs of the workspace: recipes, their variants, their mistakes, the solutions of their exercises.

use crate::directive::Directive;
use crate::files;
use std::fs;
use std::path::{Path, PathBuf};

/// What a program is in its recipe.
#[derive(Debug, PartialEq)]
pub(crate) enum Kind {
    Recipe,
    /// The same job with another library.
    Variant {
        library: String,
    },
    /// What goes wrong, and how, stands in a text file beside it.
    Mistake,
    /// Of the exercise in the recipe's chapter.
    Solution,
}

/// A program with a `main` of its own.
#[derive(Debug, PartialEq)]
pub(crate) struct Whole {
    pub(crate) recipe: String,
    pub(crate) kind: Kind,
    /// Named from the workspace.
    pub(crate) path: PathBuf,
}

impl Whole {
    pub(crate) fn recipe(recipe: &str) -> Self {
        let path = Path::new("recipes").join(recipe).join("src/main.rs");
        Whole {
            recipe: recipe.to_owned(),
            kind: Kind::Recipe,
            path,
        }
    }

    pub(crate) fn variant(recipe: &str, library: &str) -> Self {
        let path = examples(recipe).join(format!("{recipe}_{library}.rs"));
        Whole {
            recipe: recipe.to_owned(),
            kind: Kind::Variant {
                library: library.to_owned(),
            },
            path,
        }
    }

    /// `None` for a file that is not called as a mistake is.
    pub(crate) fn mistake(recipe: &str, file: &str) -> Option<Self> {
        let what = file.strip_prefix(recipe)?.strip_prefix("_mistake_")?;
        let path = examples(recipe).join(file).with_extension("rs");
        (!what.is_empty()).then(|| Whole {
            recipe: recipe.to_owned(),
            kind: Kind::Mistake,
            path,
        })
    }

    pub(crate) fn solution(recipe: &str) -> Self {
        let path = examples(recipe).join(format!("{recipe}_solution.rs"));
        Whole {
            recipe: recipe.to_owned(),
            kind: Kind::Solution,
            path,
        }
    }

    /// The program at `path`, if a whole program of a recipe can be called so.
    pub(crate) fn at(path: &str) -> Option<Self> {
        let (recipe, rest) = path.strip_prefix("recipes/")?.split_once('/')?;
        if rest == "src/main.rs" {
            return Some(Whole::recipe(recipe));
        }
        let file = rest.strip_prefix("examples/")?.strip_suffix(".rs")?;
        if file.strip_prefix(recipe) == Some("_solution") {
            return Some(Whole::solution(recipe));
        }
        let variant = || {
            let library = file.strip_prefix(recipe)?.strip_prefix('_')?;
            (!library.is_empty() && !file.contains('/')).then(|| Whole::variant(recipe, library))
        };
        Whole::mistake(recipe, file).or_else(variant)
    }

    /// What its package or example is called.
    pub(crate) fn name(&self) -> String {
        match (&self.kind, self.path.file_stem()) {
            (Kind::Recipe, _) | (_, None) => self.recipe.clone(),
            (_, Some(example)) => example.to_string_lossy().into_owned(),
        }
    }

    /// How a reader starts it in this repository.
    pub(crate) fn command(&self) -> String {
        let recipe = &self.recipe;
        match &self.kind {
            Kind::Recipe => format!("cargo run -p {recipe}"),
            _ => format!("cargo run -p {recipe} --example {}", self.name()),
        }
    }

    /// The directive that puts it on a page.
    pub(crate) fn directive(&self) -> String {
        let recipe = &self.recipe;
        match &self.kind {
            Kind::Recipe => format!("{{{{#recipe {recipe}}}}}"),
            Kind::Variant { library } => format!("{{{{#variant {recipe}/{library}}}}}"),
            Kind::Mistake => format!("{{{{#mistake {recipe}/{}}}}}", self.name()),
            Kind::Solution => format!("{{{{#solution {recipe}}}}}"),
        }
    }
}

/// The program that a directive puts on a page whole, also one that the compiler refuses.
pub(crate) fn shown_by(directive: &Directive) -> Option<PathBuf> {
    let whole = match directive {
        Directive::Recipe { name, anchor: None } => Whole::recipe(name),
        Directive::Variant { name, library } => Whole::variant(name, library),
        Directive::Mistake { name, file } => Whole::mistake(name, file)?,
        Directive::Solution { name } => Whole::solution(name),
        Directive::Reject { name, file } => return Some(reject(name, file)),
        _ => return None,
    };
    Some(whole.path)
}

/// A program that the compiler refuses, named from the workspace.
pub(crate) fn reject(recipe: &str, file: &str) -> PathBuf {
    Path::new("recipes")
        .join(recipe)
        .join("rejects")
        .join(file)
        .with_extension("rs")
}

/// Where a link finds it on its page.
pub(crate) fn reject_id(recipe: &str, file: &str) -> String {
    format!("{recipe}_reject_{file}")
}

/// The examples folder of a recipe, named from the workspace.
pub(crate) fn examples(recipe: &str) -> PathBuf {
    Path::new("recipes").join(recipe).join("examples")
}

/// The names of the recipes, in order.
pub(crate) fn recipes(workspace: &Path) -> Vec<String> {
    let entries = fs::read_dir(workspace.join("recipes"))
        .into_iter()
        .flatten();
    let folders = entries.flatten().filter(|entry| entry.path().is_dir());
    let mut names: Vec<_> = folders
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// The files in a recipe's examples folder, named from the workspace and in order; none without such a folder.
pub(crate) fn example_files(workspace: &Path, recipe: &str) -> Vec<String> {
    files_in(&examples(recipe), workspace)
}

/// The files in its rejects folder.
pub(crate) fn reject_files(workspace: &Path, recipe: &str) -> Vec<String> {
    files_in(
        &Path::new("recipes").join(recipe).join("rejects"),
        workspace,
    )
}

fn files_in(folder: &Path, workspace: &Path) -> Vec<String> {
    let files = files::below(&workspace.join(folder), &[]).unwrap_or_default();
    files
        .iter()
        .map(|file| files::with_slashes(&folder.join(file)))
        .collect()
}

/// Every whole program, recipe by recipe.
pub(crate) fn all(workspace: &Path) -> Vec<Whole> {
    let mut programs = Vec::new();
    for recipe in recipes(workspace) {
        programs.push(Whole::recipe(&recipe));
        programs.extend(
            example_files(workspace, &recipe)
                .iter()
                .filter_map(|file| Whole::at(file)),
        );
    }
    programs.retain(|program| workspace.join(&program.path).is_file());
    programs
}

/// The variants of a recipe: std first, the others in alphabetical order.
pub(crate) fn variants(workspace: &Path, recipe: &str) -> Vec<String> {
    let wholes = example_files(workspace, recipe)
        .into_iter()
        .filter_map(|file| Whole::at(&file));
    let mut libraries: Vec<_> = wholes
        .filter_map(|whole| match whole.kind {
            Kind::Variant { library } => Some(library),
            _ => None,
        })
        .collect();
    libraries.sort_by_key(|library| (library != "std", library.clone()));
    libraries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_known_by_its_path() {
        for (path, directive, command) in [
            (
                "recipes/bell/src/main.rs",
                "{{#recipe bell}}",
                "cargo run -p bell",
            ),
            (
                "recipes/bell/examples/bell_std.rs",
                "{{#variant bell/std}}",
                "cargo run -p bell --example bell_std",
            ),
            (
                "recipes/bell/examples/bell_mistake_x.rs",
                "{{#mistake bell/bell_mistake_x}}",
                "cargo run -p bell --example bell_mistake_x",
            ),
            (
                "recipes/bell/examples/bell_solution.rs",
                "{{#solution bell}}",
                "cargo run -p bell --example bell_solution",
            ),
        ] {
            let whole = Whole::at(path).unwrap();
            assert_eq!(
                (whole.directive(), whole.command()),
                (directive.to_owned(), command.to_owned())
            );
            assert_eq!(whole.path, Path::new(path));
        }
    }

    #[test]
    fn other_files_are_no_whole_programs() {
        for path in [
            "recipes/bell/tests/bell.rs",
            "recipes/bell/examples/gong_std.rs",
            "recipes/bell/examples/bell.rs",
            "recipes/bell/examples/bell_.rs",
            "recipes/bell/examples/bell_mistake_x.txt",
            "recipes/bell/examples/bell_x/main.rs",
            "shared/bell/src/main.rs",
        ] {
            assert_eq!(Whole::at(path), None, "{path}");
        }
    }
}

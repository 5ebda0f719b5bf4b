//! Recipes, and where their files are.

use crate::{Kind, Program};
use std::fs;
use std::path::{Path, PathBuf};

/// A recipe: the folder `recipes/PART/NAME`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recipe {
    /// The part of the book that the recipe belongs to, such as `synchronization`.
    pub part: String,
    /// The name of its package, such as `rlock`.
    pub name: String,
}

impl Recipe {
    /// The folder of the recipe.
    pub fn folder(&self) -> PathBuf {
        Path::new("recipes").join(&self.part).join(&self.name)
    }

    /// The chapter that explains the recipe.
    pub fn chapter(&self) -> PathBuf {
        Path::new("docs/src")
            .join(&self.part)
            .join(&self.name)
            .with_extension("md")
    }

    /// The folder of its examples.
    pub fn examples(&self) -> PathBuf {
        self.folder().join("examples")
    }

    /// The folder of the programs that the compiler refuses.
    pub fn rejects(&self) -> PathBuf {
        self.folder().join("rejects")
    }

    /// The folder of what the recipe reads when nothing is named.
    pub fn input(&self) -> PathBuf {
        self.folder().join("input")
    }

    /// The folder of the small input that readers paste, and of what the recipe prints for it.
    pub fn sample(&self) -> PathBuf {
        self.folder().join("sample")
    }

    /// What the recipe prints, and its variants print too.
    pub fn expected(&self) -> PathBuf {
        self.folder().join("expected.txt")
    }

    /// The same job in Python.
    pub fn python(&self) -> PathBuf {
        self.folder().join(&self.name).with_extension("py")
    }

    /// The command line's side of the recipe, which its programs share. Not every recipe has one.
    pub fn cli(&self) -> PathBuf {
        self.folder().join("src/cli.rs")
    }

    /// The recipe's own program.
    pub fn lesson(&self) -> Program {
        Program {
            recipe: self.clone(),
            kind: Kind::Lesson,
            path: self.folder().join("src/main.rs"),
        }
    }

    /// The example with this name, whether its file exists or not. `None` if an example cannot have
    /// this name.
    pub fn example(&self, name: &str) -> Option<Program> {
        let what = name.strip_prefix(&self.name)?.strip_prefix('_')?;
        Some(Program {
            recipe: self.clone(),
            kind: Kind::of_example(what)?,
            path: self.examples().join(name).with_extension("rs"),
        })
    }

    /// The file of the program that the compiler refuses and that has this name.
    pub fn reject(&self, name: &str) -> PathBuf {
        self.rejects().join(name).with_extension("rs")
    }

    /// The programs that the compiler refuses and that exist, in order of their names.
    pub fn reject_files(&self, workspace: &Path) -> Vec<PathBuf> {
        let mut rejects = Vec::new();
        for file in files(&workspace.join(self.rejects())) {
            if file.ends_with(".rs") {
                rejects.push(self.rejects().join(file));
            }
        }
        rejects
    }

    /// The programs of the recipe that exist: the lesson, then its examples in order of their
    /// names.
    pub fn programs(&self, workspace: &Path) -> Vec<Program> {
        let mut programs = vec![self.lesson()];
        for file in files(&workspace.join(self.examples())) {
            if let Some(name) = file.strip_suffix(".rs") {
                programs.extend(self.example(name));
            }
        }
        programs.retain(|program| workspace.join(&program.path).is_file());
        programs
    }

    /// The libraries of its variants: `std` first, then in alphabetical order.
    pub fn libraries(&self, workspace: &Path) -> Vec<String> {
        let mut libraries = Vec::new();
        for program in self.programs(workspace) {
            if let Kind::Variant { library } = program.kind {
                libraries.push(library);
            }
        }
        libraries.sort_by_key(|library| (library != "std", library.clone()));
        libraries
    }
}

/// Every recipe of the workspace, in order of part and name.
///
/// A folder without a `Cargo.toml` is no recipe.
pub fn recipes(workspace: &Path) -> Vec<Recipe> {
    let mut recipes = Vec::new();
    for part in folders(&workspace.join("recipes")) {
        for name in folders(&workspace.join("recipes").join(&part)) {
            let recipe = Recipe {
                part: part.clone(),
                name,
            };
            if workspace.join(recipe.folder()).join("Cargo.toml").is_file() {
                recipes.push(recipe);
            }
        }
    }
    recipes
}

/// The recipe with this name.
///
/// # Errors
///
/// If there is none, returns a sentence that lists the recipes that there are.
pub fn find(workspace: &Path, name: &str) -> Result<Recipe, String> {
    let mut names = Vec::new();
    for recipe in recipes(workspace) {
        if recipe.name == name {
            return Ok(recipe);
        }
        names.push(recipe.name);
    }
    names.sort();
    Err(format!(
        "there is no recipe {name}; the recipes are: {}",
        names.join(", ")
    ))
}

/// Every program of every recipe, recipe by recipe.
pub fn programs(workspace: &Path) -> Vec<Program> {
    recipes(workspace)
        .iter()
        .flat_map(|recipe| recipe.programs(workspace))
        .collect()
}

/// The names of the folders in a folder, in order. None if it does not exist.
fn folders(folder: &Path) -> Vec<String> {
    let mut names = entries(folder);
    names.retain(|name| folder.join(name).is_dir());
    names
}

/// The names of the files in a folder, in order. None if it does not exist.
fn files(folder: &Path) -> Vec<String> {
    let mut names = entries(folder);
    names.retain(|name| folder.join(name).is_file());
    names
}

fn entries(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        // A name that is not UTF-8 cannot be the name of a package or of an example.
        names.extend(entry.file_name().into_string());
    }
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a temporary folder");
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        root
    }

    fn bell() -> Recipe {
        Recipe {
            part: "signals".to_owned(),
            name: "bell".to_owned(),
        }
    }

    #[test]
    fn a_recipe_is_found_by_its_name_in_whatever_part_it_is() {
        let root = tree(&[
            "recipes/signals/bell/Cargo.toml",
            "recipes/alarms/siren/Cargo.toml",
            "recipes/signals/left-over/target.txt",
            "recipes/README.md",
        ]);
        let names: Vec<String> = recipes(root.path()).into_iter().map(|it| it.name).collect();
        assert_eq!(names, ["siren", "bell"]);
        assert_eq!(find(root.path(), "bell"), Ok(bell()));
        let reason = "there is no recipe gong; the recipes are: bell, siren";
        assert_eq!(find(root.path(), "gong"), Err(reason.to_owned()));
    }

    #[test]
    fn a_workspace_without_recipes_has_none() {
        let root = tree(&[]);
        assert_eq!(recipes(root.path()), []);
        assert_eq!(programs(root.path()), []);
    }

    #[test]
    fn only_programs_that_exist_are_listed() {
        let root = tree(&[
            "recipes/signals/bell/Cargo.toml",
            "recipes/signals/bell/src/main.rs",
            "recipes/signals/bell/examples/bell_tokio.rs",
            "recipes/signals/bell/examples/bell_std.rs",
            "recipes/signals/bell/examples/bell_crossbeam.rs",
            "recipes/signals/bell/examples/bell_mistake_cracked.rs",
            "recipes/signals/bell/examples/bell_mistake_cracked.txt",
            "recipes/signals/bell/examples/gong.rs",
        ]);
        let names: Vec<String> = programs(root.path()).iter().map(Program::name).collect();
        let expected = [
            "bell",
            "bell_crossbeam",
            "bell_mistake_cracked",
            "bell_std",
            "bell_tokio",
        ];
        assert_eq!(names, expected);
        let libraries = bell().libraries(root.path());
        assert_eq!(libraries, ["std", "crossbeam", "tokio"]);
    }

    #[test]
    fn rejects_are_listed_without_what_the_compiler_says_of_them() {
        let root = tree(&[
            "recipes/signals/bell/rejects/not-send.rs",
            "recipes/signals/bell/rejects/not-send.stderr",
        ]);
        assert_eq!(
            bell().reject_files(root.path()),
            [bell().reject("not-send")]
        );
    }

    #[test]
    fn paths_follow_from_the_part_and_the_name() {
        let bell = bell();
        assert_eq!(bell.folder(), Path::new("recipes/signals/bell"));
        assert_eq!(bell.chapter(), Path::new("docs/src/signals/bell.md"));
        assert_eq!(bell.python(), Path::new("recipes/signals/bell/bell.py"));
        assert_eq!(
            bell.reject("not-send"),
            Path::new("recipes/signals/bell/rejects/not-send.rs")
        );
    }
}

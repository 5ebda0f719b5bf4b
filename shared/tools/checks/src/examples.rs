//! The examples of the recipes: variants, mistakes and the solutions of the exercises.

use crate::process::{cargo, executable};
use crate::{names, recipes, workspace};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A program `recipes/RECIPE/examples/NAME.rs`, built.
pub struct Example {
    /// The recipe that it belongs to.
    pub recipe: String,
    /// Its name for `cargo run --example`.
    pub name: String,
    /// Where its program is.
    pub executable: PathBuf,
}

impl Example {
    /// Whether it solves the exercise of its recipe's chapter.
    pub fn is_solution(&self) -> bool {
        self.name == format!("{}_solution", self.recipe)
    }

    /// Whether it is a mistake.
    pub fn is_mistake(&self) -> bool {
        self.name.starts_with(&format!("{}_mistake_", self.recipe))
    }

    /// Whether it does its recipe's job with another library: what is neither of the others.
    pub fn is_variant(&self) -> bool {
        !self.is_mistake() && !self.is_solution()
    }

    /// Its file, or one beside it.
    pub fn file(&self, ending: &str) -> PathBuf {
        folder(&self.recipe).join(&self.name).with_extension(ending)
    }

    /// The program, to be run in the workspace's folder as `cargo run` does.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.executable);
        command.current_dir(workspace());
        command
    }
}

/// Builds all examples of all recipes, or panics with what cargo says.
pub fn build() -> Vec<Example> {
    let files = files();
    let mut cargo = cargo();
    cargo
        .args([
            "build",
            "--examples",
            "--message-format=json-render-diagnostics",
        ])
        .current_dir(workspace());
    cargo.args(recipes().iter().flat_map(|recipe| ["-p", recipe]));
    let output = cargo
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo can be run");
    assert!(output.status.success(), "cargo does not build the examples");
    let messages = String::from_utf8_lossy(&output.stdout);
    let mut built: BTreeMap<_, _> = messages.lines().filter_map(executable).collect();
    let example = |(recipe, name): (String, String)| {
        let executable = built
            .remove(&name)
            .unwrap_or_else(|| panic!("cargo did not build {name}"));
        Example {
            recipe,
            name,
            executable,
        }
    };
    files.into_iter().map(example).collect()
}

/// The recipe and the name of each example.
fn files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for recipe in recipes() {
        let names = names(&folder(&recipe));
        files.extend(
            names
                .iter()
                .filter_map(|file| Some((recipe.clone(), file.strip_suffix(".rs")?.to_owned()))),
        );
    }
    files
}

fn folder(recipe: &str) -> PathBuf {
    workspace().join("recipes").join(recipe).join("examples")
}

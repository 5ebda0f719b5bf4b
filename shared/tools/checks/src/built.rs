//! The programs of all recipes, built.

use crate::process::{cargo, executable};
use crate::workspace;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A program of a recipe, and where Cargo has built it.
pub struct Built {
    /// The program.
    pub program: catalog::Program,
    /// Its executable.
    pub executable: PathBuf,
}

impl Built {
    /// The command that runs the program in the folder of the workspace, as `cargo run` does.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.executable);
        command.current_dir(workspace());
        command
    }
}

/// Builds the programs of all recipes with one run of Cargo.
///
/// # Panics
///
/// Panics if a program does not build, and if Cargo and the catalog do not find the same programs:
/// a program that only one of them knows would not be checked.
pub fn build() -> Vec<Built> {
    let programs = catalog::programs(workspace());
    assert!(!programs.is_empty(), "there are no recipes");
    let mut cargo = cargo();
    cargo
        .args(["build", "--bins", "--examples"])
        .arg("--message-format=json-render-diagnostics")
        .current_dir(workspace());
    for recipe in catalog::recipes(workspace()) {
        cargo.args(["--package", &recipe.name]);
    }
    let output = cargo
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo can be run");
    assert!(output.status.success(), "cargo does not build the recipes");
    let messages = String::from_utf8_lossy(&output.stdout);
    let mut executables: BTreeMap<_, _> = messages.lines().filter_map(executable).collect();

    let mut all = Vec::new();
    for program in programs {
        let name = program.name();
        let executable = executables
            .remove(&name)
            .unwrap_or_else(|| panic!("cargo does not build {}", program.path.display()));
        all.push(Built {
            program,
            executable,
        });
    }
    let unknown: Vec<_> = executables.keys().collect();
    assert!(
        unknown.is_empty(),
        "cargo builds {unknown:?}, but a program of a recipe has no such name"
    );
    all
}

//! Workloads of the recipes. Each recipe is compared with its Python twin and with its variants for other libraries, all as
//! whole processes.

use crate::{
    Result,
    measure::{Sample, Workload, alone},
    watchdog,
};
use checks::process::{cargo, executable};
use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

/// What an executable in the folder of a recipe is.
#[derive(Debug, PartialEq)]
enum Kind {
    Recipe,
    /// The same job, done with the library of this name.
    Variant(String),
}

pub(crate) fn workloads() -> Vec<Workload> {
    checks::recipes().into_iter().map(workload).collect()
}

fn workload(name: String) -> Workload {
    let workload = Workload::new("Recipes", name.clone(), "ms").in_release_only();
    workload.prepared_by(move |workload| with_programs(workload, &name))
}

/// Builds the recipe and its variants, and adds them and the Python twin as contenders.
fn with_programs(mut workload: Workload, recipe: &str) -> Result<Workload> {
    let folder = checks::recipe(recipe);
    let expected = folder.join("expected.txt");
    let expected = fs::read(&expected)
        .map_err(|error| format!("{} cannot be read: {error}", expected.display()))?;
    let mut programs = build(recipe)?;
    programs.sort();
    for (name, program) in programs {
        let run = whole_process(move || Command::new(&program), expected.clone());
        workload = match kind(recipe, &name) {
            Some(Kind::Recipe) => workload.ours(run),
            Some(Kind::Variant(library)) => workload.peer(library, run),
            None => workload,
        };
    }
    let twin = folder.join(recipe).with_extension("py");
    if twin.exists() && has_python() {
        let python = move || {
            let mut command = Command::new("python3");
            command.arg(&twin);
            command
        };
        workload = workload.peer("python3", whole_process(python, expected));
    }
    Ok(workload)
}

fn kind(recipe: &str, program: &str) -> Option<Kind> {
    let variant = match program.strip_prefix(recipe)? {
        "" => return Some(Kind::Recipe),
        rest => rest.strip_prefix('_')?,
    };
    let is_other = variant.starts_with("mistake") || variant == "solution";
    (!is_other).then(|| Kind::Variant(variant.to_owned()))
}

/// The names and the paths of the executables of a recipe.
fn build(recipe: &str) -> Result<Vec<(String, PathBuf)>> {
    let mut command = cargo();
    command.args([
        "build",
        "--quiet",
        "--release",
        "--bins",
        "--examples",
        "--message-format",
        "json",
        "-p",
        recipe,
    ]);
    let output = command
        .current_dir(checks::workspace())
        .stderr(Stdio::inherit())
        .output();
    let output = output.map_err(|error| format!("cargo cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(format!(
            "{recipe} does not build; `cargo build --release -p {recipe} --examples` shows why"
        )
        .into());
    }
    Ok(String::from_utf8(output.stdout)?
        .lines()
        .filter_map(executable)
        .collect())
}

fn has_python() -> bool {
    Command::new("python3")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success())
}

/// Runs a program from start to end. A wrong output ends the whole run.
fn whole_process(command: impl Fn() -> Command, expected: Vec<u8>) -> impl Fn(u64) -> Sample {
    move |n| {
        let once = |_| {
            let mut command = command();
            let output = watchdog::output(command.stdin(Stdio::null()).stderr(Stdio::null()));
            let output =
                output.unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}"));
            assert!(
                output.status.success(),
                "{command:?} ends with {}",
                output.status
            );
            assert!(
                output.stdout == expected,
                "{command:?} does not print expected.txt"
            );
        };
        let elapsed = alone(|| (0..n).for_each(once));
        Sample::of(elapsed, vec![elapsed.as_secs_f64() * 1e3 / n as f64])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_has_the_name_of_its_library_and_a_mistake_is_not_a_variant() {
        assert_eq!(kind("lock", "lock"), Some(Kind::Recipe));
        assert_eq!(
            kind("lock", "lock_parking_lot"),
            Some(Kind::Variant("parking_lot".to_owned()))
        );
        assert_eq!(kind("lock", "lock_mistake_await"), None);
        assert_eq!(kind("lock", "lock_solution"), None);
        assert_eq!(kind("lock", "locket"), None);
    }
}

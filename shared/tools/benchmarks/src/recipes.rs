//! Workloads of the recipes. Each recipe is compared with its Python twin and with its variants for
//! other libraries, all as whole processes.

use crate::{
    Result,
    measure::{Sample, Workload, alone},
    watchdog,
};
use catalog::{Kind, Recipe};
use checks::{
    process::{cargo, executable},
    workspace,
};
use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

/// The group of all recipes.
pub(crate) const GROUP: &str = "Recipes";

pub(crate) fn workloads() -> Vec<Workload> {
    catalog::recipes(workspace())
        .into_iter()
        .map(workload)
        .collect()
}

fn workload(recipe: Recipe) -> Workload {
    let workload = Workload::new(GROUP, recipe.name.clone(), "ms").in_release_only();
    workload.prepared_by(move |workload| with_programs(workload, &recipe))
}

/// Builds the recipe and its variants, and adds them and the Python twin as contenders.
fn with_programs(mut workload: Workload, recipe: &Recipe) -> Result<Workload> {
    let expected = workspace().join(recipe.expected());
    let expected = fs::read(&expected)
        .map_err(|error| format!("{} cannot be read: {error}", expected.display()))?;
    let executables = build(recipe)?;
    for program in recipe.programs(workspace()) {
        let name = program.name();
        let path = executables
            .get(&name)
            .ok_or_else(|| format!("cargo does not say where it has built {name}"))?
            .clone();
        let run = whole_process(move || Command::new(&path), expected.clone());
        workload = match program.kind {
            Kind::Lesson => workload.ours(run),
            Kind::Variant { library } => workload.peer(library, run),
            Kind::Sequential => workload.peer("one thread", run),
            // The others do another job, or are not there to be compared with a library.
            Kind::Small | Kind::Part { .. } | Kind::Mistake | Kind::Solution => workload,
        };
    }
    let twin = workspace().join(recipe.python());
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

/// The executables of a recipe by the names of its programs.
pub(crate) fn build(recipe: &Recipe) -> Result<BTreeMap<String, PathBuf>> {
    let name = &recipe.name;
    let mut command = cargo();
    command
        .args(["build", "--quiet", "--release", "--bins", "--examples"])
        .args(["--message-format", "json", "--package", name]);
    let output = command
        .current_dir(workspace())
        .stderr(Stdio::inherit())
        .output();
    let output = output.map_err(|error| format!("cargo cannot be run: {error}"))?;
    if !output.status.success() {
        let shown_by = format!("cargo build --release -p {name} --examples");
        return Err(format!("{name} does not build; `{shown_by}` shows why").into());
    }
    let messages = String::from_utf8(output.stdout)?;
    Ok(messages.lines().filter_map(executable).collect())
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

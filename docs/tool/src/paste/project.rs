//! A program from a page, in a project of its own: pasted, its dependencies added, built, run,
//! compared.

use crate::directives::manifest;
use crate::directives::repository::COOKBOOK;
use crate::files;
use crate::output::complain;
use crate::paste::pasted::{Pasted, Sample};
use catalog::{Kind, Program};
use checks::ending::Ending;
use checks::process;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, io};

/// As long as the tests of the recipes allow. A mistake ends by itself sooner than this.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Where the projects are, and what they share so that each dependency is built once.
pub(crate) struct Bench<'a> {
    workspace: &'a Path,
    projects: PathBuf,
    /// Held until the programs have run: two checks at once would replace each other's projects.
    _lock: File,
}

/// A project that has been built.
pub(crate) struct Built<'a> {
    bench: &'a Bench<'a>,
    program: Program,
    folder: PathBuf,
    executable: PathBuf,
}

impl<'a> Bench<'a> {
    /// Waits if another check of this workspace is under way.
    pub(crate) fn new(workspace: &'a Path) -> Result<Self, String> {
        let target = process::target_folder(workspace)
            .map_err(|error| format!("cannot find the target folder: {error}"))?;
        let projects = target.join("book-check");
        let lock = lock(&projects)
            .map_err(|error| format!("cannot lock {}: {error}", projects.display()))?;
        Ok(Bench {
            workspace,
            projects,
            _lock: lock,
        })
    }

    /// Nothing but what the page says goes into the project, and the versions that the workspace
    /// has locked.
    pub(crate) fn build(&'a self, pasted: &Pasted, program: Program) -> Result<Built<'a>, String> {
        if pasted.main.is_empty() {
            return Err("has facts on its page and no program".to_owned());
        }
        let name = project_name(&program);
        let folder = self.projects.join(&name);
        self.write(&folder, &name, pasted)
            .map_err(|error| format!("cannot make a project of it: {error}"))?;
        for line in &pasted.cargo_add {
            self.cargo_add(&folder, line)?;
        }
        let target = self.projects.join("target");
        let build = [
            "build",
            "--quiet",
            "--offline",
            "--color=never",
            "--target-dir",
        ];
        cargo(
            process::cargo()
                .args(build)
                .arg(&target)
                .current_dir(&folder),
        )
        .map_err(|reason| format!("does not build in {}: {reason}", folder.display()))?;
        let executable = target.join("debug").join(name + env::consts::EXE_SUFFIX);
        Ok(Built {
            bench: self,
            program,
            folder,
            executable,
        })
    }

    fn write(&self, folder: &Path, name: &str, pasted: &Pasted) -> io::Result<()> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder.join("src"))?;
        fs::write(folder.join("src/main.rs"), &pasted.main)?;
        if let Some(cli) = &pasted.cli {
            fs::write(folder.join("src/cli.rs"), cli)?;
        }
        if let Some(one_file) = pasted.in_one_file() {
            fs::create_dir(folder.join("src/bin"))?;
            fs::write(
                folder.join(format!("src/bin/{name}-in-one-file.rs")),
                one_file,
            )?;
        }
        fs::write(folder.join("Cargo.toml"), manifest(name))?;
        let lock = self.workspace.join("Cargo.lock");
        if lock.exists() {
            fs::copy(lock, folder.join("Cargo.lock"))?;
        }
        if let Some(input) = &pasted.input {
            copy(&self.workspace.join(input), &folder.join("input"))?;
        }
        Ok(())
    }

    /// Runs the line as the page has it, without a shell.
    fn cargo_add(&self, folder: &Path, line: &str) -> Result<(), String> {
        let cookbook = self.workspace.display().to_string();
        let mut words: Vec<String> = line
            .split_whitespace()
            .skip(1)
            .map(|word| word.replace(COOKBOOK, &cookbook))
            .collect();
        // The address has what has been published. What is to be checked lies here.
        if let [_, name, option, address, ..] = &mut words[..]
            && *option == "--git"
        {
            let dependency = manifest::named(self.workspace, name);
            let folder = dependency.ok().and_then(|it| it.folder(self.workspace));
            let folder = folder.ok_or_else(|| format!("`{line}`: no crate of this workspace"))?;
            *option = "--path".to_owned();
            *address = folder.display().to_string();
        }
        let mut command = process::cargo();
        command
            .args(words)
            .args(["--quiet", "--offline"])
            .current_dir(folder);
        cargo(&mut command).map_err(|reason| format!("`{line}` fails: {reason}"))
    }
}

impl Built<'_> {
    /// Runs the program and compares what it prints with what the book says it prints.
    pub(crate) fn run(&self) -> Result<(), String> {
        let end = process::run(
            Command::new(&self.executable).current_dir(&self.folder),
            TIME_LIMIT,
        )?;
        let path = &self.program.path;
        if self.program.kind == Kind::Mistake {
            let mut ending = Ending::of(end)?;
            // Where a panic was is part of what it says.
            ending.stderr = ending
                .stderr
                .replace("src/main.rs", &files::with_slashes(path));
            return self.compare(&ending.text(), &self.program.text());
        }
        if end.code != Some(0) {
            let status = end
                .code
                .map_or("a signal".to_owned(), |code| format!("exit status: {code}"));
            return Err(format!("fails ({status}): {}", end.stderr));
        }
        let expected = self.program.expected(self.bench.workspace);
        self.compare(&end.stdout, &expected)
    }

    /// Runs the program as the page says a reader can try it.
    pub(crate) fn run_on(&self, sample: &Sample) -> Result<(), String> {
        let Sample { name, text, output } = sample;
        if let Some(text) = text {
            fs::write(self.folder.join(name), text)
                .map_err(|error| format!("cannot write {name}: {error}"))?;
        }
        let mut command = Command::new(&self.executable);
        command.arg(name).current_dir(&self.folder);
        let end = process::run(&mut command, TIME_LIMIT)?;
        if end.code != Some(0) || end.stdout.is_empty() {
            return Err(format!("fails on {name}: {}", end.stderr));
        }
        match output {
            Some(output) => compare(
                &end.stdout,
                output,
                &format!("for {name} what its page says"),
            ),
            None => Ok(()),
        }
    }

    fn compare(&self, printed: &str, file: &Path) -> Result<(), String> {
        let shown = files::with_slashes(file);
        let promised = fs::read_to_string(self.bench.workspace.join(file));
        let promised = promised.map_err(|error| format!("cannot read {shown}: {error}"))?;
        compare(printed, &promised, &shown)
    }
}

/// `shown` says where what was promised stands.
fn compare(printed: &str, promised: &str, shown: &str) -> Result<(), String> {
    if printed == promised {
        return Ok(());
    }
    let same = printed
        .lines()
        .zip(promised.lines())
        .take_while(|(a, b)| a == b)
        .count();
    let line = |text: &str| {
        text.lines()
            .nth(same)
            .map_or("nothing".to_owned(), |line| format!("`{line}`"))
    };
    Err(format!(
        "does not print {shown}: line {} is {}, not {}",
        same + 1,
        line(printed),
        line(promised)
    ))
}

fn lock(projects: &Path) -> io::Result<File> {
    fs::create_dir_all(projects)?;
    let file = File::create(projects.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            complain("Waiting for another `cargo book check` to end.");
            file.lock()?;
            Ok(file)
        }
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Another name than the one that the program has here: it must not depend on it.
fn project_name(program: &Program) -> String {
    format!("pasted-{}", program.name())
}

/// A reader's project does not have the workspace's lints. These find two faults of a page: a
/// warning, and a crate that it adds for nothing.
fn manifest(name: &str) -> String {
    format!(
        "[workspace]\n\n[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[lints.rust]\nwarnings = \"deny\"\n\
         unused_crate_dependencies = \"deny\"\n"
    )
}

/// Runs it, and gives the first error in what it says.
fn cargo(command: &mut Command) -> Result<(), String> {
    let output = command
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let mut lines = words.lines().skip_while(|line| !line.starts_with("error"));
    let first = lines.next().unwrap_or(&words);
    let place = lines
        .next()
        .filter(|line| line.trim_start().starts_with("-->"));
    Err([Some(first), place]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" "))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for file in files::below(from, &[])? {
        let target = to.join(&file);
        fs::create_dir_all(target.parent().unwrap_or(to))?;
        fs::copy(from.join(&file), target)?;
    }
    Ok(())
}

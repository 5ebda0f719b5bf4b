//! Running a program of a recipe with tracing on, for a limited time.

use crate::arguments::Program;
use crate::words::times;
use checks::process::{cargo, executable};
use checks::workspace;
use recorder::VARIABLE;
use shared_child::SharedChild;
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{env, thread};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const FEATURE: &str = "sync-primitives/trace-file";
/// A program that runs longer is reported about, this often on a terminal and less often elsewhere.
const NEWS: Duration = Duration::from_millis(500);
const SELDOM: Duration = Duration::from_secs(5);

/// How a program ended.
#[derive(Debug, PartialEq)]
pub(crate) enum End {
    Itself(ExitStatus),
    Stopped,
}

/// Whose output is seen.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Output {
    Shown,
    Hidden,
}

/// Where traces are kept for another drawing.
pub(crate) fn folder() -> Result<PathBuf> {
    let target =
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from);
    let folder = std::path::absolute(target)?.join("timelines");
    fs::create_dir_all(&folder)
        .map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
    Ok(folder)
}

pub(crate) fn trace_file(program: &Program) -> Result<PathBuf> {
    Ok(folder()?.join(format!("{}.trace", program.name())))
}

/// Says which recipe or example there is not, before Cargo says it in its own words.
pub(crate) fn check(program: &Program) -> Result<()> {
    let name = &program.recipe;
    if !checks::recipe(name).join("Cargo.toml").is_file() {
        let recipe = name.split('_').next().unwrap_or_default();
        let hint = match examples(recipe).contains(name) {
            true => format!("it is an example: cargo timeline {recipe} --example {name}"),
            false => format!("the recipes are: {}", checks::recipes().join(", ")),
        };
        return Err(format!("there is no recipe `{name}`; {hint}").into());
    }
    let examples = examples(name);
    match &program.example {
        Some(example) if !examples.contains(example) => Err(format!(
            "{name} has no example `{example}`; it has: {}",
            examples.join(", ")
        )
        .into()),
        _ => Ok(()),
    }
}

/// The names of a recipe's examples, in order.
fn examples(recipe: &str) -> Vec<String> {
    let files = checks::names(&checks::recipe(recipe).join("examples"));
    files
        .iter()
        .filter_map(|file| file.strip_suffix(".rs").map(str::to_owned))
        .collect()
}

/// Builds a program with the feature, runs it, and leaves its trace in the file.
pub(crate) fn run(program: &Program, trace: &Path, limit: Duration, output: Output) -> Result<End> {
    // What an earlier run left would be taken for this one's.
    if trace.exists() {
        fs::remove_file(trace)
            .map_err(|error| format!("{} cannot be removed: {error}", trace.display()))?;
    }
    let mut command = Command::new(build(program)?);
    command
        .args(&program.arguments)
        .env(VARIABLE, trace)
        .stdin(Stdio::null());
    if output == Output::Hidden {
        command.stdout(Stdio::null()).stderr(Stdio::null());
    }
    let child = SharedChild::spawn(&mut command)
        .map_err(|error| format!("{} cannot be run: {error}", program.name()))?;
    Ok(wait(&child, trace, limit)?)
}

/// Where the program is that Cargo has built. It is run without Cargo, which would take some of its time and, on some
/// systems, be stopped in its place.
fn build(program: &Program) -> Result<PathBuf> {
    let mut command = cargo();
    command.args([
        "build",
        "--message-format=json-render-diagnostics",
        "--features",
        FEATURE,
    ]);
    // The first build takes a while, and whoever looks on sees how far it is.
    if !io::stderr().is_terminal() {
        command.arg("--quiet");
    }
    command
        .args(["--package", &program.recipe])
        .current_dir(workspace());
    match &program.example {
        Some(example) => command.args(["--example", example]),
        None => command.args(["--bin", &program.recipe]),
    };
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(format!(
            "{} cannot be built with feature {FEATURE}; cargo says why above",
            program.name()
        )
        .into());
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let built = messages.lines().filter_map(executable).next_back();
    built
        .map(|(_, path)| path)
        .ok_or_else(|| format!("cargo does not say where it has built {}", program.name()).into())
}

/// Waits in a thread of its own, so that the end is known at once; this one has the clock.
fn wait(child: &SharedChild, trace: &Path, limit: Duration) -> io::Result<End> {
    let start = Instant::now();
    let mut progress = Progress::new(trace);
    let (sender, ended) = mpsc::channel();
    let end = thread::scope(|scope| {
        // Nobody receives after the time limit.
        scope.spawn(|| drop(sender.send(child.wait())));
        loop {
            let news = limit.min(progress.next).saturating_sub(start.elapsed());
            match ended.recv_timeout(news) {
                Ok(status) => return status.map(End::Itself),
                Err(_) if start.elapsed() >= limit => return child.kill().map(|()| End::Stopped),
                Err(_) => progress.tell(start.elapsed()),
            }
        }
    });
    progress.end();
    end
}

/// Says on standard error how much there is of the trace by now.
struct Progress<'a> {
    trace: &'a Path,
    file: Option<File>,
    records: u64,
    next: Duration,
    is_terminal: bool,
    is_said: bool,
}

impl<'a> Progress<'a> {
    fn new(trace: &'a Path) -> Self {
        let is_terminal = io::stderr().is_terminal();
        let next = if is_terminal { NEWS } else { SELDOM };
        Progress {
            trace,
            file: None,
            records: 0,
            next,
            is_terminal,
            is_said: false,
        }
    }

    fn tell(&mut self, elapsed: Duration) {
        if elapsed < self.next {
            return;
        }
        self.next += if self.is_terminal { NEWS } else { SELDOM };
        self.count();
        let seconds = elapsed.as_secs_f64();
        let news = format!(
            "{seconds:.1} s: {}",
            times(self.records.saturating_sub(1), "record", "records")
        );
        let end = if self.is_terminal { "\r" } else { "\n" };
        // Nobody may be listening.
        drop(write!(io::stderr(), "{news}{end}"));
        self.is_said = true;
    }

    /// Counts the lines that were written since the last time.
    fn count(&mut self) {
        if self.file.is_none() {
            self.file = File::open(self.trace).ok();
        }
        let Some(file) = &mut self.file else { return };
        let mut bytes = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = file.read(&mut bytes) {
            self.records += bytes[..length]
                .iter()
                .filter(|byte| **byte == b'\n')
                .count() as u64;
        }
    }

    /// Leaves the line that was written over and over.
    fn end(&self) {
        if self.is_terminal && self.is_said {
            drop(writeln!(io::stderr()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_program_that_hangs_is_stopped() {
        let child = SharedChild::spawn(Command::new("sleep").arg("600")).expect("there is a sleep");
        let end = wait(
            &child,
            Path::new("no such trace"),
            Duration::from_millis(50),
        )
        .expect("it can be waited for");
        assert_eq!(end, End::Stopped);
    }

    #[test]
    fn a_name_that_is_none_is_answered_with_those_that_are() {
        let program = |recipe: &str, example: Option<&str>| Program {
            recipe: recipe.to_owned(),
            example: example.map(str::to_owned),
            arguments: Vec::new(),
        };
        let error = |program: Program| check(&program).expect_err("a bad name").to_string();
        assert!(
            error(program("rlok", None)).contains("no recipe `rlok`; the recipes are: barrier, ")
        );
        assert!(error(program("rlock", Some("x"))).contains("rlock has no example `x`; it has: "));
        check(&program("rlock", Some("rlock_std"))).expect("there is one");
    }
}

//! Running a program of a recipe with tracing on, for a limited time.

use crate::arguments::Wanted;
use crate::copy::{self, Listener};
use crate::words::times;
use catalog::{Kind, Program};
use checks::process::{cargo, executable, target_folder};
use checks::workspace;
use recorder::VARIABLE;
use shared_child::SharedChild;
use std::error::Error;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

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

/// A run of a program, with a folder of its own. So runs at the same time do not disturb each
/// other.
pub(crate) struct Run {
    program: Program,
    folder: TempDir,
}

impl Run {
    pub(crate) fn new(program: Program) -> Result<Run> {
        let kept = folder()?;
        let folder = tempfile::Builder::new()
            .prefix("run-")
            .tempdir_in(&kept)
            .map_err(|error| format!("{} cannot be written: {error}", kept.display()))?;
        Ok(Run { program, folder })
    }

    /// Where the program leaves its trace.
    pub(crate) fn trace(&self) -> PathBuf {
        self.folder.path().join("trace")
    }

    /// A file for the time of the run.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Builds the program with the feature, and runs it.
    pub(crate) fn start(
        &self,
        arguments: &[OsString],
        limit: Duration,
        output: Output,
    ) -> Result<End> {
        let trace = self.trace();
        let mut command = Command::new(build(&self.program)?);
        command
            .args(arguments)
            .env(VARIABLE, &trace)
            .stdin(Stdio::null());
        if output == Output::Hidden {
            command.stdout(Stdio::null()).stderr(Stdio::null());
        }
        let child = spawn(&mut command, self.folder.path())
            .map_err(|error| format!("{} cannot be run: {error}", self.program.name()))?;
        Ok(wait(&child, &trace, limit)?)
    }

    /// Keeps the trace for another drawing. It takes the place of an earlier one at once, so that
    /// nobody reads half of it.
    pub(crate) fn keep(self) -> Result<PathBuf> {
        let kept = kept_trace(&self.program)?;
        fs::rename(self.trace(), &kept)
            .map_err(|error| format!("{} cannot be written: {error}", kept.display()))?;
        Ok(kept)
    }
}

/// Where traces are kept for another drawing.
fn folder() -> Result<PathBuf> {
    let folder = target_folder(workspace())?.join("timelines");
    fs::create_dir_all(&folder)
        .map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
    Ok(folder)
}

/// Where the trace of the program's last run is kept.
pub(crate) fn kept_trace(program: &Program) -> Result<PathBuf> {
    Ok(folder()?.join(format!("{}.trace", program.name())))
}

/// Finds the program, or says which recipes or examples there are before Cargo says it in its own
/// words.
pub(crate) fn find(wanted: &Wanted) -> Result<Program> {
    let programs = catalog::programs(workspace());
    let recipe = match catalog::find(workspace(), &wanted.recipe) {
        Ok(recipe) => recipe,
        Err(reason) => {
            let example = programs
                .iter()
                .find(|program| program.name() == wanted.recipe)
                .ok_or(reason)?;
            return Err(format!(
                "there is no recipe {}; it is an example: cargo timeline {} --example {}",
                wanted.recipe, example.recipe.name, wanted.recipe
            )
            .into());
        }
    };
    let Some(example) = &wanted.example else {
        return Ok(recipe.lesson());
    };
    let mut names = Vec::new();
    for program in programs {
        if program.recipe != recipe || program.kind == Kind::Lesson {
            continue;
        }
        if program.name() == *example {
            return Ok(program);
        }
        names.push(program.name());
    }
    Err(format!(
        "{} has no example {example}; it has: {}",
        recipe.name,
        names.join(", ")
    )
    .into())
}

/// Builds the program so that it records a trace, and returns where it is.
fn build(program: &Program) -> Result<PathBuf> {
    if copy::uses_tokio(program) {
        return build_copy(program, Listener::Recorder);
    }
    let name = program.name();
    let how = format!("with the feature {FEATURE}");
    let mut command = cargo_build(&name, &how);
    command
        .args(["--features", FEATURE])
        .args(["--package", &program.recipe.name])
        .current_dir(workspace());
    match program.kind {
        Kind::Lesson => command.args(["--bin", &name]),
        _ => command.args(["--example", &name]),
    };
    built(&mut command, &name, &how)
}

/// Does the same for a program that uses tokio. All copies share a target folder, which is not that
/// of the workspace, because the flag changes every crate.
pub(crate) fn build_copy(program: &Program, listener: Listener) -> Result<PathBuf> {
    let name = program.name();
    let copies = folder()?.join("tasks");
    fs::create_dir_all(&copies)?;
    // Held until the program is built: another command may copy it at the same time.
    let lock = File::create(copies.join("lock"))?;
    lock.lock()?;
    let how = format!("as a copy, by RUSTFLAGS=\"{}\"", copy::RUSTFLAGS);
    let mut command = cargo_build(&name, &how);
    command
        .arg("--manifest-path")
        .arg(copy::make(program, listener, &copies.join(&name))?)
        .env("RUSTFLAGS", copy::RUSTFLAGS)
        .env("CARGO_TARGET_DIR", copies.join("target"));
    built(&mut command, &name, &how)
}

/// Cargo itself shows what it compiles and how far it is. The first build takes a while.
fn cargo_build(name: &str, how: &str) -> Command {
    eprintln!("cargo timeline: builds {name} {how}");
    let mut command = cargo();
    command
        .args(["build", "--message-format=json-render-diagnostics"])
        .stderr(Stdio::inherit());
    command
}

/// Where the program is that this command builds. It is run without Cargo, which would take some of
/// its time and, on some systems, be stopped in its place.
fn built(command: &mut Command, name: &str, how: &str) -> Result<PathBuf> {
    let output = command
        .output()
        .map_err(|error| format!("cargo cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(format!("{name} cannot be built {how}; cargo says why above").into());
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let built = messages.lines().filter_map(executable).next_back();
    built
        .map(|(_, path)| path)
        .ok_or_else(|| format!("cargo does not say where it has built {name}").into())
}

/// Starts a program that does not outlive this one: if a signal ends this process, it also ends the
/// program and removes the folder of the run.
#[cfg(unix)]
fn spawn(command: &mut Command, folder: &Path) -> io::Result<Arc<SharedChild>> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    // From here on, a signal waits in `signals` until the child is known.
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    let child = Arc::new(SharedChild::spawn(command)?);
    let (running, folder) = (Arc::clone(&child), folder.to_owned());
    thread::spawn(move || {
        for signal in signals.forever() {
            // Neither has an error that anything could be done about now.
            drop(running.kill());
            drop(fs::remove_dir_all(&folder));
            drop(emulate_default_handler(signal));
        }
    });
    Ok(child)
}

#[cfg(not(unix))]
fn spawn(command: &mut Command, _: &Path) -> io::Result<Arc<SharedChild>> {
    SharedChild::spawn(command).map(Arc::new)
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
        let find = |recipe: &str, example: Option<&str>| {
            find(&Wanted {
                recipe: recipe.to_owned(),
                example: example.map(str::to_owned),
                arguments: Vec::new(),
            })
        };
        let error = |recipe, example| find(recipe, example).expect_err("a bad name").to_string();
        let unknown = error("rlok", None);
        assert!(
            unknown.contains("no recipe rlok; the recipes are: "),
            "{unknown}"
        );
        assert!(unknown.contains(", rlock, "), "{unknown}");
        assert!(error("rlock_std", None).contains("cargo timeline rlock --example rlock_std"));
        assert!(error("rlock", Some("x")).contains("rlock has no example x; it has: "));
        assert!(error("rlock", Some("rlock")).contains("no example rlock; it has: "));
        let found = find("rlock", Some("rlock_std")).expect("there is one");
        assert_eq!(found.name(), "rlock_std");
    }

    #[test]
    fn two_runs_of_a_program_do_not_share_a_file() {
        let program = || catalog::find(workspace(), "rlock").unwrap().lesson();
        let (one, other) = (Run::new(program()).unwrap(), Run::new(program()).unwrap());
        assert_ne!(one.trace(), other.trace());
        let folder = one.folder.path().to_owned();
        drop(one);
        assert!(!folder.exists());
    }
}

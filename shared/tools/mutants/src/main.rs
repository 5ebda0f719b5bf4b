//! `cargo mutate [FILTER]`: are the tests of `sync-primitives` good enough to notice a mistake?
//!
//! The command makes one small change at a time in a copy of the library: it weakens an ordering,
//! leaves out a wakeup or sets a bit wrongly (`rules` lists all kinds). Then it runs the models and
//! the ordinary tests of the primitive that has the change (`scratch` lists the parts), and names
//! the first test that fails. A mutant that no test kills shows that a test is missing, unless
//! `survivors.txt` argues that it changes nothing. Otherwise the command fails.
//!
//! - `FILTER` is a part of the names of the mutants that run. `results.md` keeps the rows of the
//!   others.
//! - `--rest` runs the mutants that have no row yet, so it continues a run that was stopped.
//! - `--list` names all mutants and runs none.
//!
//! `MUTATE_JOBS=1` runs one mutant at a time, instead of one on each processor. With
//! `LOOM_MAX_PERMUTATIONS=20000`, a model stops after so many schedules. Then the command takes
//! less time, but a survivor may need a second run.

mod report;
mod rules;
mod scratch;

use checks::command_line::{self, print};
use checks::process::target_folder;
use checks::workspace;
use report::Outcomes;
use rules::Mutant;
use scratch::{LIBRARY, Outcome, Scratch};
use std::{
    collections::BTreeSet,
    env,
    error::Error,
    fs::{self, File, TryLockError},
    path::Path,
    process::ExitCode,
    sync::{Mutex, PoisonError, mpsc},
    thread,
    time::Instant,
};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> ExitCode {
    let complaints = command_line::arguments()
        .map_err(Into::into)
        .and_then(|arguments| mutate(&arguments));
    let complaints = complaints.unwrap_or_else(|error| vec![format!("cargo mutate: {error}")]);
    complaints
        .iter()
        .for_each(|complaint| eprintln!("{complaint}"));
    if complaints.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Returns the complaints about the tests and about the list of survivors.
fn mutate(arguments: &[String]) -> Result<Vec<String>> {
    let argument = match arguments {
        [] => "",
        [argument]
            if !argument.starts_with('-') || ["--rest", "--list"].contains(&argument.as_str()) =>
        {
            argument
        }
        _ => {
            return Err(
                "it takes a part of a mutant's name, or --rest, or --list, or nothing".into(),
            );
        }
    };
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let all = find_all(&workspace().join(LIBRARY).join("src"))?;
    if argument == "--list" {
        let mut list = String::new();
        for mutant in &all {
            list += &format!("{}\n", mutant.place());
        }
        print(&list)?;
        return Ok(Vec::new());
    }
    let folder = target_folder(workspace())?.join("mutants");
    let _lock = lock(&folder)?;
    let list = read(&here.join("survivors.txt"))?;
    let listed = report::read_survivors(&list)
        .map_err(|error| format!("shared/tools/mutants/survivors.txt: {error}"))?;
    let results = here.join("results.md");
    let table = if results.exists() {
        read(&results)?
    } else {
        String::new()
    };
    let mut outcomes = report::read_table(&table)
        .map_err(|error| format!("shared/tools/mutants/results.md: {error}"))?;
    let is_chosen = |mutant: &&Mutant| match argument {
        "--rest" => !outcomes.contains_key(&mutant.name()),
        part => mutant.name().contains(part),
    };
    let chosen: Vec<_> = all.iter().filter(is_chosen).collect();
    match argument {
        _ if !chosen.is_empty() => {}
        "--rest" => print("each mutant has its row in shared/tools/mutants/results.md\n")?,
        part => {
            return Err(format!("no mutant has `{part}` in its name; --list shows them").into());
        }
    }
    let write = |outcomes: &Outcomes| fs::write(&results, report::table(&all, outcomes, &listed));
    // The arguments for the survivors may be new.
    write(&outcomes)?;
    let mut tried = Outcomes::new();
    // Each outcome is written at once, because a run is long and may be stopped.
    try_out(&folder, &chosen, |mutant, outcome| {
        tried.insert(mutant.name(), outcome.clone());
        outcomes.insert(mutant.name(), outcome);
        Ok(write(&outcomes)?)
    })?;
    if !chosen.is_empty() {
        print(&format!("{}\n", report::counts(&chosen, &tried)))?;
    }
    Ok(report::complaints(&all, &tried, &listed))
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file)
        .map_err(|error| format!("{} cannot be read: {error}", file.display()).into())
}

/// The mutants of every file in the library except `park`, which loom replaces.
fn find_all(source: &Path) -> Result<Vec<Mutant>> {
    let mut all = Vec::new();
    for file in checks::files_below(source)? {
        let name = file.to_string_lossy().replace('\\', "/");
        if !name.starts_with("park") {
            all.extend(rules::find(&name, &read(&source.join(file))?));
        }
    }
    Ok(all)
}

/// How many mutants run at a time: `MUTATE_JOBS`, or as many as there are processors.
fn jobs() -> Result<usize> {
    let Some(jobs) = env::var_os("MUTATE_JOBS") else {
        return Ok(thread::available_parallelism().map_or(1, usize::from));
    };
    let jobs = jobs.to_str().and_then(|jobs| jobs.parse().ok());
    match jobs.filter(|&jobs| jobs > 0) {
        Some(jobs) => Ok(jobs),
        None => Err("MUTATE_JOBS must be a number of at least 1".into()),
    }
}

/// Reserves the folder for this process. Two runs in the same copies would try out each other's
/// mutants, and each would lose the rows that the other one writes.
fn lock(folder: &Path) -> Result<File> {
    fs::create_dir_all(folder)?;
    let lock = File::create(folder.join("lock"))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            Err("another `cargo mutate` is running; wait until it has ended".into())
        }
        Err(TryLockError::Error(error)) => {
            Err(format!("{} cannot be locked: {error}", folder.display()).into())
        }
    }
}

/// Runs the tests on each mutant, a few at a time (see `jobs`), each in a copy of its own. Passes
/// the outcome to `record`.
fn try_out(
    folder: &Path,
    mutants: &[&Mutant],
    mut record: impl FnMut(&Mutant, Outcome) -> Result<()>,
) -> Result<()> {
    let copies = jobs()?.min(mutants.len());
    let copies = (0..copies)
        .map(|n| Scratch::new(workspace(), folder.join(n.to_string())))
        .collect::<Result<Vec<_>>>()?;
    let Some(copy) = copies.first() else {
        return Ok(());
    };
    let files: BTreeSet<_> = mutants.iter().map(|mutant| mutant.file.as_str()).collect();
    for file in files {
        let outcome = copy.run_tests(file)?;
        if outcome != Outcome::Survived {
            return Err(format!("without a mutant all tests should pass, but: {outcome:?}").into());
        }
    }
    let start = Instant::now();
    let queue = Mutex::new(mutants.iter().enumerate());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let (sender, outcomes) = mpsc::channel();
    let work = |copy: &Scratch, sender: mpsc::Sender<_>| {
        while let Some((index, mutant)) = next() {
            // The receiver is gone after an error in running or recording a mutant.
            if sender
                .send((index + 1, mutant, copy.try_out(mutant)))
                .is_err()
            {
                break;
            }
        }
    };
    thread::scope(|scope| {
        copies.iter().for_each(|copy| {
            let sender = sender.clone();
            scope.spawn(|| work(copy, sender));
        });
        drop(sender);
        outcomes
            .into_iter()
            .try_for_each(|(number, mutant, outcome)| {
                let (seconds, outcome) = (start.elapsed().as_secs(), outcome?);
                eprintln!(
                    "{seconds} s, {number}/{}, {}: {outcome:?}",
                    mutants.len(),
                    mutant.place()
                );
                record(mutant, outcome)
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_in_the_same_folder_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let first = lock(folder.path()).expect("nobody else uses it");
        let reason = lock(folder.path()).expect_err("it is in use").to_string();
        assert!(
            reason.contains("another `cargo mutate` is running"),
            "{reason}"
        );
        drop(first);
        lock(folder.path()).expect("nobody uses it anymore");
    }
}

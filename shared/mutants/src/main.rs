//! `cargo mutate [FILTER]`: are the tests of `sync-primitives` good enough to notice a mistake?
//!
//! Makes one small fault at a time in a copy of the library: an ordering weakened, a wake-up left out, a flag set
//! wrongly (`rules` has them all). Runs the models, then the ordinary tests, of the primitive that has the fault
//! (`scratch` has the parts), and names the first that fails. A fault that nothing notices is a missing test, unless
//! `survivors.txt` argues that it changes nothing; otherwise the command fails. `FILTER` is a part of a mutant's name: only those mutants run, and `results.md` keeps the rows of the others.
//! `--rest` runs those that have no row yet, which goes on where a run was cut off. `--list` names the mutants and runs
//! none. `MUTATE_JOBS=1` runs one mutant at a time, and not one on each processor.

mod report;
mod rules;
mod scratch;

use report::Outcomes;
use rules::Mutant;
use scratch::{LIBRARY, Outcome, Scratch};
use std::{
    collections::BTreeSet,
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Mutex, PoisonError, mpsc},
    thread,
    time::Instant,
};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> ExitCode {
    let complaints = mutate(&env::args().skip(1).collect::<Vec<_>>());
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

/// Returns what is wrong with the tests or with the list of survivors.
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
    let workspace = here.join("../..");
    let all = find_all(&workspace.join(LIBRARY).join("src"))?;
    if argument == "--list" {
        all.iter().for_each(|mutant| println!("{}", mutant.place()));
        return Ok(Vec::new());
    }
    let list = read(&here.join("survivors.txt"))?;
    let listed = report::read_survivors(&list)
        .map_err(|error| format!("shared/mutants/survivors.txt: {error}"))?;
    let results = here.join("results.md");
    let table = if results.exists() {
        read(&results)?
    } else {
        String::new()
    };
    let mut outcomes = report::read_table(&table)
        .map_err(|error| format!("shared/mutants/results.md: {error}"))?;
    let is_chosen = |mutant: &&Mutant| match argument {
        "--rest" => !outcomes.contains_key(&mutant.name()),
        part => mutant.name().contains(part),
    };
    let chosen: Vec<_> = all.iter().filter(is_chosen).collect();
    match argument {
        _ if !chosen.is_empty() => {}
        "--rest" => println!("each mutant has its row in shared/mutants/results.md"),
        part => {
            return Err(format!("no mutant has `{part}` in its name; --list shows them").into());
        }
    }
    let write = |outcomes: &Outcomes| fs::write(&results, report::table(&all, outcomes, &listed));
    // The arguments for those that survive may be new.
    write(&outcomes)?;
    let mut tried = Outcomes::new();
    // Each is written down at once: a run is long, and may be cut off.
    try_out(&workspace, &chosen, |mutant, outcome| {
        tried.insert(mutant.name(), outcome.clone());
        outcomes.insert(mutant.name(), outcome);
        Ok(write(&outcomes)?)
    })?;
    if !chosen.is_empty() {
        println!("{}", report::counts(&chosen, &tried));
    }
    Ok(report::complaints(&all, &tried, &listed))
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file)
        .map_err(|error| format!("{} cannot be read: {error}", file.display()).into())
}

/// The mutants of every file in the library but the seam, which loom replaces.
fn find_all(source: &Path) -> Result<Vec<Mutant>> {
    let mut all = Vec::new();
    for file in scratch::files_below(source)? {
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

/// Runs the tests on each mutant, a few at a time (see `jobs`), each in a copy of its own, and tells
/// `record` what became of it.
fn try_out(
    workspace: &Path,
    mutants: &[&Mutant],
    mut record: impl FnMut(&Mutant, Outcome) -> Result<()>,
) -> Result<()> {
    let target =
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from);
    let folder = std::path::absolute(target.join("mutants"))?;
    let copies = jobs()?.min(mutants.len());
    let copies = (0..copies)
        .map(|n| Scratch::new(workspace, folder.join(n.to_string())))
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
            // Nobody receives once a mutant could not be run or recorded.
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

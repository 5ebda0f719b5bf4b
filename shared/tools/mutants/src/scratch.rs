//! A copy of the workspace that holds `sync-primitives` and what it needs, where mutants are built
//! and run.
//!
//! It has target folders of its own, so that a mutated artifact is never mistaken for the real
//! crate. Cargo compares the times of files. The file is written again for a mutant and after it,
//! so both versions are built.

use crate::{Result, rules::Mutant};
use checks::process::{cargo, executable};
use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

/// Where the mutated crate is, below the workspace and below each copy.
pub(crate) const LIBRARY: &str = "shared/sync-primitives";

/// What is copied. Cargo needs the optional dependency too, although no test here enables it.
const NEEDED: [&str; 2] = [LIBRARY, "shared/recorder"];

/// How long one test may take before it counts as hung. The tests end their own waits after 30
/// seconds, and the longest model takes a minute on a busy machine.
const LIMIT: Duration = Duration::from_secs(300);

/// The result of running the tests on a mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The first test that failed.
    Killed(String),
    Survived,
    DoesNotCompile,
}

/// Test files that do not run: the models of other checkers, tests that find faults only by chance
/// (the list of survivors cannot depend on luck), and tests that need a feature.
const LEFT_OUT: [&str; 6] = [
    "linearizability",
    "loom",
    "sanitizer",
    "shuttle",
    "stress",
    "trace",
];

/// The part of the library that a source file belongs to, and what uses this part: only that can
/// notice a mutant in the file.
struct Part {
    /// How the name of the source file begins.
    file: &'static str,
    /// Words in the names of its models. All models if there is none.
    models: &'static [&'static str],
    /// The names of its test files. All test files if there is none.
    tests: &'static [&'static str],
}

/// The first part whose `file` fits is the one that a file belongs to.
const PARTS: &[Part] = &[
    Part {
        file: "barrier",
        models: &["barrier"],
        tests: &["barrier"],
    },
    Part {
        file: "condition",
        models: &["condition"],
        tests: &["condition"],
    },
    Part {
        file: "event",
        models: &["event"],
        tests: &["event"],
    },
    Part {
        file: "lock",
        models: &["lock", "condition"],
        tests: &["lock", "rlock", "condition"],
    },
    Part {
        file: "queue/task_counter",
        models: &["join"],
        tests: &["queue", "lifo_queue", "priority_queue"],
    },
    Part {
        file: "queue",
        models: &["queue_"],
        tests: &["queue", "lifo_queue", "priority_queue", "memory"],
    },
    Part {
        file: "rlock",
        models: &["rlock", "outermost"],
        tests: &["rlock", "condition"],
    },
    Part {
        file: "semaphore",
        models: &["semaphore"],
        tests: &["semaphore", "bounded_semaphore"],
    },
    Part {
        file: "",
        models: &[],
        tests: &[],
    },
];

/// Models that do not run, because they take minutes each.
const SLOW_MODELS: &[&str] = &[
    "join_keeps_waiting_if_an_item_arrives_as_the_last_one_is_done",
    "queue_gives_two_waiting_poppers_an_item_each",
];

impl Part {
    /// The part that the source file `file` belongs to.
    fn of(file: &str) -> &'static Part {
        PARTS
            .iter()
            .find(|part| file.starts_with(part.file))
            .expect("the last part has every file")
    }
}

/// One kind of tests: how Cargo builds them, and which of them run.
struct Suite {
    name: &'static str,
    arguments: Vec<String>,
    rustflags: &'static str,
    /// Words in the names of the tests that run. All tests run if there is none.
    filters: &'static [&'static str],
}

pub(crate) struct Scratch {
    root: PathBuf,
}

impl Scratch {
    /// Copies what is needed of `workspace` to `root`; what was built there before stays.
    pub(crate) fn new(workspace: &Path, root: PathBuf) -> Result<Scratch> {
        for package in NEEDED {
            copy_folder(&workspace.join(package), &root.join(package))?;
        }
        let manifest = fs::read_to_string(workspace.join("Cargo.toml"))?;
        fs::write(root.join("Cargo.toml"), with_the_library_alone(&manifest))?;
        fs::copy(workspace.join("Cargo.lock"), root.join("Cargo.lock"))?;
        Ok(Scratch { root })
    }

    /// The models and the tests of `part`. The models come first: what they find, they find at
    /// every run.
    fn suites(&self, part: &'static Part) -> Result<[Suite; 2]> {
        let models = ["--release", "--test=loom"].map(str::to_owned).to_vec();
        let mut tests = test_files(&self.root.join(LIBRARY).join("tests"), part.tests)?;
        tests.push("--lib".to_owned());
        Ok([
            Suite {
                name: "models",
                arguments: models,
                rustflags: "--cfg sync_primitives_loom -Awarnings",
                filters: part.models,
            },
            Suite {
                name: "tests",
                arguments: tests,
                rustflags: "-Awarnings",
                filters: &[],
            },
        ])
    }

    /// Applies `mutant`, runs the tests, and undoes it.
    pub(crate) fn try_out(&self, mutant: &Mutant) -> Result<Outcome> {
        let file = self.root.join(LIBRARY).join("src").join(&mutant.file);
        let text = fs::read_to_string(&file)?;
        fs::write(&file, mutant.applied_to(&text))?;
        let outcome = self.run_tests(&mutant.file);
        fs::write(&file, text)?;
        outcome
    }

    /// Builds the tests of the part that the source file `file` belongs to, and runs them up to the
    /// first failure.
    pub(crate) fn run_tests(&self, file: &str) -> Result<Outcome> {
        for suite in &self.suites(Part::of(file))? {
            let Some(programs) = self.build(suite)? else {
                return Ok(Outcome::DoesNotCompile);
            };
            for program in &programs {
                if let Some(test) = self.first_failure(program, suite.filters)? {
                    return Ok(Outcome::Killed(test));
                }
            }
        }
        Ok(Outcome::Survived)
    }

    /// The test programs of `suite` in order of their names, or `None` if the crate does not
    /// compile.
    fn build(&self, suite: &Suite) -> Result<Option<Vec<PathBuf>>> {
        let output = cargo()
            .args([
                "test",
                "--quiet",
                "--no-run",
                "--message-format=json",
                "--package=sync-primitives",
            ])
            .args(&suite.arguments)
            .env(
                "CARGO_TARGET_DIR",
                self.root.join("target").join(suite.name),
            )
            .env("RUSTFLAGS", suite.rustflags)
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            // One line changes at a time, and what is built runs for seconds.
            .envs([
                ("CARGO_PROFILE_RELEASE_INCREMENTAL", "true"),
                ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
            ])
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .current_dir(&self.root)
            .stderr(Stdio::null())
            .output()?;
        let messages = String::from_utf8_lossy(&output.stdout);
        let mut programs = Vec::new();
        for message in messages.lines() {
            programs.extend(executable(message).map(|(_, path)| path));
        }
        programs.sort();
        Ok(output.status.success().then_some(programs))
    }

    /// Runs the tests of a program that have one of the `filters` in their names, up to the first
    /// failing one, and names that. A test that hangs or aborts fails too.
    fn first_failure(&self, program: &Path, filters: &[&str]) -> Result<Option<String>> {
        let mut process = Command::new(program)
            .arg("--test-threads=1")
            .args(filters)
            .args(SLOW_MODELS.iter().flat_map(|model| ["--skip", model]))
            .env("TEST_SEED", "1")
            .current_dir(self.root.join(LIBRARY))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let output = BufReader::new(process.stdout.take().expect("it is piped"));
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            output
                .split(b'\n')
                .map_while(std::io::Result::ok)
                .try_for_each(|line| sender.send(line))
        });

        let mut hangs = "";
        let mut failed = None;
        while failed.is_none() {
            match lines.recv_timeout(LIMIT) {
                Ok(line) => {
                    failed = failing_test(&String::from_utf8_lossy(&line)).map(str::to_owned)
                }
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    // The name of the test that runs is the line that libtest has begun, which ends
                    // now.
                    hangs = " (hangs)";
                    process.kill()?;
                }
            }
        }
        if failed.is_some() {
            process.kill()?;
        }
        let passed = process.wait()?.success() && failed.is_none();
        let file = program.file_stem().unwrap_or_default().to_string_lossy();
        let suite = file.rsplit_once('-').map_or(&*file, |(name, _hash)| name);
        let test = failed.as_deref().unwrap_or("(outside any test)");
        Ok((!passed).then(|| format!("{suite}::{test}{hangs}")))
    }
}

/// The name of the test in a line of libtest's output, unless the test passed. An unfinished line
/// is that of the test during which the program ended.
fn failing_test(line: &str) -> Option<&str> {
    let (test, verdict) = line.strip_prefix("test ")?.split_once(" ... ")?;
    (verdict != "ok").then_some(test)
}

/// Cargo's arguments for the test files in `folder` that are run: those in `names`, or all of them
/// if `names` is empty.
fn test_files(folder: &Path, names: &[&str]) -> Result<Vec<String>> {
    let mut arguments = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let test = name
            .strip_suffix(".rs")
            .filter(|test| !LEFT_OUT.contains(test))
            .filter(|test| names.is_empty() || names.contains(test));
        arguments.extend(test.map(|test| format!("--test={test}")));
    }
    Ok(arguments)
}

/// A workspace manifest without the other members; the keys stand on one line each.
fn with_the_library_alone(manifest: &str) -> String {
    let members = format!("members = [\"{LIBRARY}\"]");
    let kept = manifest
        .lines()
        .filter(|line| !line.starts_with("default-members = "));
    kept.map(|line| {
        if line.starts_with("members = ") {
            &members
        } else {
            line
        }
    })
    .flat_map(|line| [line, "\n"])
    .collect()
}

/// Copies `from` to `to`, and replaces what is there.
fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    for file in checks::files_below(from)? {
        let copy = to.join(&file);
        fs::create_dir_all(copy.parent().unwrap_or(to))?;
        fs::copy(from.join(file), copy)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_failing_test_is_named_also_when_the_program_ends_in_it() {
        assert_eq!(failing_test("test family::it_waits ... ok"), None);
        assert_eq!(failing_test("running 3 tests"), None);
        assert_eq!(
            failing_test("test family::it_waits ... FAILED"),
            Some("family::it_waits")
        );
        assert_eq!(
            failing_test("test family::it_waits ... "),
            Some("family::it_waits")
        );
    }

    #[test]
    fn a_file_belongs_to_one_part() {
        let models = |file| Part::of(file).models;
        assert_eq!(models("queue/end.rs"), ["queue_"]);
        assert_eq!(models("lock.rs"), ["lock", "condition"]);
        assert_eq!(models("rlock.rs"), ["rlock", "outermost"]);
        assert_eq!(models("lib.rs"), [""; 0]);
    }

    #[test]
    fn every_test_file_of_a_part_exists() {
        let folder = checks::workspace().join(LIBRARY).join("tests");
        for part in PARTS.iter().filter(|part| !part.tests.is_empty()) {
            let files = test_files(&folder, part.tests).expect("a folder of tests");
            assert_eq!(files.len(), part.tests.len(), "{}", part.file);
        }
    }

    #[test]
    fn the_copy_has_one_member() {
        let manifest =
            "[workspace]\nmembers = [\"a\", \"b\"]\ndefault-members = [\"a\"]\n[profile.dev]\n";
        let expected = "[workspace]\nmembers = [\"shared/sync-primitives\"]\n[profile.dev]\n";
        assert_eq!(with_the_library_alone(manifest), expected);
    }
}

//! Each recipe has a twin in Python, which prints the same, promises the same, and ends as surely.
//!
//! The twins need `python3`, 3.9 or later. Where there is none, these tests check nothing, say so
//! on standard error, and pass.

use catalog::Recipe;
use checks::judge::assert_all;
use checks::process::{self, End};
use checks::promises::{self, Subject};
use checks::workspace;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// Long enough for a slow machine. A twin that takes longer has hung.
const TIME_LIMIT: Duration = Duration::from_secs(60);

#[test]
fn every_recipe_has_a_twin() {
    assert_all(&catalog::recipes(workspace()), |recipe| {
        match twin(recipe).is_file() {
            true => Ok(()),
            false => Err(format!("{} is missing", recipe.python().display())),
        }
    });
}

#[test]
fn a_twin_prints_what_its_recipe_prints() {
    each_twin(promises::prints_the_expected_output);
}

#[test]
fn a_twin_refuses_a_file_that_is_missing() {
    each_twin(promises::refuses_a_missing_file);
}

#[test]
fn a_twin_refuses_a_directory() {
    each_twin(promises::refuses_what_is_no_file_or_no_directory);
}

#[test]
fn a_twin_refuses_a_file_that_is_not_utf_8() {
    each_twin(promises::refuses_what_is_not_utf_8);
}

#[test]
fn a_twin_reads_a_byte_order_mark_and_the_line_ends_of_windows() {
    each_twin(promises::reads_files_from_windows);
}

#[test]
fn a_twin_has_a_sensible_outcome_for_an_empty_file() {
    each_twin(promises::stands_nothing_to_read);
}

#[test]
fn a_twin_ends_quietly_when_its_output_is_closed() {
    each_twin(promises::ends_quietly_without_a_reader);
}

#[cfg(target_os = "linux")]
#[test]
fn a_twin_says_that_a_device_is_full() {
    each_twin(promises::says_that_the_device_is_full);
}

/// Runs a twin, and raises an exception in the first thread that enters a second function of the
/// twin, as that function begins. So it is inside the thread's work, while the others wait for what
/// it would have done.
///
/// In a twin with asyncio, the first task after the one that runs `main` gets the exception.
const PLANT: &str = "
import asyncio, inspect, runpy, sys, threading
twin, here, planted, tasks = sys.argv[1], threading.local(), [], []
def plant(frame, event, argument):
    if frame.f_code.co_filename == twin:
        here.entered = getattr(here, 'entered', 0) + 1
        if here.entered == 2 and not planted:
            planted.append(frame)
            raise RuntimeError('planted')
def plant_in_task(frame, event, argument):
    code = frame.f_code
    if code.co_filename == twin and code.co_flags & inspect.CO_COROUTINE:
        task = asyncio.current_task()
        tasks.append(task)
        if task is not tasks[0] and not planted:
            planted.append(frame)
            raise RuntimeError('planted')
threading.settrace(plant)
if 'import asyncio' in open(twin, encoding='utf-8').read():
    sys.settrace(plant_in_task)
sys.argv = [twin]
runpy.run_path(twin, run_name='__main__')
";

#[test]
fn a_twin_ends_and_fails_when_a_thread_or_task_fails() {
    if !has_python() {
        return;
    }
    assert_all(&catalog::recipes(workspace()), |recipe| {
        let name = &recipe.name;
        let mut command = Command::new("python3");
        command.args(["-c", PLANT]).arg(twin(recipe));
        let End {
            code,
            stdout,
            stderr,
        } = process::run(&mut command, TIME_LIMIT).map_err(|reason| format!("{name} {reason}"))?;
        if code == Some(1) && stdout.is_empty() && stderr.contains("planted") {
            return Ok(());
        }
        Err(format!(
            "{name}.py does not fail because of the planted error, but ends with {code:?}: {stderr}"
        ))
    });
}

fn each_twin(promise: impl Fn(&Subject) -> Result<(), String>) {
    if !has_python() {
        return;
    }
    let mut twins = Vec::new();
    for recipe in catalog::recipes(workspace()) {
        let twin = twin(&recipe).into_os_string();
        twins.push(Subject::new(
            format!("{}.py", recipe.name),
            &recipe,
            [OsString::from("python3"), twin],
            &recipe.expected(),
            env!("CARGO_TARGET_TMPDIR"),
        ));
    }
    assert_all(&twins, promise);
}

fn has_python() -> bool {
    let version = Command::new("python3")
        .args(["-c", "import sys; sys.exit(sys.version_info < (3, 9))"])
        .output();
    if version.is_ok_and(|output| output.status.success()) {
        return true;
    }
    // Written directly, because a test that passes does not show what `eprintln!` writes.
    writeln!(
        io::stderr(),
        "there is no python3, 3.9 or later: NOT CHECKED: the twins in Python"
    )
    .expect("standard error is open");
    false
}

fn twin(recipe: &Recipe) -> PathBuf {
    workspace().join(recipe.python())
}

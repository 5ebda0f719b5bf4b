//! What every recipe, variant, sequential program and solution promises: it does the job of its
//! recipe, and is kind to bad input. The small programs and the steps of a lesson promise only what
//! they print.

use checks::built::{self, Built};
use checks::judge::{assert_all, prints};
use checks::process::run;
use checks::promises::{self, Subject};
use checks::workspace;
use std::fs;
use std::sync::LazyLock;
use std::time::Duration;

const TIME_LIMIT: Duration = Duration::from_secs(60);

static PROGRAMS: LazyLock<Vec<Built>> = LazyLock::new(built::build);

/// The programs that read what a reader names.
static SUBJECTS: LazyLock<Vec<Subject>> = LazyLock::new(|| {
    let mut subjects = Vec::new();
    for Built {
        program,
        executable,
    } in PROGRAMS.iter()
    {
        if program.reads_input() {
            subjects.push(Subject::new(
                program.name(),
                &program.recipe,
                [executable.clone().into_os_string()],
                &program.expected(workspace()),
                env!("CARGO_TARGET_TMPDIR"),
            ));
        }
    }
    subjects
});

#[test]
fn every_program_prints_the_expected_output() {
    assert_all(&SUBJECTS, promises::prints_the_expected_output);
}

#[test]
fn a_missing_file_is_refused() {
    assert_all(&SUBJECTS, promises::refuses_a_missing_file);
}

#[test]
fn a_directory_is_refused() {
    assert_all(&SUBJECTS, promises::refuses_what_is_no_file_or_no_directory);
}

#[test]
fn a_file_that_is_not_utf_8_is_refused() {
    assert_all(&SUBJECTS, promises::refuses_what_is_not_utf_8);
}

#[test]
fn a_byte_order_mark_and_the_line_ends_of_windows_change_nothing() {
    assert_all(&SUBJECTS, promises::reads_files_from_windows);
}

#[test]
fn an_empty_file_has_a_sensible_outcome() {
    assert_all(&SUBJECTS, promises::stands_nothing_to_read);
}

#[test]
fn a_closed_output_ends_the_program_quietly() {
    assert_all(&SUBJECTS, promises::ends_quietly_without_a_reader);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_one_line_and_a_failure() {
    assert_all(&SUBJECTS, promises::says_that_the_device_is_full);
}

/// Mistakes have a test of their own.
#[test]
fn every_program_without_input_prints_the_text_beside_it() {
    let mut programs = Vec::new();
    for built in PROGRAMS.iter() {
        if !built.program.reads_input() && built.program.kind != catalog::Kind::Mistake {
            programs.push(built);
        }
    }
    assert_all(&programs, |built| {
        let file = built.program.expected(workspace());
        let expected = fs::read_to_string(workspace().join(&file))
            .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
        run(&mut built.command(), TIME_LIMIT)
            .and_then(|end| prints(&end, &expected))
            .map_err(|complaint| format!("{} {complaint}", built.program.name()))
    });
}

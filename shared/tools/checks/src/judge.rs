//! What the end of a program must be.

use crate::process::End;

/// Panics with what is wrong with each of the subjects that `judge` refuses.
///
/// # Panics
///
/// Panics also if there are no subjects: then nothing would have been checked.
#[track_caller]
pub fn assert_all<T>(subjects: &[T], judge: impl Fn(&T) -> Result<(), String>) {
    assert!(!subjects.is_empty(), "there is nothing to check");
    let mut complaints = Vec::new();
    for subject in subjects {
        complaints.extend(judge(subject).err());
    }
    assert!(
        complaints.is_empty(),
        "{} of {}:\n{}",
        complaints.len(),
        subjects.len(),
        complaints.join("\n")
    );
}

/// The program succeeded and printed exactly this.
pub fn prints(end: &End, expected: &str) -> Result<(), String> {
    if end.code == Some(0) && end.stdout == expected {
        return Ok(());
    }
    Err(format!(
        "does not end with 0 and print\n{expected}but {end:#?}"
    ))
}

/// The program printed nothing, wrote one line on standard error that contains all of `words`, and
/// ended with 1.
///
/// Upper and lower case are the same.
pub fn refuses(end: &End, words: &[&str]) -> Result<(), String> {
    let said = end.stderr.to_lowercase();
    let is_clear = words.iter().all(|word| said.contains(&word.to_lowercase()));
    let is_one_line = end.stderr.ends_with('\n') && end.stderr.lines().count() == 1;
    if end.code == Some(1) && end.stdout.is_empty() && is_clear && is_one_line {
        return Ok(());
    }
    Err(format!(
        "does not end with 1 and one line on standard error that contains {words:?}, but {end:#?}"
    ))
}

/// If these were not found out, a bad program would not be found out either.
#[cfg(test)]
mod tests {
    use super::*;

    fn end(code: Option<i32>, stdout: &str, stderr: &str) -> End {
        End {
            code,
            stdout: stdout.to_owned(),
            stderr: stderr.to_owned(),
        }
    }

    #[test]
    fn a_program_that_prints_something_else_is_found_out() {
        assert_eq!(prints(&end(Some(0), "1\n", "note\n"), "1\n"), Ok(()));
        for bad in [
            end(Some(0), "2\n", ""),
            end(Some(1), "1\n", ""),
            end(None, "1\n", ""),
        ] {
            assert!(prints(&bad, "1\n").is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_program_that_does_not_refuse_its_input_is_found_out() {
        let words = ["a.txt", "No such file"];
        let line = "cannot read a.txt: no such file\n";
        assert_eq!(refuses(&end(Some(1), "", line), &words), Ok(()));
        for bad in [
            end(Some(0), "", line),
            end(None, "", line),
            end(Some(1), "1\n", line),
            end(Some(1), "", "cannot read a.txt: it is a directory\n"),
            end(Some(1), "", "no such file\n"),
            end(Some(1), "", &format!("panicked at x.rs:1:2:\n{line}")),
            end(Some(1), "", line.trim_end()),
        ] {
            assert!(refuses(&bad, &words).is_err(), "{bad:?}");
        }
    }

    #[test]
    #[should_panic(expected = "there is nothing to check")]
    fn no_subjects_are_no_success() {
        assert_all(&[], |_: &()| Ok(()));
    }
}

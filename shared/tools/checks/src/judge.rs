//! What is asked of a variant and of a solution alike.

use crate::examples::Example;
use crate::process::End;

/// Panics with what is wrong with each of the examples that `judge` refuses.
#[track_caller]
pub fn assert_all(examples: &[Example], judge: impl Fn(&Example) -> Result<(), String>) {
    let complaint = |example: &Example| Some(format!("{} {}", example.name, judge(example).err()?));
    let complaints: Vec<_> = examples.iter().filter_map(complaint).collect();
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

/// It ends well, and prints this.
pub fn prints(end: &End, expected: &str) -> Result<(), String> {
    let is_good = end.code == Some(0) && end.stdout == expected;
    if is_good {
        Ok(())
    } else {
        Err(format!(
            "does not print what it promises and end well, but {end:#?}"
        ))
    }
}

/// It prints nothing but one line that names the file.
pub fn refuses(end: &End, file: &str) -> Result<(), String> {
    let is_clear = end.stderr.contains(file) && end.stderr.lines().count() == 1;
    if end.code == Some(1) && end.stdout.is_empty() && is_clear {
        return Ok(());
    }
    Err(format!(
        "does not name {file} in one line on standard error and end with 1, but {end:#?}"
    ))
}

/// Were these not found out, neither would be a bad example.
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
    fn what_prints_something_else_is_found_out() {
        assert!(prints(&end(Some(0), "1\n", "note\n"), "1\n").is_ok());
        for bad in [
            end(Some(0), "2\n", ""),
            end(Some(1), "1\n", ""),
            end(None, "1\n", ""),
        ] {
            assert!(prints(&bad, "1\n").is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_does_not_refuse_a_file_is_found_out() {
        assert!(refuses(&end(Some(1), "", "no a.txt\n"), "a.txt").is_ok());
        for bad in [
            end(Some(0), "", "no a.txt\n"),
            end(Some(1), "1\n", "no a.txt\n"),
            end(Some(1), "", "no file\n"),
            end(
                Some(1),
                "",
                "thread 'main' panicked at x.rs:1:2:\nno a.txt\n",
            ),
        ] {
            assert!(refuses(&bad, "a.txt").is_err(), "{bad:?}");
        }
    }
}

//! What a mistake promises to end with: the text file beside it.
//!
//! ```text
//! everything from standard output
//! --- standard error
//! everything from standard error
//! --- exit status 1
//! ```

use crate::process::End;

const ERROR: &str = "--- standard error\n";
const STATUS: &str = "--- exit status ";

/// What a mistake writes, and the exit status it ends with.
#[derive(Debug, PartialEq)]
pub struct Ending {
    /// Whole lines, or nothing.
    pub stdout: String,
    /// Whole lines.
    pub stderr: String,
    /// Not 0 if the mistake is one that a script should notice.
    pub status: i32,
}

impl Ending {
    /// The text of the file, read.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (stdout, rest) =
            at_line(text, ERROR).ok_or_else(|| format!("it has no line `{}`", ERROR.trim_end()))?;
        let (stderr, status) =
            at_line(rest, STATUS).ok_or_else(|| format!("it has no line `{STATUS}N`"))?;
        let status = status
            .strip_suffix('\n')
            .and_then(|number| number.parse().ok());
        let status = status.ok_or_else(|| format!("its last line is not `{STATUS}N`"))?;
        Ok(Ending {
            stdout: stdout.to_owned(),
            stderr: stderr.to_owned(),
            status,
        })
    }

    /// What a run came to, if it is what a mistake may come to: it ends by itself and says why in
    /// whole lines.
    pub fn of(end: End) -> Result<Self, String> {
        let End {
            code,
            stdout,
            stderr,
        } = end;
        let status = code.ok_or("is ended by a signal")?;
        if stderr.is_empty() {
            return Err("does not say on standard error what went wrong".to_owned());
        }
        if let Some(cut) = [&stdout, &stderr]
            .into_iter()
            .find(|text| !text.is_empty() && !text.ends_with('\n'))
        {
            return Err(format!("leaves its last line open: {cut:?}"));
        }
        Ok(Ending {
            stdout,
            stderr,
            status,
        })
    }

    /// The text for the file.
    pub fn text(&self) -> String {
        let Ending {
            stdout,
            stderr,
            status,
        } = self;
        format!("{stdout}{ERROR}{stderr}{STATUS}{status}\n")
    }
}

/// What stands before and after the first `mark` at the beginning of a line.
fn at_line<'a>(text: &'a str, mark: &str) -> Option<(&'a str, &'a str)> {
    let mut places = text.match_indices(mark).map(|(place, _)| place);
    let place = places.find(|place| *place == 0 || text[..*place].ends_with('\n'))?;
    Some((&text[..place], &text[place + mark.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_is_read_and_written() {
        for (stdout, stderr, status) in [
            ("a\nb\n", "c\n", 1),
            ("", "", 0),
            ("x --- standard error\n", "", 101),
        ] {
            let text = format!("{stdout}--- standard error\n{stderr}--- exit status {status}\n");
            let ending = Ending::parse(&text).unwrap();
            assert_eq!(
                (&*ending.stdout, &*ending.stderr, ending.status),
                (stdout, stderr, status)
            );
            assert_eq!(ending.text(), text);
        }
    }

    #[test]
    fn a_run_that_ends_badly_is_refused() {
        let end = |code, stdout: &str, stderr: &str| End {
            code,
            stdout: stdout.to_owned(),
            stderr: stderr.to_owned(),
        };
        for (bad, complaint) in [
            (end(None, "", "it hangs\n"), "is ended by a signal"),
            (
                end(Some(1), "two\n", ""),
                "does not say on standard error what went wrong",
            ),
            (
                end(Some(1), "two", "not three\n"),
                "leaves its last line open: \"two\"",
            ),
        ] {
            assert_eq!(Ending::of(bad), Err(complaint.to_owned()));
        }
    }

    #[test]
    fn what_is_no_ending_is_refused() {
        for (text, reason) in [
            ("", "it has no line `--- standard error`"),
            (
                "a--- standard error\n--- exit status 1\n",
                "it has no line `--- standard error`",
            ),
            ("--- standard error\n", "it has no line `--- exit status N`"),
            (
                "--- exit status 1\n--- standard error\n",
                "it has no line `--- exit status N`",
            ),
            (
                "--- standard error\n--- exit status one\n",
                "its last line is not `--- exit status N`",
            ),
            (
                "--- standard error\n--- exit status 1\nmore\n",
                "its last line is not `--- exit status N`",
            ),
        ] {
            assert_eq!(Ending::parse(text).unwrap_err(), reason);
        }
    }
}

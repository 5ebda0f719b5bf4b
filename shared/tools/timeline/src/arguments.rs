//! The command line.

use crate::text::{LEAST_WIDTH, Style};
use lexopt::{Arg, Parser, ValueExt};
use std::env;
use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::time::Duration;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

pub(crate) const HELP: &str = "\
Draws what the threads of a program do with sync-primitives: when each thread runs, waits and
holds something, and where in the source that is. If the program uses tokio, it also draws the
tasks: when each is idle, woken and polled, on which thread, and which task has woken it.

cargo timeline [OPTIONS] NAME [--example FILE] [ARGS]   run the recipe NAME, or its example FILE
cargo timeline [OPTIONS] --trace FILE                   draw a recorded trace
cargo timeline --book [NAME]                            draw the pictures of the book again,
                                                        or that of one program
cargo console NAME [--example FILE] [ARGS]              look into a program that uses tokio, with
                                                        tokio-console (`cargo timeline --console`)

ARGS are the program's own. They begin with the first argument after NAME that is no option, or
after `--`.

--limit SECONDS   stop the program after this time and say which threads wait (default: 10)
--svg FILE        also write the drawing as SVG
--json FILE       also write the trace as JSON for ui.perfetto.dev or Chrome
--width COLUMNS   draw in this width (default: the width of the terminal, or 80)
--plain           use ASCII characters only
--color WHEN      always, never, or auto: on a terminal that has it, unless NO_COLOR is set

The exit status is that of the program, or 1 if it had to be stopped or if the trace has a fault.
";

/// Columns. A wider drawing would be of no use.
const MOST_WIDTH: usize = 1000;

/// What is asked for.
#[derive(Debug, PartialEq)]
pub(crate) struct Arguments {
    pub(crate) job: Job,
    pub(crate) svg: Option<PathBuf>,
    pub(crate) json: Option<PathBuf>,
    pub(crate) limit: Duration,
    pub(crate) style: Style,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Job {
    Help,
    Run(Wanted),
    Trace(PathBuf),
    /// Shows the program in tokio-console.
    Console(Wanted),
    /// The picture of the program with this name, or all that there are.
    Book(Option<String>),
}

/// The program that is asked for, which may not exist, and what it is given.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) recipe: String,
    pub(crate) example: Option<String>,
    pub(crate) arguments: Vec<OsString>,
}

#[derive(Default)]
struct Words {
    name: Option<String>,
    example: Option<String>,
    arguments: Vec<OsString>,
    trace: Option<PathBuf>,
    book: bool,
    console: bool,
    help: bool,
}

pub(crate) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Arguments> {
    let mut found = Words::default();
    let style = Style {
        width: terminal_width(),
        plain: false,
        colour: wants_colour(),
    };
    let (job, limit) = (Job::Help, Duration::from_secs(10));
    let mut given = Arguments {
        job,
        svg: None,
        json: None,
        limit,
        style,
    };
    let mut parser = Parser::from_args(words);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("help") | Arg::Short('h') => found.help = true,
            Arg::Long("example") => found.example = Some(parser.value()?.string()?),
            Arg::Long("trace") => found.trace = Some(parser.value()?.into()),
            Arg::Long("book") => found.book = true,
            Arg::Long("console") => found.console = true,
            Arg::Long("svg") => given.svg = Some(parser.value()?.into()),
            Arg::Long("json") => given.json = Some(parser.value()?.into()),
            Arg::Long("limit") => given.limit = seconds(&parser.value()?.string()?)?,
            Arg::Long("width") => given.style.width = width(&parser.value()?.string()?)?,
            Arg::Long("plain") => given.style.plain = true,
            Arg::Long("color") => given.style.colour = colour(&parser.value()?.string()?)?,
            Arg::Value(name) if found.name.is_none() => found.name = Some(name.string()?),
            Arg::Value(first) => {
                found.arguments.push(first);
                found.arguments.extend(parser.raw_args()?);
            }
            other => return Err(Box::new(other.unexpected())),
        }
    }
    given.job = job_of(found)?;
    let draws_to_files = given.svg.is_some() || given.json.is_some();
    if matches!(given.job, Job::Console(_)) && draws_to_files {
        return Err("--console draws nothing: leave --svg and --json out".into());
    }
    if matches!(given.job, Job::Book(_)) && draws_to_files {
        return Err(
            "--book writes docs/timelines and nothing else: leave --svg and --json out".into(),
        );
    }
    Ok(given)
}

fn job_of(found: Words) -> Result<Job> {
    let Words {
        name,
        example,
        arguments,
        trace,
        book,
        console,
        help,
    } = found;
    if help {
        return Ok(Job::Help);
    }
    if console && (book || trace.is_some() || name.is_none()) {
        return Err("--console takes the name of a recipe, and neither --book nor --trace".into());
    }
    match (book, trace, name) {
        (true, None, name) if example.is_none() && arguments.is_empty() => Ok(Job::Book(name)),
        (true, ..) => Err("--book takes the name of one picture, or nothing".into()),
        (_, Some(trace), None) if example.is_none() => Ok(Job::Trace(trace)),
        (_, Some(_), _) => Err("--trace draws a file: it runs no program, so name none".into()),
        (_, None, Some(recipe)) => {
            let wanted = Wanted {
                recipe,
                example,
                arguments,
            };
            Ok(if console {
                Job::Console(wanted)
            } else {
                Job::Run(wanted)
            })
        }
        (_, None, None) => {
            Err("name a recipe, or a trace by --trace FILE; --help shows all".into())
        }
    }
}

fn seconds(text: &str) -> Result<Duration> {
    let number = text.parse::<f64>().ok().filter(|number| *number > 0.0);
    let limit = number.and_then(|number| Duration::try_from_secs_f64(number).ok());
    limit.ok_or_else(|| {
        format!("--limit {text}: a number of seconds greater than 0 is needed").into()
    })
}

fn width(text: &str) -> Result<usize> {
    let number = text
        .parse()
        .ok()
        .filter(|number| (LEAST_WIDTH..=MOST_WIDTH).contains(number));
    number.ok_or_else(|| {
        format!("--width {text}: a number from {LEAST_WIDTH} to {MOST_WIDTH} is needed").into()
    })
}

fn colour(text: &str) -> Result<bool> {
    match text {
        "auto" => Ok(wants_colour()),
        "always" => Ok(true),
        "never" => Ok(false),
        other => Err(format!("--color {other}: it is auto, always or never").into()),
    }
}

fn wants_colour() -> bool {
    let (no_color, terminal) = (env::var_os("NO_COLOR"), env::var_os("TERM"));
    io::stdout().is_terminal() && allow_colour(no_color.as_deref(), terminal.as_deref())
}

/// An empty `NO_COLOR` counts as unset: <https://no-color.org>. A dumb terminal would print the
/// codes.
fn allow_colour(no_color: Option<&OsStr>, terminal: Option<&OsStr>) -> bool {
    no_color.is_none_or(OsStr::is_empty) && terminal.is_none_or(|terminal| terminal != "dumb")
}

fn terminal_width() -> usize {
    terminal_size::terminal_size().map_or(80, |(terminal_size::Width(width), _)| {
        usize::from(width).clamp(LEAST_WIDTH, MOST_WIDTH)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &str) -> Result<Arguments> {
        parse(words.split_whitespace().map(OsString::from))
    }

    #[test]
    fn options_stand_before_and_after_the_name_and_the_rest_is_the_programs() {
        let given = parsed("--plain lock --example lock_std --limit 2.5 --width 60 one --width 7")
            .expect("good words");
        let arguments = vec!["one".into(), "--width".into(), "7".into()];
        let program = Wanted {
            recipe: "lock".into(),
            example: Some("lock_std".into()),
            arguments,
        };
        assert_eq!(given.job, Job::Run(program));
        assert_eq!(given.limit, Duration::from_millis(2500));
        assert_eq!(
            given.style,
            Style {
                width: 60,
                plain: true,
                colour: false
            }
        );
        let Job::Run(program) = parsed("lock -- --plain").expect("good words").job else {
            panic!("it runs a program")
        };
        assert_eq!(program.arguments, ["--plain"]);
    }

    #[test]
    fn a_dumb_terminal_and_no_color_get_no_color() {
        let (xterm, dumb) = (Some(OsStr::new("xterm")), Some(OsStr::new("dumb")));
        let (empty, set) = (Some(OsStr::new("")), Some(OsStr::new("1")));
        assert!(
            allow_colour(None, xterm) && allow_colour(empty, xterm) && allow_colour(None, None)
        );
        assert!(!allow_colour(set, xterm) && !allow_colour(None, dumb));
    }

    #[test]
    fn what_makes_no_sense_is_refused_in_one_line() {
        for (words, reason) in [
            ("", "name a recipe"),
            ("--plain", "name a recipe"),
            ("lock --colour always", "invalid option '--colour'"),
            (
                "lock --color red",
                "--color red: it is auto, always or never",
            ),
            ("lock --limit 0", "--limit 0: a number of seconds"),
            ("lock --limit inf", "--limit inf: a number of seconds"),
            ("lock --width 7", "--width 7: a number from 20"),
            ("lock --svg", "missing argument for option '--svg'"),
            ("lock --trace x", "name none"),
            ("--console", "--console takes the name of a recipe"),
            (
                "--console lock --book",
                "--console takes the name of a recipe",
            ),
            ("--console lock --svg x", "leave --svg and --json out"),
            ("--book --svg x", "leave --svg and --json out"),
            ("--book lock extra", "one picture"),
        ] {
            let error = parsed(words).expect_err(words).to_string();
            assert!(
                error.contains(reason) && !error.contains('\n'),
                "{words}: {error}"
            );
        }
    }
}

//! `cargo timeline NAME`: what the threads and the tasks of a recipe do, one lane each. `cargo
//! timeline --help` shows the rest.
//!
//! Runs the program with the feature `trace-file` of `sync-primitives` and a time limit, and draws
//! the trace that it leaves: in the terminal, as SVG for the book, as JSON for Perfetto. Of a
//! program that uses tokio, it builds and runs a copy, which also reports its tasks (`copy`). A
//! trace is read twice, record by record: once for its extent and the figures (`summary`), once for
//! the lanes (`lanes`). Neither keeps the records, so a long trace needs no more memory than a
//! short one.

mod arguments;
mod book;
mod console;
mod copy;
mod deadlock;
mod json;
mod lanes;
mod order;
mod run;
mod story;
mod summary;
mod svg;
#[cfg(test)]
mod synthetic;
mod task;
mod text;
mod words;

use arguments::{Arguments, HELP, Job, Wanted};
use checks::command_line::print;
use lanes::Lanes;
use recorder::Reader;
use run::{End, Output, Run};
use std::env;
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use summary::{Faults, Summary};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let done = arguments::parse(env::args_os().skip(1)).and_then(|given| match &given.job {
        Job::Help => Ok(print(HELP).map(|()| ExitCode::SUCCESS)?),
        Job::Book(only) => book::regenerate(only.as_deref()).map(|()| ExitCode::SUCCESS),
        Job::Trace(trace) => draw_recorded(trace, &given),
        Job::Run(wanted) => run(wanted, &given),
        Job::Console(wanted) => console::show(wanted),
    });
    done.unwrap_or_else(|error| {
        eprintln!("cargo timeline: {error}");
        ExitCode::FAILURE
    })
}

/// The exit status is the program's, so that a script can tell what became of it.
fn run(wanted: &Wanted, given: &Arguments) -> Result<ExitCode> {
    let program = run::find(wanted)?;
    let name = program.name();
    check_outputs(given, &run::kept_trace(&program)?)?;
    let run = Run::new(program)?;
    let end = run.start(&wanted.arguments, given.limit, Output::Shown)?;
    if end == End::Stopped {
        eprintln!(
            "{name} was stopped after {:?}; --limit SECONDS gives it longer",
            given.limit
        );
    }
    if !run.trace().exists() {
        return Err(format!(
            "{name} left no trace: it used no primitive of sync-primitives and no task of tokio"
        )
        .into());
    }
    // The recorder's clock starts with the first event, so a little later than the limit's.
    let alive = if end == End::Stopped {
        given.limit.as_nanos() as u64
    } else {
        0
    };
    let called = format!("the trace of {name}");
    let drawn = draw(&name, &called, &run.trace(), given, alive);
    let trace = run.keep()?;
    let drawn = drawn?;
    eprintln!("The trace is {}", trace.display());
    Ok(match end {
        End::Itself(status) if status.success() => drawn,
        End::Itself(status) => status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .map_or(ExitCode::FAILURE, ExitCode::from),
        End::Stopped => ExitCode::FAILURE,
    })
}

/// No pipe may bring more.
const LARGEST_PIPE: u64 = 1 << 30;

/// Draws a trace that there is. A pipe can be read only once, so its content is put into a file
/// first.
fn draw_recorded(trace: &Path, given: &Arguments) -> Result<ExitCode> {
    check_outputs(given, trace)?;
    let called = trace.display().to_string();
    let unreadable = |error: io::Error| format!("{called} cannot be read: {error}");
    if fs::metadata(trace).map_err(unreadable)?.is_file() {
        return draw(&called, &called, trace, given, 0);
    }
    let mut copy = tempfile::NamedTempFile::new()?;
    let pipe = File::open(trace).map_err(unreadable)?;
    let length = io::copy(&mut pipe.take(LARGEST_PIPE), &mut copy).map_err(unreadable)?;
    if length == LARGEST_PIPE {
        return Err(format!("{called} is too long for a pipe: name a file").into());
    }
    draw(&called, &called, copy.path(), given, 0)
}

/// Refuses to write a drawing over the trace, or over the other drawing.
fn check_outputs(given: &Arguments, trace: &Path) -> Result<()> {
    let mut taken = vec![("the trace", trace)];
    for (option, file) in [("--svg", &given.svg), ("--json", &given.json)] {
        let Some(file) = file else { continue };
        if let Some((other, _)) = taken.iter().find(|(_, path)| is_same_file(path, file)) {
            let file = file.display();
            return Err(
                format!("{option} {file} would overwrite {other}: name another file").into(),
            );
        }
        taken.push((option, file));
    }
    Ok(())
}

/// Whether both names lead to one file, also by a link. A device such as `/dev/null` can be written
/// to twice.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let is_device = |path: &Path| fs::metadata(path).is_ok_and(|it| !it.is_file());
    if is_device(one) || is_device(other) {
        return false;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let number = |path: &Path| fs::metadata(path).map(|it| (it.dev(), it.ino()));
        if let (Ok(one), Ok(other)) = (number(one), number(other)) {
            return one == other;
        }
    }
    match (resolved(one), resolved(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// Where a file is, or will be, without links and `..`.
fn resolved(path: &Path) -> io::Result<PathBuf> {
    if let Ok(path) = path.canonicalize() {
        return Ok(path);
    }
    let path = std::path::absolute(path)?;
    match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) => Ok(folder.canonicalize()?.join(name)),
        _ => Ok(path),
    }
}

/// Draws a trace in every form that is asked for. A fault in it is reported, and the rest drawn.
/// Messages call the trace `called`. `alive`: as for `Summary`.
fn draw(
    title: &str,
    called: &str,
    trace: &Path,
    given: &Arguments,
    alive: u64,
) -> Result<ExitCode> {
    let open = || open(trace, called);
    let mut summary = Summary::of(open()?, alive);
    summary.folder = trace.parent().unwrap_or(Path::new("")).to_owned();
    report(called, &summary.faults);
    if summary.records == 0 {
        return Err(
            format!("{called}: there is no record in it, so there is nothing to draw").into(),
        );
    }
    let (columns, _) = text::columns(&summary, given.style);
    let mut lanes = vec![Lanes::new(&summary, columns, text::LANES)];
    if given.svg.is_some() {
        lanes.push(Lanes::new(&summary, svg::COLUMNS, svg::LANES));
    }
    Lanes::fill(&mut lanes, open()?, &summary);
    let title = words::shown(title);
    print(&text::drawing(&title, &summary, &lanes[0], given.style))?;
    if let Some(file) = &given.svg {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        write(
            file,
            svg::picture(&name, &title, &summary, &lanes[1]).as_bytes(),
        )?;
    }
    if let Some(file) = &given.json {
        let named = |error: io::Error| format!("{} cannot be written: {error}", file.display());
        let output = BufWriter::new(File::create(file).map_err(named)?);
        json::write(open()?, &summary.story, summary.to, output).map_err(named)?;
    }
    Ok(if summary.faults.count == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Begins to read a trace, which an error calls `called`.
fn open(trace: &Path, called: &str) -> Result<Reader<BufReader<File>>> {
    let file = File::open(trace).map_err(|error| format!("{called} cannot be read: {error}"))?;
    // 64 KiB: a trace is read from end to end.
    let reader = Reader::new(BufReader::with_capacity(1 << 16, file));
    reader.map_err(|fault| format!("{called}, {}", words::shown(&fault.to_string())).into())
}

/// One line, however many lines of the trace are bad.
fn report(called: &str, faults: &Faults) {
    let Some(first) = &faults.first else { return };
    let first = words::shown(&first.to_string());
    let more = match faults.count {
        1 => String::new(),
        count => format!(" ({} more like it)", count - 1),
    };
    eprintln!("cargo timeline: {called}, {first}{more}; the rest is drawn");
}

fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(file, bytes)
        .map_err(|error| format!("{} cannot be written: {error}", file.display()).into())
}

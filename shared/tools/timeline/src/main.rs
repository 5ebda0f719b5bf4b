//! `cargo timeline NAME`: what the threads of a recipe do, one lane a thread. `cargo timeline --help` shows the rest.
//!
//! Runs the program with the feature `trace-file` of `sync-primitives` and a time limit, and draws the trace that it
//! leaves: in the terminal, as SVG for the book, as JSON for Perfetto. A trace is read twice, record by record: once for
//! its extent and the figures (`summary`), once for the lanes (`lanes`). Neither keeps the records, so a long trace
//! needs no more memory than a short one.

mod arguments;
mod book;
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
mod text;
mod words;

use arguments::{Arguments, HELP, Job, Program};
use lanes::Lanes;
use recorder::Reader;
use run::{End, Output};
use std::env;
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;
use summary::{Faults, Summary};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let done = arguments::parse(env::args_os().skip(1)).and_then(|given| match &given.job {
        Job::Help => print(HELP).map(|()| ExitCode::SUCCESS),
        Job::Book(only) => book::regenerate(only.as_deref()).map(|()| ExitCode::SUCCESS),
        Job::Trace(trace) => draw(&trace.display().to_string(), trace, &given, 0),
        Job::Run(program) => run(program, &given),
    });
    done.unwrap_or_else(|error| {
        eprintln!("cargo timeline: {error}");
        ExitCode::FAILURE
    })
}

/// The exit status is the program's, so that a script can tell what became of it.
fn run(program: &Program, given: &Arguments) -> Result<ExitCode> {
    run::check(program)?;
    let trace = run::trace_file(program)?;
    let end = run::run(program, &trace, given.limit, Output::Shown)?;
    if end == End::Stopped {
        eprintln!(
            "{} was stopped after {:?}; --limit SECONDS gives it longer",
            program.name(),
            given.limit
        );
    }
    if !trace.exists() {
        return Err(format!(
            "{} left no trace: it used no primitive of sync-primitives before it ended",
            program.name()
        )
        .into());
    }
    // The recorder's clock starts with the first event, so a little later than the limit's.
    let alive = if end == End::Stopped {
        given.limit.as_nanos() as u64
    } else {
        0
    };
    let drawn = draw(program.name(), &trace, given, alive)?;
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

/// Draws a trace in every form that is asked for. A fault in it is reported, and the rest drawn. `alive`: as for `Summary`.
fn draw(title: &str, trace: &Path, given: &Arguments, alive: u64) -> Result<ExitCode> {
    let mut summary = Summary::of(open(trace)?, alive);
    summary.folder = trace.parent().unwrap_or(Path::new("")).to_owned();
    report(trace, &summary.faults);
    if summary.records == 0 {
        return Err(format!(
            "{}: there is no record in it, so there is nothing to draw",
            trace.display()
        )
        .into());
    }
    let (columns, _) = text::columns(&summary, given.style);
    let mut lanes = vec![Lanes::new(&summary, columns, text::LANES)];
    lanes.extend(
        given
            .svg
            .as_ref()
            .map(|_| Lanes::new(&summary, svg::COLUMNS, svg::LANES)),
    );
    Lanes::fill(&mut lanes, open(trace)?, &summary);
    print(&text::drawing(title, &summary, &lanes[0], given.style))?;
    if let Some(file) = &given.svg {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        write(
            file,
            svg::picture(&name, title, &summary, &lanes[1]).as_bytes(),
        )?;
    }
    if let Some(file) = &given.json {
        let named = |error: io::Error| format!("{} cannot be written: {error}", file.display());
        let output = BufWriter::new(File::create(file).map_err(named)?);
        json::write(open(trace)?, summary.to, output).map_err(named)?;
    }
    Ok(if summary.faults.count == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn open(trace: &Path) -> Result<Reader<BufReader<File>>> {
    let file = File::open(trace)
        .map_err(|error| format!("{} cannot be read: {error}", trace.display()))?;
    // 64 KiB: a trace is read from end to end.
    let reader = Reader::new(BufReader::with_capacity(1 << 16, file));
    reader.map_err(|fault| format!("{}, {fault}", trace.display()).into())
}

/// One line, however many lines of the trace are bad.
fn report(trace: &Path, faults: &Faults) {
    let Some(first) = &faults.first else { return };
    let more = match faults.count {
        1 => String::new(),
        count => format!(" ({} more like it)", count - 1),
    };
    eprintln!(
        "cargo timeline: {}, {first}{more}; the rest is drawn",
        trace.display()
    );
}

fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(file, bytes)
        .map_err(|error| format!("{} cannot be written: {error}", file.display()).into())
}

/// A reader that has seen enough, such as `head`, is no fault.
fn print(text: &str) -> Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

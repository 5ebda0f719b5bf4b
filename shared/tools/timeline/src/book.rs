//! The pictures of the book: `docs/timelines/NAME.svg`, beside it the figures as text and the trace
//! of the run.
//!
//! The trace is stored so that a test can compare the picture with it, and a reader draw it anew.
//! Two recipes would leave traces of megabytes; they are run on the first rows of their input
//! instead, and their pictures say so. A picture without its trace could be compared with nothing.

use crate::lanes::Lanes;
use crate::run::{End, Output, Run};
use crate::summary::Summary;
use crate::words::wrapped;
use crate::{open, svg, text, write};
use catalog::{Kind, Program};
use checks::command_line::print;
use checks::workspace;
use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Recipes whose whole input makes too large a trace, and how many rows of it they read instead.
const FIRST_ROWS: [(&str, usize); 2] = [("rlock", 250), ("condition", 120)];
/// Recipes that are run with arguments, and what these are. On tokio's paused clock, nobody would
/// see in real time what waits for how long.
const ARGUMENTS: [(&str, &[&str]); 1] = [("fetch", &["--real-time"])];
/// None of them runs for longer than two seconds.
const LIMIT: Duration = Duration::from_secs(20);
/// Bytes.
const LARGEST_TRACE: usize = 250_000;
const WIDTH: usize = 100;

pub(crate) fn folder() -> PathBuf {
    workspace().join("docs/timelines")
}

/// How many rows of its input a program reads, if not all.
fn rows(program: &Program) -> Option<usize> {
    let is_meant = |(name, _): &&(&str, usize)| program.name() == *name;
    FIRST_ROWS.iter().find(is_meant).map(|(_, rows)| *rows)
}

/// The arguments of a program that is run with some.
fn fixed_arguments(program: &Program) -> &'static [&'static str] {
    let is_meant = |(name, _): &&(&str, _)| program.name() == *name;
    let found = ARGUMENTS.iter().find(is_meant);
    found.map_or(&[], |(_, arguments)| arguments)
}

/// How a reader runs the same.
fn title(program: &Program) -> String {
    let recipe = &program.recipe.name;
    let fixed = fixed_arguments(program);
    if !fixed.is_empty() {
        return format!("cargo timeline {recipe} -- {}", fixed.join(" "));
    }
    match (&program.kind, rows(program)) {
        (Kind::Lesson, None) => format!("cargo timeline {recipe}"),
        (Kind::Lesson, Some(rows)) => {
            format!("cargo timeline {recipe}, on the first {rows} rows of its input")
        }
        _ => format!("cargo timeline {recipe} --example {}", program.name()),
    }
}

/// What the program is given: nothing, or fixed arguments, or a file with the first rows of what it
/// would read.
fn arguments(program: &Program, run: &Run) -> Result<Vec<OsString>> {
    let Some(rows) = rows(program) else {
        let fixed = fixed_arguments(program).iter();
        return Ok(fixed.map(OsString::from).collect());
    };
    let folder = program.recipe.input();
    let mut input = None;
    for entry in fs::read_dir(workspace().join(&folder))? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "csv") {
            input = Some(path);
        }
    }
    let input = input.ok_or_else(|| format!("{} has no .csv file", folder.display()))?;
    let text = fs::read_to_string(input)?;
    let shorter: String = text.split_inclusive('\n').take(rows).collect();
    let file = run.file("first-rows.csv");
    write(&file, shorter.as_bytes())?;
    Ok(vec![file.into_os_string()])
}

/// The names of the pictures that the book has.
fn names() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder())? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "svg") {
            names.extend(path.file_stem().map(|it| it.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

/// Runs a program and writes what the book shows of it; or does so for each program of which the
/// book has a picture.
pub(crate) fn regenerate(only: Option<&str>) -> Result<()> {
    let names = match only {
        Some(name) => vec![name.to_owned()],
        None => names()?,
    };
    let programs = catalog::programs(workspace());
    for name in names {
        let program = programs
            .iter()
            .find(|program| program.name() == name)
            .ok_or_else(|| format!("there is no recipe and no example {name} to draw"))?;
        draw(program)?;
    }
    Ok(())
}

fn draw(program: &Program) -> Result<()> {
    let name = program.name();
    let run = Run::new(program.clone())?;
    let arguments = arguments(program, &run)?;
    if run.start(&arguments, LIMIT, Output::Hidden)? == End::Stopped {
        return Err(format!(
            "{name} does not end within {LIMIT:?}: the book shows programs that end"
        )
        .into());
    }
    let trace = run.trace();
    let bytes = fs::read(&trace).map_err(|error| format!("{name} left no trace: {error}"))?;
    if bytes.len() > LARGEST_TRACE {
        return Err(format!(
            "the trace of {name} has {} bytes, the book takes {LARGEST_TRACE}",
            bytes.len()
        )
        .into());
    }
    let summary = Summary::of(open(&trace, &name)?, 0);
    if let Some(fault) = &summary.faults.first {
        return Err(format!("the trace of {name} has a fault, {fault}").into());
    }
    let file = |ending: &str| folder().join(format!("{name}.{ending}"));
    fs::create_dir_all(folder())?;
    let mut lanes = [Lanes::new(&summary, svg::COLUMNS, svg::LANES)];
    Lanes::fill(&mut lanes, open(&trace, &name)?, &summary);
    write(
        &file("svg"),
        svg::picture(&name, &title(program), &summary, &lanes[0]).as_bytes(),
    )?;
    write(&file("txt"), figures(&summary).as_bytes())?;
    write(&file("trace"), &bytes)?;
    print(&format!("{name}: {}\n", text::extent(&summary)))?;
    Ok(())
}

fn figures(summary: &Summary) -> String {
    let lines = summary.report();
    lines
        .iter()
        .flat_map(|paragraph| wrapped(paragraph, WIDTH))
        .map(|line| line + "\n")
        .collect()
}

//! The pictures of the book: `docs/timelines/NAME.svg`, beside it the figures as text and the trace of the run.
//!
//! The trace is stored so that a test can compare the picture with it, and a reader draw it anew. Two recipes would
//! leave traces of megabytes; they are run on the first rows of their input instead, and their pictures say so. A
//! picture without its trace could be compared with nothing.

use crate::arguments::Program;
use crate::lanes::Lanes;
use crate::run::{self, End, Output};
use crate::summary::Summary;
use crate::words::wrapped;
use crate::{open, svg, text, write};
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A program, and how many rows of its input it reads if not all.
struct Picture {
    recipe: &'static str,
    example: Option<&'static str>,
    rows: Option<usize>,
}

const fn recipe(recipe: &'static str) -> Picture {
    Picture {
        recipe,
        example: None,
        rows: None,
    }
}

const fn mistake(recipe: &'static str, example: &'static str) -> Picture {
    Picture {
        recipe,
        example: Some(example),
        rows: None,
    }
}

/// Each recipe, and the mistakes in which threads wait for a primitive of the library.
const PICTURES: &[Picture] = &[
    recipe("lock"),
    mistake("lock", "lock_mistake_order"),
    mistake("lock", "lock_mistake_two_sections"),
    mistake("lock", "lock_mistake_match"),
    mistake("lock", "lock_mistake_slow"),
    Picture {
        rows: Some(250),
        ..recipe("rlock")
    },
    mistake("rlock", "rlock_mistake_lock"),
    mistake("rlock", "rlock_mistake_helper"),
    recipe("semaphore"),
    mistake("semaphore", "semaphore_mistake_one_by_one"),
    mistake("semaphore", "semaphore_mistake_nobody_took"),
    mistake("semaphore", "semaphore_mistake_forgotten"),
    mistake("semaphore", "semaphore_mistake_counted_late"),
    Picture {
        rows: Some(120),
        ..recipe("condition")
    },
    mistake("condition", "condition_mistake_if"),
    mistake("condition", "condition_mistake_early"),
    mistake("condition", "condition_mistake_one"),
    recipe("event"),
    mistake("event", "event_mistake_pulse"),
    recipe("barrier"),
    mistake("barrier", "barrier_mistake_party_missing"),
    mistake("barrier", "barrier_mistake_left_early"),
    mistake("barrier", "barrier_mistake_one_meeting"),
    mistake("barrier", "barrier_mistake_pool"),
    recipe("queue"),
    mistake("queue", "queue_mistake_bounded"),
    mistake("queue", "queue_mistake_blocking"),
    mistake("queue", "queue_mistake_never_closed"),
    mistake("queue", "queue_mistake_not_done"),
];
/// None of them runs for longer than two seconds.
const LIMIT: Duration = Duration::from_secs(20);
/// Bytes.
const LARGEST_TRACE: usize = 200_000;
const WIDTH: usize = 100;

pub(crate) fn folder() -> PathBuf {
    checks::workspace().join("docs/timelines")
}

impl Picture {
    fn name(&self) -> &'static str {
        self.example.unwrap_or(self.recipe)
    }

    /// How a reader runs the same.
    fn title(&self) -> String {
        match (self.example, self.rows) {
            (Some(example), _) => format!("cargo timeline {} --example {example}", self.recipe),
            (None, None) => format!("cargo timeline {}", self.recipe),
            (None, Some(rows)) => format!(
                "cargo timeline {}, on the first {rows} rows of its input",
                self.recipe
            ),
        }
    }

    fn program(&self) -> Result<Program> {
        let arguments = self
            .rows
            .map(|rows| first_rows(self.recipe, rows))
            .transpose()?;
        let arguments = arguments.into_iter().map(PathBuf::into_os_string).collect();
        Ok(Program {
            recipe: self.recipe.to_owned(),
            example: self.example.map(str::to_owned),
            arguments,
        })
    }
}

/// A file with the first rows of the one that the recipe reads.
fn first_rows(recipe: &str, rows: usize) -> Result<PathBuf> {
    let files = fs::read_dir(checks::recipe(recipe).join("input"))?;
    let files = files
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    let input = files
        .iter()
        .find(|file| file.extension().is_some_and(|ending| ending == "csv"));
    let input = input.ok_or_else(|| format!("recipes/{recipe}/input has no .csv file"))?;
    let text = fs::read_to_string(input)?;
    let shorter: String = text.split_inclusive('\n').take(rows).collect();
    let file = run::folder()?.join(format!("{recipe}-{rows}.csv"));
    write(&file, shorter.as_bytes())?;
    Ok(file)
}

/// Runs the programs and writes what the book shows of them.
pub(crate) fn regenerate(only: Option<&str>) -> Result<()> {
    let pictures: Vec<_> = PICTURES
        .iter()
        .filter(|it| only.is_none_or(|name| name == it.name()))
        .collect();
    if pictures.is_empty() {
        let names: Vec<_> = PICTURES.iter().map(Picture::name).collect();
        return Err(format!(
            "the book has no picture `{}`; it has: {}",
            only.unwrap_or_default(),
            names.join(", ")
        )
        .into());
    }
    pictures.into_iter().try_for_each(regenerate_one)
}

fn regenerate_one(shown: &Picture) -> Result<()> {
    let (name, program) = (shown.name(), shown.program()?);
    run::check(&program)?;
    let trace = run::trace_file(&program)?;
    if run::run(&program, &trace, LIMIT, Output::Hidden)? == End::Stopped {
        return Err(format!(
            "{name} does not end within {LIMIT:?}: the book shows programs that end"
        )
        .into());
    }
    let bytes = fs::read(&trace).map_err(|error| format!("{name} left no trace: {error}"))?;
    if bytes.len() > LARGEST_TRACE {
        return Err(format!(
            "the trace of {name} has {} bytes, the book takes {LARGEST_TRACE}",
            bytes.len()
        )
        .into());
    }
    let summary = Summary::of(open(&trace)?, 0);
    if let Some(fault) = &summary.faults.first {
        return Err(format!("the trace of {name} has a fault, {fault}").into());
    }
    let file = |ending: &str| folder().join(format!("{name}.{ending}"));
    fs::create_dir_all(folder())?;
    let mut lanes = [Lanes::new(&summary, svg::COLUMNS, svg::LANES)];
    Lanes::fill(&mut lanes, open(&trace)?, &summary);
    write(
        &file("svg"),
        svg::picture(name, &shown.title(), &summary, &lanes[0]).as_bytes(),
    )?;
    write(&file("txt"), figures(&summary).as_bytes())?;
    write(&file("trace"), &bytes)?;
    println!("{name}: {}", text::extent(&summary));
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

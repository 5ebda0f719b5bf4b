//! Builds, checks and serves the Parallel Rust Cookbook: `cargo book --help`.

mod build;
mod chapter;
mod directives;
mod fault;
mod files;
mod html;
mod lint;
mod new;
mod output;
mod paste;
mod preprocessor;
mod serve;
mod warnings;

use anyhow::{Context, Result};
use checks::command_line;
use fault::Fault;
use output::{complain, say};
use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const HELP: &str = "\
Builds, checks and serves the Parallel Rust Cookbook.

cargo book [serve] [--port N]   serve the book on 127.0.0.1, port 3000 or N (0: any that is free),
                                and reload the page in the browser when the book changes; Ctrl-C
                                ends it
cargo book build                build the book into docs/book, or say what is wrong with it
cargo book check                build the book, paste each program of its pages into a project of
                                its own, and say which programs do not build or do not print what
                                their pages say
cargo book new PART/NAME [--crate LIBRARY]...
                                write the skeleton of a recipe and its chapter, such as
                                threads/example, with a variant for each library, and list both
cargo book directives           list the directives that a page can have
cargo book preprocess           for mdBook: replace the directives of the book on standard input
cargo book --help               print this";
const DEFAULT_PORT: u16 = 3000;

enum Command {
    Serve {
        port: u16,
    },
    Build,
    Check,
    New {
        path: String,
        libraries: Vec<String>,
    },
    Directives,
    Preprocess,
    Supports {
        renderer: String,
    },
    Help,
}

fn main() -> ExitCode {
    let command = command_line::arguments().and_then(|words| {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        parse(&words)
    });
    let command = match command {
        Ok(command) => command,
        Err(reason) => {
            complain(format!("{reason}; see `cargo book --help`"));
            return ExitCode::from(2);
        }
    };
    run(command).unwrap_or_else(|error| {
        complain(format!("{error:#}"));
        ExitCode::FAILURE
    })
}

fn parse(words: &[&str]) -> Result<Command, String> {
    match words {
        [] | ["serve"] => Ok(Command::Serve { port: DEFAULT_PORT }),
        ["--port", port] | ["serve", "--port", port] => match port.parse() {
            Ok(port) => Ok(Command::Serve { port }),
            Err(_) => Err(format!("{port:?} is not the number of a port")),
        },
        ["--port"] | ["serve", "--port"] => Err("--port needs the number of a port".to_owned()),
        ["build"] => Ok(Command::Build),
        ["check"] => Ok(Command::Check),
        ["new", path, rest @ ..] if !path.starts_with('-') => Ok(Command::New {
            path: (*path).to_owned(),
            libraries: parse_libraries(rest)?,
        }),
        ["new", ..] => Err("new needs a part and a name, such as threads/example".to_owned()),
        ["directives"] => Ok(Command::Directives),
        ["preprocess"] => Ok(Command::Preprocess),
        ["preprocess", "supports", renderer] => Ok(Command::Supports {
            renderer: (*renderer).to_owned(),
        }),
        ["--help" | "-h" | "help"] => Ok(Command::Help),
        [
            "serve" | "build" | "check" | "directives" | "preprocess" | "--help",
            rest @ ..,
        ]
        | ["--port", _, rest @ ..] => Err(format!("{:?} is one word too many", rest.join(" "))),
        [word, ..] => Err(format!(
            "there is no `cargo book {word}`; there are serve, build, check, new, directives and \
             preprocess"
        )),
    }
}

/// `--crate LIBRARY`, as often as it stands there.
fn parse_libraries(words: &[&str]) -> Result<Vec<String>, String> {
    let mut libraries = Vec::new();
    for pair in words.chunks(2) {
        match pair {
            ["--crate", library] => libraries.push((*library).to_owned()),
            ["--crate"] => return Err("--crate needs the name of a library".to_owned()),
            _ => return Err(format!("{:?} is one word too many", pair.join(" "))),
        }
    }
    Ok(libraries)
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Help => {
            say(HELP);
            Ok(ExitCode::SUCCESS)
        }
        Command::Directives => {
            say(directives::help().trim_end());
            Ok(ExitCode::SUCCESS)
        }
        Command::Serve { port } => serve::serve(&workspace()?, port).map(|()| ExitCode::SUCCESS),
        Command::Build => build_into_docs(&workspace()?),
        Command::Check => Ok(report(&paste::check(&workspace()?))),
        Command::New { path, libraries } => {
            say(new::create(&workspace()?, &path, &libraries)?);
            Ok(ExitCode::SUCCESS)
        }
        Command::Preprocess => preprocessor::answer(&workspace()?).map(|faults| report(&faults)),
        Command::Supports { renderer } if preprocessor::supports(&renderer) => {
            Ok(ExitCode::SUCCESS)
        }
        Command::Supports { .. } => Ok(ExitCode::FAILURE),
    }
}

/// The nearest folder, from here upwards, with the book in it.
fn workspace() -> Result<PathBuf> {
    let here = env::current_dir()?;
    let has_book = |folder: &&Path| folder.join("docs/book.toml").is_file();
    let found = here.ancestors().find(has_book);
    let found = found
        .context("there is no docs/book.toml here or above; run this in the cookbook's folder")?;
    Ok(found.to_owned())
}

/// A book with faults leaves the one that is there as it is.
fn build_into_docs(workspace: &Path) -> Result<ExitCode> {
    let built = build::build(workspace);
    if built.faults.is_empty() {
        let folder = workspace.join("docs/book");
        built.site.write(&folder)?;
        say(format!(
            "The book is in {}",
            folder.join("index.html").display()
        ));
    }
    Ok(report(&built.faults))
}

fn report(faults: &[Fault]) -> ExitCode {
    for fault in faults {
        complain(fault);
    }
    match faults.len() {
        0 => return ExitCode::SUCCESS,
        1 => complain("The book has 1 fault."),
        count => complain(format!("The book has {count} faults.")),
    }
    ExitCode::FAILURE
}

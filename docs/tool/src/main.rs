//! Builds, checks and serves the Parallel Rust Cookbook: `cargo book --help`.

mod build;
mod directives;
mod fault;
mod files;
mod html;
mod lint;
mod paste;
mod preprocessor;
mod serve;
mod warnings;

use anyhow::{Context, Result};
use fault::Fault;
use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "usage: cargo book [serve] [--port N] | cargo book build | \
                     cargo book check [--at-least N] | cargo book --help";
const HELP: &str = "\
Builds, checks and serves the Parallel Rust Cookbook.

cargo book [serve] [--port N]   serve the book on 127.0.0.1, port 3000 or N (0: any that is free), and reload the
                                page in the browser when the book changes; Ctrl-C ends it
cargo book build                build the book into docs/book, or say what is wrong with it
cargo book check [--at-least N] build the book, take each whole program out of its pages, paste it into a project of
                                its own, and say which does not build or does not print what its page says; fewer than N
                                programs are a fault
cargo book directives           list the directives that a page can have
cargo book preprocess           for mdBook: replace the directives of the book on standard input
";
const DEFAULT_PORT: u16 = 3000;

enum Command {
    Serve { port: u16 },
    Build,
    Check { at_least: usize },
    Directives,
    Preprocess,
    Supports { renderer: String },
    Help,
}

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let Some(command) = parse(&words) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    run(command).unwrap_or_else(|error| {
        eprintln!("{error:#}");
        ExitCode::FAILURE
    })
}

fn parse(words: &[&str]) -> Option<Command> {
    match words {
        ["--help" | "-h" | "help"] => Some(Command::Help),
        ["build"] => Some(Command::Build),
        ["check"] => Some(Command::Check { at_least: 1 }),
        ["check", "--at-least", count] => {
            let at_least = count.parse().ok()?;
            Some(Command::Check { at_least })
        }
        ["directives"] => Some(Command::Directives),
        ["preprocess"] => Some(Command::Preprocess),
        ["preprocess", "supports", renderer] => Some(Command::Supports {
            renderer: (*renderer).to_owned(),
        }),
        [] | ["serve"] => Some(Command::Serve { port: DEFAULT_PORT }),
        ["--port", port] | ["serve", "--port", port] => {
            let port = port.parse().ok()?;
            Some(Command::Serve { port })
        }
        _ => None,
    }
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Help => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        Command::Directives => {
            print!("{}", directives::help());
            Ok(ExitCode::SUCCESS)
        }
        Command::Serve { port } => serve::serve(&workspace()?, port).map(|()| ExitCode::SUCCESS),
        Command::Build => build_into_docs(&workspace()?),
        Command::Check { at_least } => Ok(report(&paste::check(&workspace()?, at_least))),
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
        println!("The book is in {}", folder.join("index.html").display());
    }
    Ok(report(&built.faults))
}

fn report(faults: &[Fault]) -> ExitCode {
    for fault in faults {
        eprintln!("{fault}");
    }
    match faults.len() {
        0 => return ExitCode::SUCCESS,
        1 => eprintln!("The book has 1 fault."),
        count => eprintln!("The book has {count} faults."),
    }
    ExitCode::FAILURE
}

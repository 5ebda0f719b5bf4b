//! Takes every whole program out of the built book and does with it what a reader does.

pub(crate) mod pasted;
pub(crate) mod project;

use crate::build;
use crate::fault::Fault;
use crate::files;
use crate::html::site::Site;
use crate::paste::pasted::Pasted;
use crate::paste::project::Bench;
use catalog::Program;
use std::collections::BTreeMap;
use std::path::Path;
use std::thread;

/// The page that holds all others.
const PRINT: &str = "print.html";

/// The faults of the book; those of its programs if it has no other. `at_least` so many must be found in it.
pub(crate) fn check(workspace: &Path, at_least: usize) -> Vec<Fault> {
    let built = build::build(workspace);
    if !built.faults.is_empty() {
        return built.faults;
    }
    let programs = programs(&built.site);
    let mut faults = missing(&programs, workspace);
    if programs.len() < at_least {
        let reason = format!("only {} programs, of at least {at_least}", programs.len());
        faults.push(Fault::new("the built book", reason));
    }
    faults.extend(tried(&programs, workspace));
    if faults.is_empty() {
        println!(
            "{} programs out of the book: each built alone, without a warning, and printed what its page says.",
            programs.len()
        );
    }
    faults
}

/// The programs of the book by their files. One that stands on several pages is the same on each.
fn programs(site: &Site) -> BTreeMap<String, Pasted> {
    let pages = site.pages().filter(|(address, _)| *address != PRINT);
    let programs = pages.flat_map(|(_, html)| pasted::programs(html));
    programs
        .map(|program| (program.file.clone(), program))
        .collect()
}

/// That each program has a page was found when the book was built; here, that it was found in the page.
fn missing(programs: &BTreeMap<String, Pasted>, workspace: &Path) -> Vec<Fault> {
    let files = catalog::programs(workspace)
        .into_iter()
        .map(|program| files::with_slashes(&program.path));
    let missing = files.filter(|file| !programs.contains_key(file));
    missing
        .map(|file| Fault::new(file, "in no page of the built book"))
        .collect()
}

/// Builds one after the other, because they share a folder to build in, and runs each while the next is built.
fn tried(programs: &BTreeMap<String, Pasted>, workspace: &Path) -> Vec<Fault> {
    let bench = Bench::new(workspace);
    let wholes: Vec<_> = programs
        .values()
        .map(|pasted| (pasted, Program::at(&pasted.file)))
        .collect();
    let bench = &bench;
    let results: Vec<_> = thread::scope(|scope| {
        let started = wholes.iter().map(|(pasted, whole)| {
            println!("{}", pasted.file);
            let built = whole.as_ref().ok_or("is no program of a recipe".to_owned());
            let built = built.and_then(|whole| bench.build(pasted, whole));
            (
                &pasted.file,
                scope.spawn(move || built.and_then(|built| built.run())),
            )
        });
        let started: Vec<_> = started.collect();
        started
            .into_iter()
            .map(|(file, run)| (file, run.join().expect("a check panicked")))
            .collect()
    });
    let fault = |(file, result): (_, Result<_, _>)| {
        Some(Fault::new(
            file,
            format!("taken out of the book, it {}", result.err()?),
        ))
    };
    results.into_iter().filter_map(fault).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_in_no_page_is_named() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture");
        let missing: Vec<_> = missing(&BTreeMap::new(), &workspace)
            .iter()
            .map(Fault::to_string)
            .collect();
        assert_eq!(missing.len(), 3);
        assert_eq!(
            missing[0],
            "recipes/signals/bell/src/main.rs: in no page of the built book"
        );
    }
}

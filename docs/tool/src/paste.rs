//! Takes every whole program out of the built book and tries it as a reader does: pastes it, builds
//! it and runs it.

pub(crate) mod pasted;
pub(crate) mod project;

use crate::build;
use crate::fault::Fault;
use crate::files;
use crate::html::{print, site::Site};
use crate::output::say;
use crate::paste::pasted::{Pasted, Sample};
use crate::paste::project::Bench;
use catalog::Program;
use std::collections::BTreeMap;
use std::path::Path;
use std::thread;

/// The faults of the book; those of its programs if it has no other.
pub(crate) fn check(workspace: &Path) -> Vec<Fault> {
    let built = build::build(workspace);
    if !built.faults.is_empty() {
        return built.faults;
    }
    let programs = programs(&built.site);
    let mut faults = missing(&programs, workspace);
    faults.extend(tried(&programs, workspace));
    if faults.is_empty() {
        let sentence = format!(
            "{} programs out of the book: each built alone, without a warning, and printed what \
             its page says.",
            programs.len()
        );
        say(&sentence);
    }
    faults
}

/// The programs of the book by their files. One that stands on several pages is the same on each.
fn programs(site: &Site) -> BTreeMap<String, Pasted> {
    let pages = site
        .pages()
        .filter(|(address, _)| *address != print::ADDRESS);
    let programs = pages.flat_map(|(_, html)| pasted::programs(html));
    programs
        .map(|program| (program.file.clone(), program))
        .collect()
}

/// The programs that cannot be found in the built pages. The build has already checked that each
/// has a directive on a page.
fn missing(programs: &BTreeMap<String, Pasted>, workspace: &Path) -> Vec<Fault> {
    let mut faults = Vec::new();
    for program in catalog::programs(workspace) {
        let file = files::with_slashes(&program.path);
        if !programs.contains_key(&file) {
            faults.push(Fault::new(file, "it is in no page of the built book"));
        }
    }
    faults
}

/// Builds one program after the other, because they share a folder to build in, and runs each while
/// the next is built.
fn tried(programs: &BTreeMap<String, Pasted>, workspace: &Path) -> Vec<Fault> {
    let bench = match Bench::new(workspace) {
        Ok(bench) => bench,
        Err(reason) => return vec![Fault::new("cargo book check", reason)],
    };
    let bench = &bench;
    thread::scope(|scope| {
        let mut runs = Vec::new();
        for pasted in programs.values() {
            say(&pasted.file);
            let (built, sample) = match Program::at(&pasted.file) {
                Some(program) => {
                    let sample = sample_for(&program, programs, workspace);
                    (bench.build(pasted, program), sample)
                }
                None => (Err("is not a program of a recipe".to_owned()), None),
            };
            let run = scope.spawn(move || {
                let built = built?;
                built.run()?;
                sample.map_or(Ok(()), |sample| built.run_on(sample))
            });
            runs.push((&pasted.file, run));
        }
        let mut faults = Vec::new();
        for (file, run) in runs {
            if let Err(reason) = run.join().expect("a check does not panic") {
                let reason = format!("taken out of the book, it {reason}");
                faults.push(Fault::new(file, reason));
            }
        }
        faults
    })
}

/// What the page of the recipe tells a reader to try, if this program prints what the recipe does.
fn sample_for<'a>(
    program: &Program,
    programs: &'a BTreeMap<String, Pasted>,
    workspace: &Path,
) -> Option<&'a Sample> {
    let recipe = &program.recipe;
    if program.expected(workspace) != recipe.expected() {
        return None;
    }
    let lesson = programs.get(&files::with_slashes(&recipe.lesson().path))?;
    lesson.sample.as_ref()
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
        assert_eq!(missing.len(), 4);
        assert_eq!(
            missing[0],
            "recipes/signals/bell/src/main.rs: it is in no page of the built book"
        );
    }
}

//! The table that compares a recipe with its variants and its Python twin.

use crate::directives::crates;
use crate::directives::manifest::{self, Dependency};
use crate::directives::recipe::Recipes;
use crate::directives::results::{OURS, Profile, Results, Workload, number, ratio};
use catalog::Program;

/// The benchmark's group of whole recipes, which are measured in the release profile only, and its
/// name for the Python twin.
pub(crate) const GROUP: &str = "Recipes";
const PYTHON: &str = "python3";

struct Row {
    /// The name in the results of the benchmark.
    contender: String,
    shown: String,
    lines: usize,
    crates: usize,
}

/// A table with one row per program: the recipe, then its variants, then Python.
pub(crate) fn table(recipes: &Recipes, name: &str) -> Result<String, String> {
    let rows = rows(recipes, name)?;
    let results = Results::read(&recipes.workspace, "quiet.json")?;
    let measured = results
        .as_ref()
        .and_then(|results| results.workload(GROUP, name));
    let (head, line) = match measured {
        Some(_) => (" Time | Ratio |", "--:|--:|"),
        None => ("", ""),
    };
    let head = format!("| With | Lines | Crates it adds |{head}\n|---|--:|--:|{line}\n");
    let rows: String = rows.iter().map(|row| row.markdown(measured)).collect();
    let notes = measured
        .and(results.as_ref())
        .map_or_else(String::new, times_note);
    Ok(format!("{head}{rows}\n{COUNTED}{notes}\n"))
}

const COUNTED: &str = "The crates are those that the program compiles in a project of its own, \
    on the system that built this page.";

fn times_note(results: &Results) -> String {
    let Results {
        date,
        machine,
        rounds,
        ..
    } = results;
    format!(
        " The times are of the whole process: medians of up to {rounds} rounds on {}, {} cores, \
         {date}. A ratio is the time of the recipe divided by the time of this program: below 1 the \
         recipe is faster. The brackets hold the quartiles.",
        machine.cpu, machine.cores
    )
}

fn rows(recipes: &Recipes, name: &str) -> Result<Vec<Row>, String> {
    let recipe = recipes.find(name)?;
    let needs = manifest::dependencies(&recipes.workspace, &recipe.folder())
        .map_err(|error| format!("{error:#}"))?;
    let mut lesson = row(recipes, OURS, &recipe.lesson(), &needs)?;
    // Its name in the results says that it takes the place of this library, which it need not use.
    lesson.shown = "the recipe".to_owned();
    let mut rows = vec![lesson];
    for library in recipe.libraries(&recipes.workspace) {
        let variant = recipe
            .example(&format!("{name}_{library}"))
            .expect("a variant was found");
        let needs = recipes.needs(&recipes.source(&variant)?)?;
        rows.push(row(recipes, &library, &variant, &needs)?);
    }
    let twin = recipe.python();
    if recipes.workspace.join(&twin).exists() {
        let lines = recipes.read(&twin)?.lines().count();
        rows.push(Row {
            contender: PYTHON.to_owned(),
            shown: "Python".to_owned(),
            lines,
            crates: 0,
        });
    }
    Ok(rows)
}

fn row(
    recipes: &Recipes,
    library: &str,
    program: &Program,
    needs: &[Dependency],
) -> Result<Row, String> {
    let lines = recipes.source(program)?.lines()?;
    let crates = crates::added(needs, &recipes.workspace)?;
    Ok(Row {
        contender: library.to_owned(),
        shown: format!("`{library}`"),
        lines,
        crates,
    })
}

impl Row {
    fn markdown(&self, measured: Option<&Workload>) -> String {
        let Row {
            shown,
            lines,
            crates,
            ..
        } = self;
        let times = measured.map_or_else(String::new, |workload| self.times(workload));
        format!("| {shown} | {lines} | {crates} |{times}\n")
    }

    fn times(&self, workload: &Workload) -> String {
        let Some(contender) = workload.contender(Profile::Release, &self.contender) else {
            return " not measured | – |".to_owned();
        };
        let compared = if self.contender == OURS {
            "1".to_owned()
        } else {
            ratio(contender.ratio)
        };
        format!(
            " {} {} | {compared} |",
            number(contender.median),
            workload.unit
        )
    }
}

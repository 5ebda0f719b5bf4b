//! The examples of a recipe on its page: the smallest program, single steps, the same job on one
//! thread and with other libraries, and the solution of the exercise.

use super::facts::{Facts, Input};
use super::lesson::printed;
use super::manifest::{self, Dependency};
use super::recipe::{Recipes, folded, in_file, in_lines};
use super::source::{Look, Source};
use super::uses::Uses;
use super::{playground, tabs};
use crate::files;
use crate::html::with_code;
use catalog::{Kind, Program, Recipe};

impl Recipes {
    /// The smallest program and what it prints. What another project needs for it is folded, so
    /// that the first screen of a chapter has room for a figure.
    pub(crate) fn small(&self, name: &str, root: &str) -> Result<String, String> {
        let program = self.example_named(name, "small")?;
        let source = self.source(&program)?;
        let shown = self.shown_with_output(&source)?;
        let facts = self.facts(&source)?.markdown(root);
        let id = format!("{}-facts", program.name());
        let facts = folded(
            "own-project",
            &id,
            "Paste it into a project of your own",
            &facts,
        );
        Ok(format!("{shown}\n{facts}"))
    }

    /// One step of the lesson on its own, folded.
    pub(crate) fn part(&self, name: &str, step: &str, root: &str) -> Result<String, String> {
        let program = self.example_named(name, &format!("part_{step}"))?;
        let source = self.source(&program)?;
        let shown = self.shown_with_output(&source)?;
        let facts = self.facts(&source)?.markdown(root);
        let title = title(&source)?;
        let summary = format!(
            "{}, {}",
            with_code(title.trim_end_matches('.')),
            in_lines(source.lines()?)
        );
        let inside = format!("{shown}\n{facts}");
        Ok(folded("part", &program.name(), &summary, &inside))
    }

    /// The same job on one thread, folded.
    pub(crate) fn sequential(&self, name: &str, root: &str) -> Result<String, String> {
        let program = self.example_named(name, "sequential")?;
        let source = self.source(&program)?;
        let code = source.whole()?;
        let facts = Facts {
            prints: Some(self.prints_as_the_recipe(&program.recipe)),
            ..self.facts(&source)?
        };
        let summary = format!("The same job on one thread, {}", in_lines(source.lines()?));
        let inside = format!("{code}\n{}", facts.markdown(root));
        Ok(folded("sequential", &program.name(), &summary, &inside))
    }

    /// The same job with another library: a tab. The program is folded, so that a reader compares
    /// the libraries by their prose and opens the programs that they want to see.
    pub(crate) fn variant(&self, name: &str, library: &str, root: &str) -> Result<String, String> {
        let program = self.example_named(name, library)?;
        if !matches!(program.kind, Kind::Variant { .. }) {
            return Err(format!("`{library}` cannot be the name of a library"));
        }
        let source = self.source(&program)?;
        let code = source.whole()?;
        let facts = Facts {
            prints: Some(self.prints_as_the_recipe(&program.recipe)),
            ..self.facts(&source)?
        };
        let summary = format!("The program with {library}, {}", in_lines(source.lines()?));
        let inside = format!("{code}\n{}", facts.markdown(root));
        let program = folded("variant-program", &program.name(), &summary, &inside);
        Ok(tabs::panel(name, library, &program))
    }

    /// The lines of an example between the markers of an anchor.
    pub(crate) fn excerpt_of_example(&self, name: &str, anchor: &str) -> Result<String, String> {
        let programs = catalog::programs(&self.workspace);
        let mut examples = programs
            .iter()
            .filter(|program| program.kind != Kind::Lesson);
        let example = examples
            .find(|program| program.name() == name)
            .ok_or_else(|| format!("there is no example `{name}`"))?;
        self.source(example)?.excerpt(anchor)
    }

    /// The solution of a chapter's exercise: folded, so that nobody reads it before they have
    /// tried.
    pub(crate) fn solution(&self, name: &str, root: &str) -> Result<String, String> {
        let program = self.example_named(name, "solution")?;
        let source = self.source(&program)?;
        let code = source.whole()?;
        let expected = files::with_slashes(&program.expected(&self.workspace));
        let facts = Facts {
            prints: Some(format!("It prints `{expected}`.\n")),
            ..self.facts(&source)?
        };
        let summary = format!("The solution, {}", in_lines(source.lines()?));
        let inside = format!("{code}\n{}", facts.markdown(root));
        Ok(folded("solution", &program.name(), &summary, &inside))
    }

    fn example_named(&self, name: &str, what: &str) -> Result<Program, String> {
        self.find(name)?
            .example(&format!("{name}_{what}"))
            .ok_or_else(|| format!("`{what}` cannot be part of the name of an example"))
    }

    /// A program without the comment at its top, and below it what it prints.
    fn shown_with_output(&self, source: &Source) -> Result<String, String> {
        let needs = self.needs(source)?;
        let reads = self.reads(source)?;
        let look = Look {
            on_playground: playground::runs(&needs, reads.is_some()),
            ..Look::default()
        };
        let code = source.without_description(&look)?;
        let output = self.read(&source.program.text())?;
        let output = printed(&source.program.command(), &output);
        Ok(format!("{code}\n{output}"))
    }

    fn prints_as_the_recipe(&self, recipe: &Recipe) -> String {
        let expected = files::with_slashes(&recipe.expected());
        format!("It prints what the recipe prints: `{expected}`.\n")
    }

    /// The facts of an example.
    pub(crate) fn facts<'a>(&self, source: &'a Source) -> Result<Facts<'a>, String> {
        Ok(Facts {
            repository: self.repository()?,
            source,
            needs: self.needs(source)?,
            reads: self.reads(source)?,
            sample: None,
            prints: None,
        })
    }

    /// The dependencies that an example names.
    pub(crate) fn needs(&self, source: &Source) -> Result<Vec<Dependency>, String> {
        let uses = source.uses()?;
        let folder = source.program.recipe.folder();
        let is_used = |name: &str| uses.has_crate(name);
        manifest::dependencies_of_examples(&self.workspace, &folder, is_used)
            .and_then(|all| {
                manifest::for_example(all, &self.workspace, &folder, &source.program.name())
            })
            .map_err(|error| format!("{error:#}"))
    }

    /// The recipe's input, if an example reads it.
    pub(crate) fn reads(&self, source: &Source) -> Result<Option<Input>, String> {
        let uses: Uses = source.uses()?;
        if !source.program.reads_input() && !uses.has_folder("input") {
            return Ok(None);
        }
        Input::of(&self.workspace, &source.program.recipe)
    }
}

/// The first paragraph of a program's description, in one line.
pub(crate) fn title(source: &Source) -> Result<String, String> {
    let description = source.description()?;
    let first = description.split("\n\n").next().unwrap_or("");
    if first.is_empty() {
        let reason = "it does not begin with a line `//! ` that says what it shows";
        return Err(in_file(&source.program.path, reason));
    }
    Ok(first.replace('\n', " "))
}

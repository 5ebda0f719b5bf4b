//! A program that goes wrong, folded: what it does, the program, and what it prints.

use super::example::title;
use super::playground;
use super::recipe::{Recipes, folded, in_file, in_lines};
use super::snippet::fenced;
use super::source::Look;
use catalog::{Kind, Program};
use checks::ending::Ending;

impl Recipes {
    pub(crate) fn mistake(&self, name: &str, file: &str, root: &str) -> Result<String, String> {
        let program = self
            .find(name)?
            .example(file)
            .filter(|program| program.kind == Kind::Mistake)
            .ok_or_else(|| format!("a mistake's file is called {name}_mistake_WHAT"))?;
        let source = self.source(&program)?;
        title(&source)?;
        let facts = self.facts(&source)?;
        let look = Look {
            wrong: source.wrong_lines()?,
            on_playground: playground::runs(&facts.needs, facts.reads.is_some()),
        };
        let summary = format!(
            "The program that shows it: <code>{file}.rs</code>, {}",
            in_lines(source.lines()?)
        );
        let inside = [
            format!("{}\n", source.description()?),
            source.without_description(&look)?,
            self.ending(&program)?,
            facts.markdown(root),
        ];
        Ok(folded("mistake", file, &summary, &inside.join("\n")))
    }

    /// What the mistake prints, and where, and its exit status.
    fn ending(&self, program: &Program) -> Result<String, String> {
        let path = program.text();
        let ending = Ending::parse(&self.read(&path)?).map_err(|reason| in_file(&path, reason))?;
        let mut shown = vec![format!("`$ {}`\n", program.command())];
        if !ending.stdout.is_empty() {
            shown.push(fenced("text", &ending.stdout));
        }
        if !ending.stderr.is_empty() {
            shown.push(format!(
                "On standard error:\n\n{}",
                fenced("text", &ending.stderr)
            ));
        }
        shown.push(format!("Exit status: {}.\n", ending.status));
        Ok(format!(
            "<div class=\"output\">\n\n{}\n</div>\n",
            shown.join("\n")
        ))
    }
}

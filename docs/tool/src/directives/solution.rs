//! The solution of a chapter's exercise: folded up, so that nobody reads it before they have tried.

use crate::directives::example::folded;
use crate::directives::facts::{Facts, Input};
use crate::directives::recipe::{Recipes, Rendered};
use crate::files;

impl Recipes {
    pub(crate) fn solution(&self, name: &str, root: &str) -> Result<Rendered, String> {
        let recipe = self.find(name)?;
        let program = recipe
            .example(&format!("{name}_solution"))
            .expect("an example can have this name");
        let (_, code) = self.code(&program)?;
        let needs = self.needs_of_example(&program)?;
        let prints = format!(
            "It prints `{}`.\n",
            files::with_slashes(&program.expected(&self.workspace))
        );
        let facts = Facts {
            program: &program,
            needs,
            reads: Input::of(&self.workspace, &recipe.folder())?,
            prints: Some(prints),
        };
        let summary = format!("Solution: {} lines", self.lines(&program)?);
        Ok(folded(
            "solution",
            &summary,
            &format!("{code}\n{}", facts.markdown(root)),
            program,
        ))
    }
}

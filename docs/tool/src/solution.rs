//! The solution of a chapter's exercise: folded up, so that nobody reads it before they have tried.

use crate::example::folded;
use crate::facts::{Facts, Input};
use crate::files;
use crate::program::Whole;
use crate::recipe::{Recipes, Rendered};
use std::path::{Path, PathBuf};

/// Where it says what a solution prints: a file of its own beside it if the task changes the output, else the recipe's.
pub(crate) fn expected(workspace: &Path, program: &Whole) -> PathBuf {
    let own = program.path.with_extension("txt");
    if workspace.join(&own).is_file() {
        own
    } else {
        Path::new("recipes")
            .join(&program.recipe)
            .join("expected.txt")
    }
}

impl Recipes {
    pub(crate) fn solution(&self, name: &str, root: &str) -> Result<Rendered, String> {
        let folder = self.folder(name)?;
        let program = Whole::solution(name);
        let (_, code) = self.code(&program)?;
        let needs = self.needs_of_example(&program)?;
        let prints = format!(
            "It prints `{}`.\n",
            files::with_slashes(&expected(&self.workspace, &program))
        );
        let facts = Facts {
            program: &program,
            needs,
            reads: Input::of(&self.workspace, &folder)?,
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

//! A recipe's examples on its page: the same job with other libraries, in tabs, and mistakes with how they end, folded up,
//! so that a chapter with several stays readable.

use super::{playground, tabs};
use crate::directives::facts::{Facts, Input};
use crate::directives::manifest::{self, Dependency};
use crate::directives::recipe::{Recipes, Rendered, in_file};
use crate::directives::snippet::fenced;
use crate::directives::uses::Uses;
use crate::files;
use crate::html::escaped;
use catalog::{Kind, Program, Recipe};
use checks::ending::Ending;

impl Recipes {
    pub(crate) fn variant(
        &self,
        name: &str,
        library: &str,
        root: &str,
    ) -> Result<Rendered, String> {
        let recipe = self.find(name)?;
        let program = recipe
            .example(&format!("{name}_{library}"))
            .filter(|program| matches!(program.kind, Kind::Variant { .. }))
            .ok_or_else(|| format!("`{library}` cannot be the name of a library"))?;
        let (source, code) = self.code(&program)?;
        let uses = Uses::of(&source).map_err(|reason| in_file(&program.path, reason))?;
        let needs = self.used(&recipe, &uses)?;
        let expected = files::with_slashes(&recipe.expected());
        let prints = format!("It prints what the recipe prints: `{expected}`.\n");
        let facts = Facts {
            program: &program,
            needs,
            reads: Input::of(&self.workspace, &recipe.folder())?,
            prints: Some(prints),
        };
        let inside = format!("{code}\n{}", facts.markdown(root));
        Ok(Rendered {
            markdown: tabs::panel(name, library, &inside),
            linked: Some(program.path),
        })
    }

    pub(crate) fn mistake(&self, name: &str, file: &str, root: &str) -> Result<Rendered, String> {
        let recipe = self.find(name)?;
        let program = recipe
            .example(file)
            .filter(|program| program.kind == Kind::Mistake)
            .ok_or_else(|| format!("a mistake's file is called {name}_mistake_WHAT"))?;
        let (source, code) = self.code(&program)?;
        let title = title(&source).map_err(|reason| in_file(&program.path, reason))?;
        let uses = Uses::of(&source).map_err(|reason| in_file(&program.path, reason))?;
        let output = self.ending(&program)?;
        let needs = self.used(&recipe, &uses)?;
        let reads = if uses.has_folder("input") {
            Input::of(&self.workspace, &recipe.folder())?
        } else {
            None
        };
        let code = if playground::runs(&needs, reads.is_some()) {
            playground::marked(&code)
        } else {
            code
        };
        let facts = Facts {
            program: &program,
            needs,
            reads,
            prints: None,
        };
        let inside = format!("{code}\n{output}\n{}", facts.markdown(root));
        Ok(folded("mistake", &title, &inside, program))
    }

    /// The dependencies that an example names.
    pub(crate) fn needs_of_example(&self, program: &Program) -> Result<Vec<Dependency>, String> {
        let uses = Uses::of(&self.read(&program.path)?)
            .map_err(|reason| in_file(&program.path, reason))?;
        self.used(&program.recipe, &uses)
    }

    fn used(&self, recipe: &Recipe, uses: &Uses) -> Result<Vec<Dependency>, String> {
        let mut needs = manifest::dependencies_of_examples(&self.workspace, &recipe.folder())
            .map_err(|error| format!("{error:#}"))?;
        needs.retain(|dependency| uses.has_crate(&dependency.name));
        Ok(needs)
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

pub(crate) fn folded(class: &str, summary: &str, markdown: &str, program: Program) -> Rendered {
    let id = program.name();
    let markdown = format!(
        "<details class=\"{class}\" id=\"{id}\">\n<summary>{summary}</summary>\n\n{markdown}\n</details>\n"
    );
    Rendered {
        markdown,
        linked: Some(program.path),
    }
}

/// The first paragraph of a program's documentation, as HTML.
fn title(source: &str) -> Result<String, String> {
    let paragraph = source.lines().map_while(|line| line.strip_prefix("//! "));
    let text = paragraph.collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        return Err("it does not begin with a line `//! ` that says what goes wrong".to_owned());
    }
    let text = escaped(&text);
    let mut html = String::new();
    for (index, part) in text.split('`').enumerate() {
        html += if index % 2 == 1 {
            "<code>"
        } else if index > 0 {
            "</code>"
        } else {
            ""
        };
        html += part;
    }
    Ok(html)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_the_first_paragraph() {
        let source = "//! Calls `lock()` twice,\n//! a < b.\n//!\n//! More.\n";
        assert_eq!(
            title(source).unwrap(),
            "Calls <code>lock()</code> twice, a &lt; b."
        );
        assert!(title("fn main() {}\n").is_err());
    }
}

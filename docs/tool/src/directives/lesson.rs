//! A recipe on its page: its program whole or in parts, and what it prints.

use super::facts::{Facts, Input, cli_id};
use super::manifest;
use super::recipe::{Recipes, Rendered, folded, in_lines};
use super::snippet::fenced;

impl Recipes {
    /// The files of the program, folded, and below them what a reader must know to run it.
    pub(crate) fn whole(&self, name: &str, root: &str) -> Result<Rendered, String> {
        let recipe = self.find(name)?;
        let source = self.source(&recipe.lesson())?;
        let needs = manifest::dependencies(&self.workspace, &recipe.folder())
            .map_err(|error| format!("{error:#}"))?;
        let reads = Input::of(&self.workspace, &recipe.folder())?;
        let summary = format!("The whole program, {}", in_lines(source.lines()?));
        let id = format!("{name}-main");
        let mut markdown = folded("whole", &id, &summary, &source.whole()?);
        if let Some(lines) = source.lines_of_cli()? {
            let summary = format!(
                "<code>src/cli.rs</code>, {}: reads the input, prints the result",
                in_lines(lines)
            );
            markdown.push('\n');
            markdown += &folded("whole", &cli_id(name), &summary, &source.whole_cli()?);
        }
        let facts = Facts {
            source: &source,
            needs,
            reads,
            prints: None,
        };
        markdown.push('\n');
        markdown += &facts.markdown(root);
        Ok(Rendered {
            markdown,
            linked: source.paths(),
        })
    }

    pub(crate) fn excerpt(&self, name: &str, anchor: &str) -> Result<String, String> {
        let recipe = self.find(name)?;
        self.source(&recipe.lesson())?.excerpt(anchor)
    }

    pub(crate) fn output(&self, name: &str) -> Result<String, String> {
        let recipe = self.find(name)?;
        let output = self.read(&recipe.expected())?;
        Ok(printed(&recipe.lesson().command(), &output))
    }
}

/// What a command prints.
pub(crate) fn printed(command: &str, output: &str) -> String {
    let block = fenced("text", output);
    format!("<div class=\"output\">\n\n`$ {command}`\n\n{block}\n</div>\n")
}

//! A recipe on its page: its program whole or in parts, and what it prints.

use super::facts::{Facts, Input, cli_id};
use super::manifest;
use super::recipe::{Recipes, Rendered, folded, in_lines};
use super::snippet::fenced;

impl Recipes {
    /// The files of the program, and what a reader must know to run it: all of it folded.
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
        let id = format!("{name}-facts");
        let summary = "Run it, or paste it into a project of your own";
        markdown += &folded("own-project", &id, summary, &facts.markdown(root));
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

/// So many lines of a long output are shown before the others, which are folded.
const FIRST_LINES: usize = 8;
/// An output with up to so many lines is shown whole: a fold would save next to nothing.
const MOST_LINES: usize = 13;

/// What a command prints. After its first lines a long output is folded.
pub(crate) fn printed(command: &str, output: &str) -> String {
    let lines: Vec<&str> = output.lines().collect();
    let shown = if lines.len() > MOST_LINES {
        let (first, others) = lines.split_at(FIRST_LINES);
        format!(
            "{}\n<details>\n<summary>{} more lines</summary>\n\n{}\n</details>\n",
            fenced("text", &first.join("\n")),
            others.len(),
            fenced("text", &others.join("\n"))
        )
    } else {
        fenced("text", output)
    };
    format!("<div class=\"output\">\n\n`$ {command}`\n\n{shown}\n</div>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize) -> String {
        (1..=count).map(|number| format!("{number}\n")).collect()
    }

    #[test]
    fn a_short_output_is_shown_whole() {
        let shown = printed("cargo run", &numbers(MOST_LINES));
        assert!(!shown.contains("<details>"), "{shown}");
        assert!(shown.contains("\n13\n```\n"), "{shown}");
    }

    #[test]
    fn a_long_output_is_folded_after_its_first_lines() {
        let shown = printed("cargo run", &numbers(20));
        let fold = "\n8\n```\n\n<details>\n<summary>12 more lines</summary>\n\n```text\n9\n";
        assert!(shown.contains(fold), "{shown}");
        assert!(shown.ends_with("\n20\n```\n\n</details>\n\n</div>\n"), "{shown}");
    }
}

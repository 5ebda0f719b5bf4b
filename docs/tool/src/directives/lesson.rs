//! A recipe on its page: its program whole or in parts, and what it prints.

use super::facts::{Facts, Input, cli_id};
use super::manifest;
use super::recipe::{Recipes, Rendered, folded, in_lines};
use super::sample::Sample;
use super::snippet::fenced;

impl Recipes {
    /// The files of the program and what a reader must know to run it, in one fold.
    pub(crate) fn whole(&self, name: &str, root: &str) -> Result<Rendered, String> {
        let recipe = self.find(name)?;
        let source = self.source(&recipe.lesson())?;
        let needs = manifest::dependencies(&self.workspace, &recipe.folder())
            .map_err(|error| format!("{error:#}"))?;
        let reads = Input::of(&self.workspace, &recipe)?;
        let sample = match &reads {
            Some(input) => Some(Sample::of(&self.workspace, &recipe, input)?),
            None => None,
        };
        let mut summary = format!("The whole program: {}", in_lines(source.lines()?));
        let mut inside = source.whole()?;
        if let Some(lines) = source.lines_of_cli()? {
            let lines = in_lines(lines);
            summary += &format!(", and {lines} in <code>src/cli.rs</code>");
            let cli =
                format!("<code>src/cli.rs</code>, {lines}: reads the input, prints the result");
            inside.push('\n');
            inside += &folded("whole", &cli_id(name), &cli, &source.whole_cli()?);
        }
        summary += ". How to run it";
        let facts = Facts {
            repository: self.repository()?,
            source: &source,
            needs,
            reads,
            sample,
            prints: None,
        };
        inside.push('\n');
        inside += &facts.markdown(root);
        let markdown = folded("whole", &format!("{name}-main"), &summary, &inside);
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
const FIRST_LINES: usize = 6;
/// An output with up to so many lines is shown whole: a fold would save next to nothing.
const MOST_LINES: usize = 10;

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
        assert!(shown.contains("\n10\n```\n"), "{shown}");
    }

    #[test]
    fn a_long_output_is_folded_after_its_first_lines() {
        let shown = printed("cargo run", &numbers(20));
        let fold = "\n6\n```\n\n<details>\n<summary>14 more lines</summary>\n\n```text\n7\n";
        assert!(shown.contains(fold), "{shown}");
        assert!(
            shown.ends_with("\n20\n```\n\n</details>\n\n</div>\n"),
            "{shown}"
        );
    }
}

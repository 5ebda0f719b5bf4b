//! The table of which test notices which mutant.

use crate::directives::recipe::Recipes;
use std::path::Path;

const FILE: &str = "shared/tools/mutants/results.md";
const HOW: &str = "`cargo mutate` writes it";

/// Its paragraph of counts, and the table below it folded.
pub(crate) fn table(recipes: &Recipes) -> Result<String, String> {
    let text = recipes
        .read(Path::new(FILE))
        .map_err(|reason| format!("{reason}; {HOW}"))?;
    folded(&text.replace("\r\n", "\n"))
        .ok_or_else(|| format!("{FILE} has no counts or no table; {HOW}"))
}

fn folded(text: &str) -> Option<String> {
    let (_written_by, rest) = text.split_once("\n\n")?;
    let (counts, rows) = rest.split_once("\n\n")?;
    let fold =
        format!("<details>\n<summary>Which test notices which</summary>\n\n{rows}\n</details>\n");
    rows.starts_with("| ")
        .then(|| format!("{counts}\n\n{fold}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_are_shown_and_the_table_is_folded() {
        let text =
            "<!-- Written by a tool. -->\n\n2 mutants.\n\n| In | By |\n|---|---|\n| a | b |\n";
        let expected = "2 mutants.\n\n<details>\n<summary>Which test notices which</summary>\n\n\
            | In | By |\n|---|---|\n| a | b |\n\n</details>\n";
        assert_eq!(folded(text).as_deref(), Some(expected));
        assert_eq!(folded("2 mutants.\n"), None);
    }
}

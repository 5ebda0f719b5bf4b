//! Drawings made for this book.

use crate::recipe::Recipes;
use std::path::Path;

const FOLDER: &str = "docs/figures";

/// The drawing itself, so that it takes the page's colours. Markdown ends HTML at an empty line.
pub(crate) fn drawing(recipes: &Recipes, name: &str) -> Result<String, String> {
    let svg = recipes.read(&Path::new(FOLDER).join(name).with_extension("svg"))?;
    let problem = |what: &str| Err(format!("{FOLDER}/{name}.svg {what}"));
    if !svg.starts_with("<svg") || !svg.trim_end().ends_with("</svg>") {
        return problem("is no `<svg>` from its first character to its last");
    }
    for part in ["role=\"img\"", "<title", "<desc"] {
        if !svg.contains(part) {
            return problem(&format!("has no {part}: who cannot see it is told nothing"));
        }
    }
    let lines: String = svg.lines().filter(|line| !line.trim().is_empty()).map(|line| format!("{line}\n")).collect();
    Ok(format!("<figure class=\"figure\">\n{lines}</figure>\n"))
}

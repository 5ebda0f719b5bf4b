//! What the threads of a program did in one run, as `cargo timeline --book` has drawn it.

use crate::recipe::Recipes;
use crate::snippet::fenced;
use std::path::Path;

const FOLDER: &str = "docs/timelines";
const HOW: &str = "`cargo timeline --book` writes it";

/// The picture itself, so that it takes the page's colours, and below it the same run in words, folded.
pub(crate) fn lanes(recipes: &Recipes, name: &str) -> Result<String, String> {
    let file = |ending: &str| {
        let path = Path::new(FOLDER).join(format!("{name}.{ending}"));
        recipes.read(&path).map_err(|reason| format!("{reason}; {HOW}"))
    };
    let (svg, words) = (file("svg")?, file("txt")?);
    let problem = || format!("{FOLDER}/{name}.svg is no `<svg>` with a `<title>`; {HOW}");
    let title = title(&svg).ok_or_else(problem)?;
    // Markdown ends HTML at an empty line.
    let lines: String = svg.lines().filter(|line| !line.trim().is_empty()).map(|line| format!("{line}\n")).collect();
    Ok(format!(
        "<figure class=\"timeline\">\n{lines}<figcaption>{title}</figcaption>\n</figure>\n\n\
         <details>\n<summary>The run in words</summary>\n\n{}\n</details>\n",
        fenced("text", &words)
    ))
}

/// What was run, and how much it was. It is HTML: the picture escapes it already.
fn title(svg: &str) -> Option<&str> {
    let is_whole = svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>");
    let (_, rest) = svg.split_once("<title")?.1.split_once('>')?;
    let (title, _) = rest.split_once("</title>")?;
    is_whole.then_some(title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caption_is_the_pictures_title() {
        let svg = "<svg role=\"img\">\n<title id=\"a\">run: 2 threads</title>\n<g><title>lane</title></g></svg>\n";
        assert_eq!(title(svg), Some("run: 2 threads"));
        assert_eq!(title("<svg></svg>"), None);
        assert_eq!(title("<title>a</title>"), None);
    }

    #[test]
    fn a_picture_that_is_missing_is_a_fault_that_says_how_to_make_it() {
        let fixture = Recipes::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture"));
        let reason = lanes(&fixture, "bell").expect_err("there is none");
        assert!(reason.contains("docs/timelines/bell.svg") && reason.ends_with(HOW), "{reason}");
    }
}

//! What the threads of a program did in one run, as `cargo timeline --book` has drawn it.

use crate::directives::figure;
use crate::directives::recipe::Recipes;
use crate::directives::snippet::fenced;
use std::path::Path;

const FOLDER: &str = "docs/timelines";
const HOW: &str = "`cargo timeline --book` writes it";

/// The picture, and below it the same run in words, folded.
pub(crate) fn lanes(recipes: &Recipes, name: &str) -> Result<String, String> {
    let how = |reason: String| format!("{reason}; {HOW}");
    let svg = figure::svg(recipes, FOLDER, name).map_err(how)?;
    let words = recipes
        .read(&Path::new(FOLDER).join(name).with_extension("txt"))
        .map_err(how)?;
    let title = title(&svg).ok_or_else(|| how(format!("{FOLDER}/{name}.svg has no `<title>`")))?;
    Ok(format!(
        "<figure class=\"timeline\">\n{svg}<figcaption>{title}</figcaption>\n</figure>\n\n\
         <details>\n<summary>The run in words</summary>\n\n{}\n</details>\n",
        fenced("text", &words)
    ))
}

/// What was run, and how much it was. It is HTML: the picture escapes it already.
fn title(svg: &str) -> Option<&str> {
    let (_, rest) = svg.split_once("<title")?.1.split_once('>')?;
    let (title, _) = rest.split_once("</title>")?;
    Some(title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caption_is_the_pictures_title() {
        let svg = "<svg role=\"img\">\n<title id=\"a\">run: 2 threads</title>\n<g><title>lane</title></g></svg>\n";
        assert_eq!(title(svg), Some("run: 2 threads"));
        assert_eq!(title("<svg></svg>"), None);
    }

    #[test]
    fn a_picture_that_is_missing_is_a_fault_that_says_how_to_make_it() {
        let fixture = Recipes::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture"));
        let reason = lanes(&fixture, "bell").expect_err("there is none");
        assert!(
            reason.contains("docs/timelines/bell.svg") && reason.ends_with(HOW),
            "{reason}"
        );
    }
}

//! Drawings made for this book.

use crate::directives::recipe::Recipes;
use std::path::Path;

const FOLDER: &str = "docs/figures";

/// The drawing. It must also say in words what it shows, for readers who cannot see it.
pub(crate) fn drawing(recipes: &Recipes, name: &str) -> Result<String, String> {
    let svg = svg(recipes, FOLDER, name)?;
    for part in ["role=\"img\"", "<title", "<desc"] {
        if !svg.contains(part) {
            return Err(format!(
                "{FOLDER}/{name}.svg has no {part}: readers who cannot see it learn nothing"
            ));
        }
    }
    let (title, description) = (words(&svg, "title")?, words(&svg, "desc")?);
    Ok(format!(
        "<div class=\"figure\">\n<figure>\n{svg}<figcaption><b>{title}.</b> \
         <span>{description}</span></figcaption>\n</figure>\n</div>\n"
    ))
}

/// What the first `<title>` or `<desc>` of a picture says. It is HTML: the picture escapes it
/// already.
pub(crate) fn words<'a>(svg: &'a str, element: &str) -> Result<&'a str, String> {
    let missing = || format!("the picture has no <{element}> that ends");
    let (_, rest) = svg.split_once(&format!("<{element}")).ok_or_else(missing)?;
    let (_, rest) = rest.split_once('>').ok_or_else(missing)?;
    let (text, _) = rest
        .split_once(&format!("</{element}>"))
        .ok_or_else(missing)?;
    Ok(text)
}

/// A picture to stand in a page, whose colours it takes. It has no empty line, because Markdown
/// ends HTML there.
pub(crate) fn svg(recipes: &Recipes, folder: &str, name: &str) -> Result<String, String> {
    let svg = recipes.read(&Path::new(folder).join(name).with_extension("svg"))?;
    if !svg.starts_with("<svg") || !svg.trim_end().ends_with("</svg>") {
        return Err(format!(
            "{folder}/{name}.svg is no `<svg>` from its first character to its last"
        ));
    }
    Ok(svg
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| format!("{line}\n"))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_caption_is_the_pictures_title() {
        let svg = "<svg role=\"img\">\n<title id=\"a\">run: 2 threads</title>\n\
                   <g><title>lane</title></g></svg>\n";
        assert_eq!(words(svg, "title"), Ok("run: 2 threads"));
        assert!(words("<svg></svg>", "title").is_err());
    }

    #[test]
    fn a_picture_stands_in_the_page_whole_or_not_at_all() {
        let workspace = tempfile::tempdir().unwrap();
        let picture = |text: &str| {
            fs::write(workspace.path().join("a.svg"), text).unwrap();
            svg(&Recipes::new(workspace.path().to_owned()), "", "a")
        };
        assert_eq!(
            picture("<svg>\n\n<g/>\n</svg>\n\n"),
            Ok("<svg>\n<g/>\n</svg>\n".to_owned())
        );
        for torn in [
            "<title>a</title>",
            "<?xml?>\n<svg></svg>",
            "<svg>",
            "<svg></svg> and more",
        ] {
            assert!(
                picture(torn)
                    .unwrap_err()
                    .ends_with("/a.svg is no `<svg>` from its first character to its last")
            );
        }
    }
}

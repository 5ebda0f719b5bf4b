//! What the threads of a program did in one run, as `cargo timeline --book` has drawn it.

use crate::directives::figure;
use crate::directives::recipe::{Recipes, folded};
use crate::directives::snippet::fenced;
use std::path::Path;

const FOLDER: &str = "docs/timelines";
const HOW: &str = "`cargo timeline --book` writes it";

/// The part of a program's name that says that it shows a mistake.
const MISTAKE: &str = "_mistake_";

/// A run of more threads than these takes most of a screen.
const MOST_LANES: usize = 8;

/// The picture, and below it the same run in words, folded. The run of a mistake is folded whole,
/// because a reader looks at it together with the program, which is folded, too. So is a run of
/// many threads.
pub(crate) fn lanes(recipes: &Recipes, name: &str) -> Result<String, String> {
    let how = |reason: String| format!("{reason}; {HOW}");
    let svg = figure::svg(recipes, FOLDER, name).map_err(how)?;
    let words = recipes
        .read(&Path::new(FOLDER).join(name).with_extension("txt"))
        .map_err(how)?;
    let title = figure::words(&svg, "title")
        .map_err(|reason| how(format!("{FOLDER}/{name}.svg: {reason}")))?;
    let words = fenced("text", &words);
    let lanes = svg.matches("<g data-thread").count();
    if name.contains(MISTAKE) || lanes > MOST_LANES {
        let summary = format!("The timeline of a run{}", size(title));
        let inside = format!(
            "<figure class=\"timeline\">\n{svg}<figcaption>{title}</figcaption>\n</figure>\n\n\
             The run in words:\n\n{words}"
        );
        return Ok(folded("run", &format!("run-{name}"), &summary, &inside));
    }
    Ok(format!(
        "<figure class=\"timeline\">\n{svg}</figure>\n\n<details class=\"words\">\n\
         <summary>The run in words <small>{title}</small></summary>\n\n{words}\n</details>\n"
    ))
}

/// How many threads the run had and how long it took, out of a picture's title, or nothing if the
/// title does not say so.
fn size(title: &str) -> String {
    let Some((_, size)) = title.rsplit_once(": ") else {
        return String::new();
    };
    match size.rsplit_once(", ") {
        Some((threads_and_time, _records)) => format!(": {threads_and_time}"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_has_the_threads_and_the_time() {
        let title = "cargo timeline bell --example bell_mistake_x: 7 threads, 301 ms, 43 records";
        assert_eq!(size(title), ": 7 threads, 301 ms");
        for without_size in ["cargo timeline bell", "a run: short"] {
            assert_eq!(size(without_size), "");
        }
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

//! A program's text as mdBook takes it: `ANCHOR` markers read and dropped, lines hidden, what would
//! be misread escaped.

use super::is_name;
use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};

/// How an example shares the command-line part of its recipe. In a project of the reader's both
/// files lie in `src/`, so a page leaves this line out.
const PATH: &str = "#[path = \"../src/cli.rs\"]";
const MODULE: &str = "mod cli;";
/// The comment at the end of a line that is wrong begins with this, and then says why.
const WRONG: &str = " // Wrong: ";
/// How a line ends that the compiler refuses.
const REFUSED: &str = "// refused";

/// The lines of a program without its markers, and the lines that each pair of markers encloses.
#[derive(Debug)]
pub(crate) struct Text<'a> {
    lines: Vec<&'a str>,
    anchors: BTreeMap<&'a str, Range<usize>>,
}

/// Some lines of a program, with the others hidden around them.
#[derive(Debug, PartialEq)]
pub(crate) struct Excerpt {
    pub(crate) text: String,
    /// Which lines of the program are to be seen, counted from 1.
    pub(crate) lines: RangeInclusive<usize>,
    /// By how many columns the lines were moved to the left.
    pub(crate) margin: usize,
}

impl<'a> Text<'a> {
    /// Fails on a marker that is misspelt, unpaired or used twice, whichever part of the program is
    /// asked for.
    pub(crate) fn parse(source: &'a str) -> Result<Self, String> {
        let mut lines = Vec::new();
        let mut open = BTreeMap::new();
        let mut anchors = BTreeMap::new();
        for (index, line) in source.lines().enumerate() {
            let marker =
                marker_in(line).map_err(|reason| format!("line {}: {reason}", index + 1))?;
            match marker {
                None if line == PATH => {}
                None => lines.push(line),
                Some(Marker::Start(name)) => {
                    if anchors.contains_key(name) || open.insert(name, lines.len()).is_some() {
                        return Err(format!("`// ANCHOR: {name}` is there twice"));
                    }
                }
                Some(Marker::End(name)) => {
                    let start = open.remove(name);
                    let start = start.ok_or(format!("`// ANCHOR_END: {name}` closes nothing"))?;
                    anchors.insert(name, start..lines.len());
                }
            }
        }
        match open.keys().next() {
            Some(name) => Err(format!("`// ANCHOR: {name}` is never closed")),
            None => Ok(Text { lines, anchors }),
        }
    }

    /// How many lines a page shows of it.
    pub(crate) fn line_count(&self) -> usize {
        self.lines.len()
    }

    /// Whether the program has a second file: `src/cli.rs`.
    pub(crate) fn has_cli(&self) -> bool {
        self.lines.contains(&MODULE)
    }

    pub(crate) fn anchors(&self) -> impl Iterator<Item = &'a str> {
        self.anchors.keys().copied()
    }

    pub(crate) fn has_anchor(&self, anchor: &str) -> bool {
        self.anchors.contains_key(anchor)
    }

    /// The numbers of the lines whose comments say that they are wrong, or that the compiler
    /// refuses them, counted from 1.
    pub(crate) fn wrong_lines(&self) -> Vec<usize> {
        let mut numbers = Vec::new();
        for (index, line) in self.lines.iter().enumerate() {
            if line.contains(WRONG) || line.ends_with(REFUSED) {
                numbers.push(index + 1);
            }
        }
        numbers
    }

    /// Every line, all of them visible.
    pub(crate) fn whole(&self) -> String {
        self.lines.iter().map(|line| visible(line)).collect()
    }

    /// Every line, with the description at the top hidden.
    pub(crate) fn without_description(&self) -> String {
        let mut text = String::new();
        let start = self.description_length();
        for (index, line) in self.lines.iter().enumerate() {
            text += &if index < start {
                hidden(line)
            } else {
                visible(line)
            };
        }
        text
    }

    /// The description at the top as Markdown, without the command that runs the program: the page
    /// has it elsewhere.
    pub(crate) fn description(&self) -> String {
        let mut text = String::new();
        let mut in_block = false;
        for line in &self.lines[..self.description_length()] {
            let line = comment(line).unwrap_or("");
            if line.starts_with("```") {
                in_block = !in_block;
            } else if !in_block {
                text += line;
                text.push('\n');
            }
        }
        text.trim().replace("\n\n\n", "\n\n")
    }

    /// How many lines at the top are comments, and empty lines after them.
    fn description_length(&self) -> usize {
        let comments = self
            .lines
            .iter()
            .take_while(|line| comment(line).is_some())
            .count();
        if comments == 0 {
            return 0;
        }
        let empty = self.lines[comments..]
            .iter()
            .take_while(|line| line.is_empty())
            .count();
        comments + empty
    }

    /// Every line, with those outside the anchor hidden and those inside moved to the left margin.
    pub(crate) fn excerpt(&self, anchor: &str) -> Result<Excerpt, String> {
        let inside = self.anchors.get(anchor).ok_or_else(|| {
            let known: Vec<_> = self.anchors().collect();
            format!(
                "there is no `// ANCHOR: {anchor}`; the anchors are: {}",
                known.join(", ")
            )
        })?;
        let shown = &self.lines[inside.clone()];
        if shown.iter().all(|line| line.trim().is_empty()) {
            return Err(format!(
                "there is nothing between the markers of `{anchor}`"
            ));
        }
        let margin = margin(shown);
        let mut text = String::new();
        for (index, line) in self.lines.iter().enumerate() {
            text += &if inside.contains(&index) {
                visible(line.get(margin..).unwrap_or(""))
            } else {
                hidden(line)
            };
        }
        Ok(Excerpt {
            text,
            lines: inside.start + 1..=inside.end,
            margin,
        })
    }
}

/// The text of a comment that describes the program as a whole: `//! text` or `// text` at the
/// margin.
fn comment(line: &str) -> Option<&str> {
    let text = line.strip_prefix("//!").or_else(|| {
        let text = line.strip_prefix("//")?;
        (!text.starts_with('/')).then_some(text)
    })?;
    Some(text.strip_prefix(' ').unwrap_or(text))
}

enum Marker<'a> {
    Start(&'a str),
    End(&'a str),
}

/// A comment that begins with `ANCHOR` is a marker or a misspelt one.
fn marker_in(line: &str) -> Result<Option<Marker<'_>>, String> {
    let comment = line.trim().strip_prefix("//").map(str::trim_start);
    let Some(rest) = comment.and_then(|text| text.strip_prefix("ANCHOR")) else {
        return Ok(None);
    };
    let start = rest.strip_prefix(": ").map(Marker::Start);
    let marker = start.or_else(|| rest.strip_prefix("_END: ").map(Marker::End));
    match marker {
        Some(Marker::Start(name) | Marker::End(name)) if is_name(name) => Ok(marker),
        _ => Err(format!(
            "`{}` is not a marker; markers are `// ANCHOR: NAME` and `// ANCHOR_END: NAME`",
            line.trim()
        )),
    }
}

/// How many columns of spaces all lines with text begin with.
fn margin(lines: &[&str]) -> usize {
    let with_text = lines.iter().filter(|line| !line.trim().is_empty());
    let indent = |line: &&str| line.len() - line.trim_start_matches(' ').len();
    with_text.map(indent).min().unwrap_or(0)
}

/// mdBook hides a Rust line that is `#` or begins with `# `, and takes one sign off a line that
/// begins with `##`. A string over several lines can have such a line; an attribute (`#[`, `#!`) is
/// none.
fn visible(line: &str) -> String {
    let text = line.trim_start();
    let misread = text == "#" || text.starts_with("# ") || text.starts_with("##");
    let indent = &line[..line.len() - text.len()];
    let escape = if misread { "#" } else { "" };
    format!("{indent}{escape}{text}\n")
}

fn hidden(line: &str) -> String {
    let space = if line.is_empty() { "" } else { " " };
    format!("#{space}{line}\n")
}

/// The text in a fenced block, with a fence longer than any in the text.
pub(crate) fn fenced(info: &str, text: &str) -> String {
    let ticks = |line: &str| line.chars().take_while(|c| *c == '`').count();
    let longest = text.lines().map(|line| ticks(line.trim_start())).max();
    let fence = "`".repeat(longest.unwrap_or(0).max(2) + 1);
    let text = text.trim_end_matches('\n');
    format!("{fence}{info}\n{text}\n{fence}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
use std::thread;

fn main() {
    // ANCHOR: spawn
    thread::scope(|scope| {
        // ANCHOR: inner
        scope.spawn(|| ());

        // ANCHOR_END: inner
    });
    // ANCHOR_END: spawn
}
";

    fn problem(source: &str) -> String {
        Text::parse(source).unwrap_err()
    }

    #[test]
    fn the_whole_program_has_no_markers() {
        let whole = Text::parse(SOURCE).unwrap().whole();
        assert_eq!(
            whole,
            "use std::thread;\n\nfn main() {\n    thread::scope(|scope| {\n        scope.spawn(|| ());\n\n    });\n}\n"
        );
    }

    #[test]
    fn an_excerpt_hides_the_rest_and_starts_at_the_margin() {
        let program = Text::parse(SOURCE).unwrap();
        assert_eq!(
            program.excerpt("spawn").unwrap().text,
            "# use std::thread;\n#\n# fn main() {\nthread::scope(|scope| {\n    scope.spawn(|| ());\n\n});\n# }\n"
        );
        assert!(
            program
                .excerpt("inner")
                .unwrap()
                .text
                .contains("\nscope.spawn(|| ());\n\n#     });\n")
        );
    }

    #[test]
    fn an_excerpt_says_which_lines_it_shows() {
        let program = Text::parse(SOURCE).unwrap();
        assert_eq!(program.excerpt("spawn").unwrap().lines, 4..=7);
        assert_eq!(program.excerpt("inner").unwrap().lines, 5..=6);
    }

    #[test]
    fn an_excerpt_says_how_far_it_was_moved() {
        let program = Text::parse(SOURCE).unwrap();
        assert_eq!(program.excerpt("spawn").unwrap().margin, 4);
        assert_eq!(program.excerpt("inner").unwrap().margin, 8);
    }

    #[test]
    fn the_lines_that_are_wrong_are_found() {
        let source = "a\n    b; // Wrong: too early.\nc // refused\n//! // Wrong\n";
        assert_eq!(Text::parse(source).unwrap().wrong_lines(), [2, 3]);
    }

    #[test]
    fn the_description_is_text_and_hidden_in_the_program() {
        let source = "//! Rings.\n//!\n//! ```text\n//! cargo run -p bell\n//! ```\n//!\n//! Twice.\n\nfn main() {}\n";
        let program = Text::parse(source).unwrap();
        assert_eq!(program.description(), "Rings.\n\nTwice.");
        let shown = program.without_description();
        assert!(shown.starts_with("# //! Rings.\n"), "{shown}");
        assert!(
            shown.ends_with("# //! Twice.\n#\nfn main() {}\n"),
            "{shown}"
        );
    }

    #[test]
    fn a_program_may_have_no_description() {
        for source in [
            "use std;\n//! late\n",
            "/// A function.\nfn main() {}\n",
            "\nfn f() {}\n",
        ] {
            let program = Text::parse(source).unwrap();
            assert_eq!(program.description(), "");
            assert_eq!(program.without_description(), program.whole());
        }
    }

    #[test]
    fn a_second_file_is_found_and_its_path_is_left_out() {
        let program = Text::parse("#[path = \"../src/cli.rs\"]\nmod cli;\n").unwrap();
        assert!(program.has_cli());
        assert_eq!(program.whole(), "mod cli;\n");
        assert!(!Text::parse("mod client;\n").unwrap().has_cli());
    }

    #[test]
    fn lines_that_begin_with_a_sign_are_shown_as_they_are() {
        let source = "#![no_std]\n#[derive(Debug)]\n# heading\n## second\n#\n    # nested\n";
        let whole = Text::parse(source).unwrap().whole();
        assert_eq!(
            whole,
            "#![no_std]\n#[derive(Debug)]\n## heading\n### second\n##\n    ## nested\n"
        );
    }

    #[test]
    fn markers_that_do_not_pair_are_named() {
        assert_eq!(problem("// ANCHOR: a\n"), "`// ANCHOR: a` is never closed");
        assert_eq!(
            problem("// ANCHOR_END: a\n"),
            "`// ANCHOR_END: a` closes nothing"
        );
        let twice = "// ANCHOR: a\nx\n// ANCHOR_END: a\n";
        assert_eq!(problem(&twice.repeat(2)), "`// ANCHOR: a` is there twice");
        assert_eq!(
            problem("// ANCHOR: a\n// ANCHOR: a\n"),
            "`// ANCHOR: a` is there twice"
        );
    }

    #[test]
    fn misspelt_markers_are_named() {
        for line in [
            "// ANCHOR a",
            "//ANCHOR:a",
            "// ANCHOR_ENDE: a",
            "// ANCHOR: ",
            "// ANCHOR: a b",
        ] {
            let reason = problem(&format!("fn main() {{}}\n    {line}\n"));
            assert!(
                reason.starts_with("line 2: `// ANCHOR") || reason.starts_with("line 2: `//ANCHOR"),
                "{reason}"
            );
        }
    }

    #[test]
    fn a_missing_or_empty_anchor_is_named() {
        let program = Text::parse(SOURCE).unwrap();
        assert_eq!(
            program.excerpt("spwan").unwrap_err(),
            "there is no `// ANCHOR: spwan`; the anchors are: inner, spawn"
        );
        let empty = Text::parse("// ANCHOR: a\n\n// ANCHOR_END: a\n").unwrap();
        assert_eq!(
            empty.excerpt("a").unwrap_err(),
            "there is nothing between the markers of `a`"
        );
    }

    #[test]
    fn a_fence_is_longer_than_those_inside() {
        assert_eq!(fenced("text", "a\n"), "```text\na\n```\n");
        assert_eq!(fenced("rust", "  ````\n"), "`````rust\n  ````\n`````\n");
        assert_eq!(fenced("rust", "//! ```\n"), "```rust\n//! ```\n```\n");
    }
}

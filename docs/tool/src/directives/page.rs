//! Finds the directives of a page and puts Markdown in their place.

use super::{Directive, Word};
use mdbook_markdown::pulldown_cmark::{CodeBlockKind, Event, Tag};
use mdbook_markdown::{MarkdownOptions, new_cmark_parser};
use std::ops::RangeInclusive;

/// What is wrong in a page, and in which of its lines.
#[derive(Debug, PartialEq)]
pub(crate) struct Problem {
    pub(crate) line: usize,
    pub(crate) reason: String,
}

/// The page with `render`'s Markdown in place of each directive. `render` is told whether it stands
/// among tabs. A line with a problem is left as it is.
pub(crate) fn expand(
    page: &str,
    mut render: impl FnMut(&Directive, bool) -> Result<String, String>,
) -> (String, Vec<Problem>) {
    let blocks = verbatim_blocks(page);
    let mut problems = rust_typed_by_hand(&blocks);
    let mut expanded = String::with_capacity(page.len());
    let mut tabs = Tabs::default();
    for (index, line) in page.lines().enumerate() {
        let number = index + 1;
        let verbatim = blocks.iter().any(|block| block.lines.contains(&number));
        let render = |it| {
            tabs.note(&it, number)?;
            render(&it, tabs.0.is_some())
        };
        match directive_in(line, verbatim).map(|found| found.and_then(render)) {
            None => push_line(&mut expanded, line),
            Some(Ok(markdown)) => push_block(&mut expanded, &markdown, indent_of(line)),
            Some(Err(reason)) => {
                push_line(&mut expanded, line);
                let reason = format!("{}: {reason}", line.trim());
                problems.push(Problem {
                    line: number,
                    reason,
                });
            }
        }
    }
    problems.extend(tabs.unclosed());
    problems.sort_by_key(|problem| problem.line);
    (expanded, problems)
}

/// The line in which tabs have begun that have not ended.
#[derive(Default)]
struct Tabs(Option<usize>);

impl Tabs {
    fn note(&mut self, directive: &Directive, line: usize) -> Result<(), String> {
        match (directive.word, self.0) {
            (Word::Tabs, Some(begun)) => {
                Err(format!("the tabs of line {begun} have no {{{{#end}}}} yet"))
            }
            (Word::Tabs, None) => {
                self.0 = Some(line);
                Ok(())
            }
            (Word::End, None) => Err("no tabs have begun".to_owned()),
            (Word::End, Some(_)) => {
                self.0 = None;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn unclosed(&self) -> Option<Problem> {
        let line = self.0?;
        Some(Problem {
            line,
            reason: "these tabs have no {{#end}}".to_owned(),
        })
    }
}

fn push_line(page: &mut String, line: &str) {
    page.push_str(line);
    page.push('\n');
}

/// The empty lines keep the block out of a paragraph before or after it; the indent keeps it in its
/// list item.
fn push_block(page: &mut String, markdown: &str, indent: &str) {
    page.push('\n');
    for line in markdown.lines() {
        let indent = if line.is_empty() { "" } else { indent };
        push_line(page, &format!("{indent}{line}"));
    }
    page.push('\n');
}

fn indent_of(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

/// `None` for a line that is no directive and was not meant as one.
fn directive_in(line: &str, verbatim: bool) -> Option<Result<Directive, String>> {
    let bare = line.trim();
    if verbatim {
        let reason = "a directive stands outside code blocks and HTML; it brings its own block";
        return bare.contains("{{#").then(|| Err(reason.to_owned()));
    }
    super::is_meant(bare).then(|| super::parse(bare))
}

/// Lines that Markdown does not read as prose.
struct Verbatim {
    lines: RangeInclusive<usize>,
    rust: bool,
}

fn verbatim_blocks(page: &str) -> Vec<Verbatim> {
    let line_at = |offset: usize| page[..offset].matches('\n').count() + 1;
    let mut blocks = Vec::new();
    for (event, range) in new_cmark_parser(page, &MarkdownOptions::default()).into_offset_iter() {
        let text = &page[range.clone()];
        let rust = match event {
            Event::Start(Tag::CodeBlock(kind)) => is_rust(&kind),
            Event::Start(Tag::HtmlBlock) => text.contains("language-rust"),
            _ => continue,
        };
        let last = range.start + text.trim_end().len();
        let lines = line_at(range.start)..=line_at(last);
        blocks.push(Verbatim { lines, rust });
    }
    blocks
}

/// The first word of the info string is the language, separated as mdBook separates it.
fn is_rust(kind: &CodeBlockKind<'_>) -> bool {
    let CodeBlockKind::Fenced(info) = kind else {
        return false;
    };
    let language = info.split([' ', '\t', ',']).find(|word| !word.is_empty());
    language
        .is_some_and(|word| word.eq_ignore_ascii_case("rust") || word.eq_ignore_ascii_case("rs"))
}

fn rust_typed_by_hand(blocks: &[Verbatim]) -> Vec<Problem> {
    let problem = |block: &Verbatim| Problem {
        line: *block.lines.start(),
        reason: "Rust typed by hand: nothing compiles it; put it into recipes/ and write \
                 {{#recipe NAME}}"
            .to_owned(),
    };
    blocks.iter().filter(|it| it.rust).map(problem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(page: &str) -> String {
        let (text, problems) = expand(page, |directive, _| {
            let Directive { word, name, item } = directive;
            Ok(format!("<{word:?} {name} {item}>"))
        });
        assert_eq!(problems, []);
        text
    }

    fn problems(page: &str) -> Vec<(usize, String)> {
        let (text, problems) = expand(page, |_, _| Ok("rendered".to_owned()));
        assert_eq!(text.trim_end(), page.trim_end());
        problems
            .into_iter()
            .map(|it| (it.line, it.reason))
            .collect()
    }

    #[test]
    fn a_directive_gives_way_to_its_block() {
        let page = "before\n{{#output bell}}\nafter\n";
        assert_eq!(expanded(page), "before\n\n<Output bell >\n\nafter\n");
    }

    #[test]
    fn tabs_end_before_others_begin() {
        let page = "{{#tabs a}}\n{{#variant a/std}}\n{{#end}}\n{{#tabs b}}\n{{#end}}\n";
        assert!(expanded(page).ends_with("<Tabs b >\n\n\n<End  >\n\n"));
        for (page, line, reason) in [
            (
                "{{#tabs a}}\n{{#tabs b}}\n{{#end}}\n",
                2,
                "{{#tabs b}}: the tabs of line 1 have no {{#end}} yet",
            ),
            ("a\n\n{{#tabs a}}\n", 3, "these tabs have no {{#end}}"),
        ] {
            let (_, found) = expand(page, |_, _| Ok(String::new()));
            assert_eq!(
                found,
                [Problem {
                    line,
                    reason: reason.to_owned()
                }]
            );
        }
    }

    #[test]
    fn a_block_in_a_list_keeps_its_indent() {
        let (text, _) = expand("- item\n\n  {{#output bell}}\n", |_, _| {
            Ok("a\n\nb".to_owned())
        });
        assert_eq!(text, "- item\n\n\n  a\n\n  b\n\n");
    }

    #[test]
    fn what_looks_like_a_directive_and_is_none_is_a_problem() {
        for (text, reason) in [
            ("{{#recpie bell}}", "unknown directive `recpie`"),
            ("{{# recipe bell}}", "unknown directive ``"),
            ("{{recipe bell}}", "not a directive alone on its line"),
            ("{{ #recipe bell }}", "not a directive alone on its line"),
            ("{#recipe bell}", "not a directive alone on its line"),
            ("{{#recipe bell}", "not a directive alone on its line"),
            ("see {{#recipe bell}}", "not a directive alone on its line"),
            (
                "see {{recipe bell}} there",
                "not a directive alone on its line",
            ),
            (
                "{{#recipe bell}} {{#recipe bell}}",
                "not a directive alone on its line",
            ),
            ("\\{{#recipe bell}}", "not a directive alone on its line"),
            ("{{#recipe}}", "`` is not a name"),
            ("{{#recipe ../bell}}", "`../bell` is not a name"),
            ("{{#recipe bell:}}", "`` is not a name"),
            ("{{#reject bell}}", "it is written {{#reject NAME/FILE}}"),
            ("{{#reject bell/../../x}}", "`../../x` is not a name"),
            (
                "{{#variant bell}}",
                "it is written {{#variant NAME/LIBRARY}}",
            ),
            ("{{#mistake bell}}", "it is written {{#mistake NAME/FILE}}"),
            ("{{#bench}}", "it is written {{#bench GROUP}}"),
            ("{{#behind}}", "`` is not a name"),
            ("{{#plot ../bell}}", "`../bell` is not a name"),
            ("{{#mutants bell}}", "it is written {{#mutants}}"),
            ("{{#end}}", "no tabs have begun"),
            ("{{#figure ../bell}}", "`../bell` is not a name"),
            ("{{#include bell.rs}}", "mdBook's own `include` is not used"),
            (
                "{{#rustdoc_include bell.rs}}",
                "mdBook's own `rustdoc_include` is not used",
            ),
            (
                "{{#playground bell.rs}}",
                "mdBook's own `playground` is not used",
            ),
        ] {
            let found = problems(&format!("# Title\n\n{text}\n"));
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(found[0].0, 3, "{text}");
            assert!(found[0].1.contains(reason), "{text}: {}", found[0].1);
        }
    }

    #[test]
    fn braces_that_are_no_directive_are_left_alone() {
        for text in [
            "`{{}}` prints a brace",
            "## Title {#id}",
            "```json\n{ \"a\": 1 }\n```",
            "`format!(\"{{{x}}}\")`",
        ] {
            assert_eq!(problems(text), []);
        }
    }

    #[test]
    fn a_directive_in_a_block_is_a_problem() {
        for page in [
            "```text\n{{#output bell}}\n```\n",
            "<!--\n{{#output bell}}\n-->\n",
        ] {
            let found = problems(page);
            assert_eq!(found[0].0, 2);
            assert!(found[0].1.contains("outside code blocks"));
        }
    }

    #[test]
    fn rust_typed_by_hand_is_a_problem() {
        for (page, line) in [
            ("text\n\n```rust\nfn main() {}\n```\n", 3),
            ("```rust,ignore\nfn main() {}\n```\n", 1),
            ("```Rust\nfn main() {}\n```\n", 1),
            ("~~~~ rs\nfn main() {}\n~~~~\n", 1),
            ("- item\n\n  ```rust\n  fn main() {}\n  ```\n", 3),
            ("> ```rust\n> fn main() {}\n> ```\n", 1),
            ("<pre><code class=\"language-rust\">\n</code></pre>\n", 1),
        ] {
            let found = problems(page);
            assert_eq!(found.len(), 1, "{page}");
            assert_eq!(found[0].0, line, "{page}");
            assert!(found[0].1.contains("typed by hand"), "{page}");
        }
    }

    #[test]
    fn problems_are_in_the_order_of_the_page() {
        let found = problems("{{#output}}\n\n```rust\n```\n\n{{#output}}\n");
        assert_eq!(found.iter().map(|it| it.0).collect::<Vec<_>>(), [1, 3, 6]);
    }

    #[test]
    fn other_languages_are_typed_by_hand() {
        let page = "```python\nlock = Lock()\n```\n\n```text\nrust\n```\n\n    indented\n";
        assert_eq!(problems(page), []);
    }
}

//! Directives: the lines of a page that stand for a program or its output.
//!
//! ```text
//! {{#recipe NAME}}          the program of recipes/NAME, and how to run it
//! {{#recipe NAME:ANCHOR}}   the lines between its `ANCHOR` markers; the rest is there but hidden
//! {{#output NAME}}          what it prints
//! {{#variant NAME/LIBRARY}} the same job with another library: recipes/NAME/examples/NAME_LIBRARY.rs
//! {{#python NAME}}          the same job in Python
//! {{#tabs NAME}}            begins the tabs of a recipe; each variant below, with the prose before it, is one
//! {{#end}}                  ends them
//! {{#compare NAME}}         a table of the recipe, its variants and its Python twin
//! {{#reject NAME/FILE}}     a program that the compiler refuses: recipes/NAME/rejects/FILE.rs
//! {{#mistake NAME/FILE}}    one that it takes and that goes wrong, and how: recipes/NAME/examples/FILE.rs and FILE.txt
//! {{#solution NAME}}        the solution of its exercise, folded: recipes/NAME/examples/NAME_solution.rs
//! {{#bench GROUP}}          a table of what the benchmark measured for a group of workloads
//! {{#behind FILE}}          where another library is ahead in shared/tools/benchmarks/results/FILE.json, and what the kernel counted
//! {{#plot FILE}}            a picture: shared/tools/benchmarks/results/FILE.svg
//! {{#mutants}}              which test notices which mutant, folded: shared/tools/mutants/results.md
//! {{#figure NAME}}          a drawing: docs/figures/NAME.svg
//! {{#timeline NAME}}        what its threads did in one run, drawn and in words: docs/timelines/NAME.svg and NAME.txt
//! {{#explore NAME}}         a model to step by hand: a subject of shared/tools/interleavings
//! ```
//!
//! Each stands alone on its line. Whatever looks like one and is not is a problem: a page never shows a directive.

use mdbook_markdown::pulldown_cmark::{CodeBlockKind, Event, Tag};
use mdbook_markdown::{MarkdownOptions, new_cmark_parser};
use std::ops::RangeInclusive;

const WORDS: [&str; 17] = [
    "recipe", "output", "variant", "python", "compare", "reject", "mistake", "solution", "bench",
    "behind", "plot", "mutants", "explore", "tabs", "end", "figure", "timeline",
];
const STOCK: [&str; 5] = [
    "include",
    "rustdoc_include",
    "playground",
    "playpen",
    "title",
];
const FORMS: &str = "the directives are {{#recipe NAME}}, {{#recipe NAME:ANCHOR}}, {{#output NAME}}, \
                     {{#variant NAME/LIBRARY}}, {{#python NAME}}, {{#compare NAME}}, {{#reject NAME/FILE}}, \
                     {{#mistake NAME/FILE}}, {{#solution NAME}}, {{#bench GROUP}}, {{#behind FILE}}, {{#plot FILE}}, {{#mutants}}, {{#explore NAME}}, \
                     {{#tabs NAME}}, {{#end}}, {{#figure NAME}} and {{#timeline NAME}}";

#[derive(Debug, PartialEq)]
pub(crate) enum Directive {
    Recipe {
        name: String,
        anchor: Option<String>,
    },
    Output {
        name: String,
    },
    Variant {
        name: String,
        library: String,
    },
    Python {
        name: String,
    },
    Compare {
        name: String,
    },
    Reject {
        name: String,
        file: String,
    },
    Mistake {
        name: String,
        file: String,
    },
    Solution {
        name: String,
    },
    Bench {
        group: String,
    },
    Behind {
        file: String,
    },
    Plot {
        file: String,
    },
    Mutants,
    Explore {
        name: String,
    },
    Tabs {
        name: String,
    },
    End,
    Figure {
        file: String,
    },
    Timeline {
        file: String,
    },
}

/// What is wrong in a page, and in which of its lines.
#[derive(Debug, PartialEq)]
pub(crate) struct Problem {
    pub(crate) line: usize,
    pub(crate) reason: String,
}

/// The page with `render`'s Markdown in place of each directive. A line with a problem is left as it is.
pub(crate) fn expand(
    page: &str,
    mut render: impl FnMut(&Directive) -> Result<String, String>,
) -> (String, Vec<Problem>) {
    let blocks = verbatim_blocks(page);
    let mut problems = rust_typed_by_hand(&blocks);
    let mut expanded = String::with_capacity(page.len());
    let mut tabs = Tabs::default();
    for (index, line) in page.lines().enumerate() {
        let number = index + 1;
        let verbatim = blocks.iter().any(|block| block.lines.contains(&number));
        let render = |it| tabs.note(&it, number).and_then(|()| render(&it));
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
        match (directive, self.0) {
            (Directive::Tabs { .. }, Some(begun)) => {
                Err(format!("the tabs of line {begun} have no {{{{#end}}}} yet"))
            }
            (Directive::Tabs { .. }, None) => {
                self.0 = Some(line);
                Ok(())
            }
            (Directive::End, None) => Err("no tabs have begun".to_owned()),
            (Directive::End, Some(_)) => {
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

/// The empty lines keep the block out of a paragraph before or after it; the indent keeps it in its list item.
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
    meant_as_directive(bare).then(|| parse(bare))
}

/// Also with the sign forgotten, a brace too few or a space too many.
fn meant_as_directive(bare: &str) -> bool {
    let names_one = |rest: &str| {
        let rest = rest.trim_start();
        rest.starts_with('#') || WORDS.iter().any(|word| rest.starts_with(word))
    };
    (bare.starts_with('{') && bare.ends_with('}')) || bare.split("{{").skip(1).any(names_one)
}

fn parse(bare: &str) -> Result<Directive, String> {
    let inside = bare
        .strip_prefix("{{#")
        .and_then(|rest| rest.strip_suffix("}}"))
        .filter(|inside| !inside.contains(['{', '}']))
        .ok_or_else(|| format!("not a directive alone on its line; {FORMS}"))?;
    let (word, argument) = inside.split_once(' ').unwrap_or((inside, ""));
    let argument = argument.trim();
    match word {
        "recipe" => parse_recipe(argument),
        "output" => Ok(Directive::Output {
            name: name(argument)?,
        }),
        "variant" => {
            let (name, library) = pair(argument, "a variant is named NAME/LIBRARY")?;
            Ok(Directive::Variant { name, library })
        }
        "python" => Ok(Directive::Python {
            name: name(argument)?,
        }),
        "compare" => Ok(Directive::Compare {
            name: name(argument)?,
        }),
        "reject" => {
            let (name, file) = pair(argument, "a reject is named NAME/FILE")?;
            Ok(Directive::Reject { name, file })
        }
        "mistake" => {
            let (name, file) = pair(argument, "a mistake is named NAME/FILE")?;
            Ok(Directive::Mistake { name, file })
        }
        "solution" => Ok(Directive::Solution {
            name: name(argument)?,
        }),
        "bench" if argument.is_empty() => Err("a group of workloads is named after it".to_owned()),
        "bench" => Ok(Directive::Bench {
            group: argument.to_owned(),
        }),
        "behind" => Ok(Directive::Behind {
            file: name(argument)?,
        }),
        "plot" => Ok(Directive::Plot {
            file: name(argument)?,
        }),
        "explore" => Ok(Directive::Explore {
            name: name(argument)?,
        }),
        "mutants" if argument.is_empty() => Ok(Directive::Mutants),
        "mutants" => Err("it stands alone, for the one file that `cargo mutate` writes".to_owned()),
        "tabs" => Ok(Directive::Tabs {
            name: name(argument)?,
        }),
        "end" if argument.is_empty() => Ok(Directive::End),
        "end" => Err("it stands alone, below the last variant of its tabs".to_owned()),
        "figure" => Ok(Directive::Figure {
            file: name(argument)?,
        }),
        "timeline" => Ok(Directive::Timeline {
            file: name(argument)?,
        }),
        _ if STOCK.contains(&word) => Err(format!(
            "mdBook's own `{word}` is not used in this book; {FORMS}"
        )),
        _ => Err(format!("unknown directive `{word}`; {FORMS}")),
    }
}

fn parse_recipe(argument: &str) -> Result<Directive, String> {
    let (recipe, anchor) = match argument.split_once(':') {
        Some((recipe, anchor)) => (recipe, Some(name(anchor)?)),
        None => (argument, None),
    };
    Ok(Directive::Recipe {
        name: name(recipe)?,
        anchor,
    })
}

/// A recipe and what is named within it.
fn pair(argument: &str, form: &str) -> Result<(String, String), String> {
    let (recipe, rest) = argument.split_once('/').ok_or(form)?;
    Ok((name(recipe)?, name(rest)?))
}

/// Letters, digits, `-` and `_`: what a recipe, an anchor and a file (without its ending) are called.
fn name(text: &str) -> Result<String, String> {
    if is_name(text) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "`{text}` is not a name (letters, digits, `-` and `_`)"
        ))
    }
}

pub(crate) fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !text.is_empty() && text.chars().all(allowed)
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
    let problem = |block: &Verbatim| {
        Problem {
        line: *block.lines.start(),
        reason: "Rust typed by hand: nothing compiles it; put it into recipes/ and write {{#recipe NAME}}".to_owned(),
    }
    };
    blocks.iter().filter(|it| it.rust).map(problem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(page: &str) -> String {
        let (text, problems) = expand(page, |directive| Ok(format!("<{directive:?}>")));
        assert_eq!(problems, []);
        text
    }

    fn problems(page: &str) -> Vec<(usize, String)> {
        let (text, problems) = expand(page, |_| Ok("rendered".to_owned()));
        assert_eq!(text.trim_end(), page.trim_end());
        problems
            .into_iter()
            .map(|it| (it.line, it.reason))
            .collect()
    }

    #[test]
    fn a_directive_gives_way_to_its_block() {
        let page = "before\n{{#output bell}}\nafter\n";
        assert_eq!(
            expanded(page),
            "before\n\n<Output { name: \"bell\" }>\n\nafter\n"
        );
    }

    #[test]
    fn every_form_is_read() {
        for (text, directive) in [
            (
                "{{#recipe bell}}",
                r#"Recipe { name: "bell", anchor: None }"#,
            ),
            (
                "{{#recipe bell:ring }}",
                r#"Recipe { name: "bell", anchor: Some("ring") }"#,
            ),
            (
                "{{#variant bell/std}}",
                r#"Variant { name: "bell", library: "std" }"#,
            ),
            ("{{#python bell}}", r#"Python { name: "bell" }"#),
            ("{{#compare bell}}", r#"Compare { name: "bell" }"#),
            (
                "{{#reject bell/no-send}}",
                r#"Reject { name: "bell", file: "no-send" }"#,
            ),
            (
                "{{#mistake bell/bell_mistake_x}}",
                r#"Mistake { name: "bell", file: "bell_mistake_x" }"#,
            ),
            ("{{#solution bell}}", r#"Solution { name: "bell" }"#),
            (
                "{{#bench Two threads}}",
                r#"Bench { group: "Two threads" }"#,
            ),
            ("{{#behind bell}}", r#"Behind { file: "bell" }"#),
            ("{{#plot bell}}", r#"Plot { file: "bell" }"#),
            ("{{#mutants}}", "Mutants"),
            ("{{#figure bell}}", r#"Figure { file: "bell" }"#),
            ("{{#timeline bell}}", r#"Timeline { file: "bell" }"#),
            ("{{#explore bell}}", r#"Explore { name: "bell" }"#),
        ] {
            assert_eq!(expanded(text), format!("\n<{directive}>\n\n"));
        }
    }

    #[test]
    fn tabs_end_before_others_begin() {
        let page = "{{#tabs a}}\n{{#variant a/std}}\n{{#end}}\n{{#tabs b}}\n{{#end}}\n";
        assert!(expanded(page).ends_with("<Tabs { name: \"b\" }>\n\n\n<End>\n\n"));
        for (page, line, reason) in [
            (
                "{{#tabs a}}\n{{#tabs b}}\n{{#end}}\n",
                2,
                "{{#tabs b}}: the tabs of line 1 have no {{#end}} yet",
            ),
            ("a\n\n{{#tabs a}}\n", 3, "these tabs have no {{#end}}"),
        ] {
            let (_, found) = expand(page, |_| Ok(String::new()));
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
        let (text, _) = expand(
            "- item\n\n  {{#output bell}}\n",
            |_| Ok("a\n\nb".to_owned()),
        );
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
            ("{{#reject bell}}", "a reject is named NAME/FILE"),
            ("{{#reject bell/../../x}}", "`../../x` is not a name"),
            ("{{#variant bell}}", "a variant is named NAME/LIBRARY"),
            ("{{#mistake bell}}", "a mistake is named NAME/FILE"),
            ("{{#bench}}", "a group of workloads is named after it"),
            ("{{#behind}}", "`` is not a name"),
            ("{{#plot ../bell}}", "`../bell` is not a name"),
            ("{{#mutants bell}}", "it stands alone"),
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

//! What a chapter says about mistakes, read from its Markdown: each has a heading in *What can go
//! wrong*, and below it a definition list and, if one shows it, a program.
//!
//! ```text
//! ### It hangs: two locks in opposite order
//!
//! Symptom
//! : Both threads wait forever.
//!
//! Cause
//! : ...
//!
//! Fix
//! : ...
//!
//! {{#mistake lock/lock_mistake_order}}
//! ```

use crate::directives::{self, Directive, Word};
use mdbook_markdown::pulldown_cmark::{Event, TagEnd};
use mdbook_markdown::{MarkdownOptions, new_cmark_parser};

/// The symptoms that all chapters share, in the order in which a reader finds them.
pub(crate) const SYMPTOMS: [&str; 6] = [
    "It hangs",
    "It panics",
    "The result is wrong",
    "It is slow",
    "It runs out of memory",
    REFUSED,
];
/// The symptom of a program that the compiler refuses. One heading of a chapter may hold all of
/// them.
pub(crate) const REFUSED: &str = "It does not compile";
/// The terms of the definition list, in order.
const TERMS: [&str; 3] = ["Symptom", "Cause", "Fix"];
const SECTION: &str = "What can go wrong";

/// What a chapter says about mistakes.
#[derive(Debug, Default)]
pub(crate) struct Chapter {
    pub(crate) pitfalls: Vec<Pitfall>,
    pub(crate) refused: Vec<Refused>,
    /// What is wrong with it, and in which line.
    pub(crate) faults: Vec<(usize, String)>,
}

/// A mistake with a heading of its own.
#[derive(Debug, PartialEq)]
pub(crate) struct Pitfall {
    /// One of [`SYMPTOMS`].
    pub(crate) symptom: &'static str,
    /// Markdown without links.
    pub(crate) cause: String,
    /// What the reader sees, in Markdown without links.
    pub(crate) seen: String,
    /// The heading, as links name it.
    pub(crate) id: String,
}

/// A program that the compiler refuses.
#[derive(Debug, PartialEq)]
pub(crate) struct Refused {
    pub(crate) recipe: String,
    pub(crate) file: String,
    /// The sentence above it, in Markdown without links. Empty outside *What can go wrong*.
    pub(crate) why: String,
}

/// A heading whose section is being read.
struct Open {
    line: usize,
    symptom: &'static str,
    cause: String,
    id: String,
    terms: Vec<String>,
    seen: String,
}

impl Chapter {
    pub(crate) fn read(page: &str) -> Self {
        let mut reader = Reader {
            page,
            chapter: Chapter::default(),
            in_section: false,
            open: None,
        };
        let mut lines_before = 0;
        for block in page.split("\n\n") {
            let text = block.trim_start_matches('\n');
            let line = lines_before + 1 + block.len() - text.len();
            lines_before += block.matches('\n').count() + 2;
            reader.block(text.trim_end(), line);
        }
        reader.close();
        reader.chapter
    }
}

/// Goes through the blocks of a page.
struct Reader<'a> {
    page: &'a str,
    chapter: Chapter,
    /// Whether it is in *What can go wrong*.
    in_section: bool,
    open: Option<Open>,
}

impl Reader<'_> {
    fn block(&mut self, block: &str, line: usize) {
        if let Some(title) = block.strip_prefix("## ") {
            self.close();
            self.in_section = title == SECTION;
        } else if let Some(title) = block.strip_prefix("### ") {
            if self.in_section {
                self.close();
                self.open(title, line);
            }
        } else if let Some((term, text)) = definition(block) {
            if let Some(open) = &mut self.open {
                if term == TERMS[0] {
                    open.seen = without_links(&text);
                }
                open.terms.push(term.to_owned());
            }
        } else if let Ok(directive) = directives::parse(block) {
            match directive.word {
                Word::Mistake => self.mistake(block, line),
                Word::Reject => self.reject(directive, block),
                _ => {}
            }
        }
    }

    fn mistake(&mut self, block: &str, line: usize) {
        if self.open.is_none() {
            let reason =
                format!("{block} is not below a heading `### SYMPTOM: cause` of *{SECTION}*");
            self.chapter.faults.push((line, reason));
        }
    }

    fn reject(&mut self, directive: Directive, block: &str) {
        let why = if self.in_section {
            sentence_above(self.page, block)
        } else {
            String::new()
        };
        self.chapter.refused.push(Refused {
            recipe: directive.name,
            file: directive.item,
            why,
        });
    }

    fn open(&mut self, title: &str, line: usize) {
        match Open::heading(title, line) {
            Ok(heading) => self.open = Some(heading),
            Err(reason) => self.chapter.faults.push((line, reason)),
        }
    }

    fn close(&mut self) {
        let Some(open) = self.open.take() else {
            return;
        };
        if open.symptom == REFUSED && open.terms.is_empty() {
            return;
        }
        if open.terms != TERMS {
            let reason = format!(
                "below this heading stands a definition list of {}, in this order",
                TERMS.join(", ")
            );
            self.chapter.faults.push((open.line, reason));
        }
        self.chapter.pitfalls.push(Pitfall {
            symptom: open.symptom,
            cause: open.cause,
            seen: open.seen,
            id: open.id,
        });
    }
}

impl Open {
    fn heading(title: &str, line: usize) -> Result<Self, String> {
        let (symptom, cause) = title.split_once(": ").unwrap_or((title, ""));
        let known = SYMPTOMS.into_iter().find(|known| *known == symptom);
        match known {
            Some(known) if known == REFUSED || !cause.is_empty() => Ok(Open {
                line,
                symptom: known,
                cause: without_links(cause),
                id: heading_id(&without_links(title)),
                terms: Vec::new(),
                seen: String::new(),
            }),
            _ => Err(format!(
                "`### {title}` is not `### SYMPTOM: cause`; the symptoms are: {}",
                SYMPTOMS.join(", ")
            )),
        }
    }
}

/// A term and its definition.
fn definition(block: &str) -> Option<(&str, String)> {
    let (term, text) = block.split_once("\n: ")?;
    let words: Vec<&str> = text.split_whitespace().collect();
    (!term.contains('\n')).then(|| (term, words.join(" ")))
}

/// The paragraph that announces a directive, as a sentence of its own.
fn sentence_above(page: &str, directive: &str) -> String {
    let Some((before, _)) = page.split_once(directive) else {
        return String::new();
    };
    let block = before.trim_end().rsplit("\n\n").next().unwrap_or("");
    let is_prose = block.chars().next().is_some_and(char::is_alphanumeric);
    match block.strip_suffix(':') {
        Some(sentence) if is_prose => without_links(sentence) + ".",
        _ => String::new(),
    }
}

/// The text of some Markdown, with its code but without links and emphasis.
fn without_links(markdown: &str) -> String {
    let mut text = String::new();
    for event in new_cmark_parser(markdown, &MarkdownOptions::default()) {
        match event {
            Event::Text(part) => text += &part,
            Event::Code(part) => text += &format!("`{part}`"),
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            Event::End(TagEnd::Paragraph) => text.push(' '),
            _ => {}
        }
    }
    text.trim_end().to_owned()
}

/// How mdBook calls a heading or a term.
pub(crate) fn heading_id(title: &str) -> String {
    let letters = title
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    letters.collect::<String>().to_lowercase().replace(' ', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "\
# Title

## What can go wrong

### It hangs: a `Lock` is [locked](x.md) twice

Symptom
: The program stops, a
  [deadlock](../glossary.md#deadlock).

Cause
: It waits for itself.

Fix
: Lock once.

{{#mistake bell/bell_mistake_x}}

### It does not compile

You cannot send a [guard](../glossary.md#guard):

{{#reject bell/guard_sent}}

## From Python

The same does not compile:

{{#reject bell/unlocked}}
";

    fn faults(page: &str) -> Vec<(usize, String)> {
        Chapter::read(page).faults
    }

    #[test]
    fn a_mistake_is_read_with_its_heading() {
        let chapter = Chapter::read(PAGE);
        assert_eq!(chapter.faults, []);
        let pitfall = Pitfall {
            symptom: "It hangs",
            cause: "a `Lock` is locked twice".to_owned(),
            seen: "The program stops, a deadlock.".to_owned(),
            id: "it-hangs-a-lock-is-locked-twice".to_owned(),
        };
        assert_eq!(chapter.pitfalls, [pitfall]);
    }

    #[test]
    fn what_the_compiler_refuses_is_read_with_the_sentence_above() {
        let refused = Chapter::read(PAGE).refused;
        assert_eq!(refused[0].why, "You cannot send a guard.");
        assert_eq!(refused[0].file, "guard_sent");
        assert_eq!(refused[1].why, "");
        assert_eq!(refused.len(), 2);
    }

    #[test]
    fn a_chapter_of_another_form_is_a_fault() {
        let reason = |page: &str| faults(page)[0].1.clone();
        let page = PAGE.replace("It hangs: a", "My program hangs: a");
        assert!(reason(&page).contains("is not `### SYMPTOM: cause`; the symptoms are: It hangs,"));
        assert_eq!(faults(&page)[0].0, 5);
        let page = PAGE.replace("It hangs: a", "It hangs, a");
        assert!(reason(&page).contains("is not `### SYMPTOM: cause`"));
        let page = PAGE.replace("Fix\n", "Way out\n");
        assert!(
            reason(&page).starts_with("below this heading stands a definition list of Symptom")
        );
        let page = PAGE.replace(
            "## From Python",
            "## From Python\n\n{{#mistake bell/bell_mistake_y}}",
        );
        assert_eq!(faults(&page)[0].0, 27);
        assert!(reason(&page).contains("bell_mistake_y}} is not below a heading"));
    }
}

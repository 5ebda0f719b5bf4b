//! The running text of a page, without code, headings and tables, and where its words are.

use mdbook_markdown::pulldown_cmark::{Event, Tag, TagEnd};
use mdbook_markdown::{MarkdownOptions, new_cmark_parser};
use std::ops::Range;

/// Text as a reader sees it, a space for each line end, a line for each paragraph.
#[derive(Default)]
pub(crate) struct Prose {
    text: String,
    /// The same in lower case, letter by letter.
    lower: String,
    pieces: Vec<Piece>,
}

/// A part of the text that comes from one place.
struct Piece {
    range: Range<usize>,
    line: usize,
    link: Option<String>,
}

/// One use of a word.
pub(crate) struct Use<'a> {
    /// Where it begins in the text.
    pub(crate) place: usize,
    pub(crate) line: usize,
    pub(crate) text: &'a str,
    /// Where it leads, if it is part of a link.
    pub(crate) link: Option<&'a String>,
}

impl Prose {
    pub(crate) fn of(page: &str) -> Self {
        let mut prose = Prose::default();
        let (mut link, mut outside) = (None, 0);
        for (event, range) in new_cmark_parser(page, &MarkdownOptions::default()).into_offset_iter()
        {
            let line = page[..range.start].matches('\n').count() + 1;
            match event {
                Event::Start(Tag::Heading { .. } | Tag::CodeBlock(_) | Tag::Table(_)) => {
                    outside += 1
                }
                Event::End(TagEnd::Heading(_) | TagEnd::CodeBlock | TagEnd::Table) => outside -= 1,
                Event::Start(Tag::Link { dest_url, .. }) => link = Some(dest_url.to_string()),
                Event::End(TagEnd::Link) => link = None,
                _ if outside > 0 => {}
                Event::Text(text) => prose.push(&text, line, link.clone()),
                Event::SoftBreak | Event::HardBreak => prose.push(" ", line, link.clone()),
                // No word goes on behind it.
                Event::Code(_) => prose.push("`", line, None),
                Event::End(TagEnd::Paragraph | TagEnd::Item) => prose.push("\n", line, None),
                _ => {}
            }
        }
        prose
    }

    fn push(&mut self, text: &str, line: usize, link: Option<String>) {
        let start = self.text.len();
        self.text.push_str(text);
        self.lower.push_str(&text.to_ascii_lowercase());
        self.pieces.push(Piece {
            range: start..self.text.len(),
            line,
            link,
        });
    }

    /// Every place where `word`, in lower case, stands alone.
    pub(crate) fn uses<'a>(&'a self, word: &'a str) -> impl Iterator<Item = Use<'a>> {
        let places = self
            .lower
            .match_indices(word)
            .map(|(place, word)| place..place + word.len());
        places
            .filter(|range| stands_alone(&self.lower, range))
            .filter_map(|range| {
                let Piece { line, link, .. } = self
                    .pieces
                    .iter()
                    .find(|piece| piece.range.contains(&range.start))?;
                Some(Use {
                    place: range.start,
                    line: *line,
                    text: &self.text[range],
                    link: link.as_ref(),
                })
            })
    }

    /// The links with their lines, their texts and their targets.
    pub(crate) fn links(&self) -> impl Iterator<Item = (usize, String, &str)> {
        let same = |a: &Piece, b: &Piece| a.link.is_some() && a.link == b.link;
        self.pieces.chunk_by(same).filter_map(|pieces| {
            let target = pieces[0].link.as_deref()?;
            let text = pieces
                .iter()
                .map(|piece| &self.text[piece.range.clone()])
                .collect();
            Some((pieces[0].line, text, target))
        })
    }
}

fn stands_alone(text: &str, range: &Range<usize>) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let before = text[..range.start].chars().next_back();
    let after = text[range.end..].chars().next();
    !before.is_some_and(is_part) && !after.is_some_and(is_part)
}

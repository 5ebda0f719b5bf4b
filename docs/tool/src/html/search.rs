//! The book's search index. It has the words of the pages, of the programs' output and of the
//! compiler, but not those of the programs.
//!
//! A program's words are seldom repeated, and the index holds each of them letter by letter: with
//! the programs in it, it weighs as much as all chapters together. So the book is rendered once
//! more, aside, without them, and the index is made from the sections of that book. The pages keep
//! every program.

mod index;
mod keywords;
#[cfg(test)]
pub(crate) mod reader;

use crate::directives::recipe::{Place, Recipes};
use crate::directives::{Word, page};
use crate::fault::Fault;
use crate::html::site::Site;
use crate::warnings;
use anyhow::{Context, Result};
use keywords::Keywords;
use mdbook_driver::MDBook;
use mdbook_markdown::pulldown_cmark::{CodeBlockKind, Event, Tag};
use mdbook_markdown::{MarkdownOptions, new_cmark_parser};
use mdbook_preprocessor::book::{Book, Chapter};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};
use std::path::Path;

/// Replaces the search index of `site` with one that has no programs in it. Nothing can be done
/// with `book` afterwards.
pub(crate) fn index_prose(
    book: &mut MDBook,
    workspace: &Path,
    site: &mut Site,
    faults: &mut Vec<Fault>,
) -> Result<()> {
    let Some(address) = site.search_index() else {
        return Ok(());
    };
    let aside = tempfile::tempdir().context("cannot make a folder to build in")?;
    book.config.build.build_dir = aside.path().to_owned();
    book.with_preprocessor(Prose {
        recipes: Recipes::new(workspace.to_owned()),
    });
    // Its warnings were heard when the whole book was built.
    warnings::collected(|| book.build()).0?;
    let prose = Site::load(aside.path())?;
    let script = prose
        .search_index()
        .and_then(|address| prose.get(&address))
        .context("mdBook made no search index")?;
    let keywords = Keywords::read(workspace)?;
    let rebuilt = index::rebuild(&String::from_utf8_lossy(script), &keywords, faults)?;
    site.replace(&address, rebuilt.into_bytes());
    Ok(())
}

/// It takes the place of the preprocessor that puts programs into the pages.
struct Prose {
    recipes: Recipes,
}

impl Prose {
    fn expand(&self, chapter: &mut Chapter) {
        let page = chapter.source_path.clone().unwrap_or_default();
        // A problem is told by the preprocessor that this one replaces.
        let (text, _) = page::expand(&chapter.content, |found, in_tabs| {
            if !is_read(found.word) {
                return Ok(String::new());
            }
            let place = Place {
                root: "",
                page: &page,
                in_tabs,
            };
            let rendered = self.recipes.render(found, &place)?;
            Ok(rendered.markdown)
        });
        chapter.content = without_programs(&text);
    }
}

impl Preprocessor for Prose {
    fn name(&self) -> &str {
        "cookbook"
    }

    fn run(&self, _: &PreprocessorContext, mut book: Book) -> Result<Book> {
        book.for_each_chapter_mut(|chapter| self.expand(chapter));
        Ok(book)
    }
}

/// The page of the address of a page or a section.
fn page_of(address: &str) -> &str {
    address.split('#').next().unwrap_or(address)
}

/// Whether a directive stands for text that readers search for.
fn is_read(word: Word) -> bool {
    matches!(
        word,
        Word::Output | Word::Reject | Word::Mistake | Word::Pitfalls | Word::PitfallsOf
    )
}

/// The page without its programs and commands.
fn without_programs(page: &str) -> String {
    let mut rest = String::with_capacity(page.len());
    let mut end = 0;
    for (event, range) in new_cmark_parser(page, &MarkdownOptions::default()).into_offset_iter() {
        if let Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) = event
            && ["rust", "python", "sh"]
                .iter()
                .any(|language| info.starts_with(language))
        {
            rest.push_str(&page[end..range.start]);
            end = range.end;
        }
    }
    rest + &page[end..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_go_and_what_they_say_stays() {
        let page = "one\n\n```rust,compile_fail\nfn main() {}\n```\n\n```text\ntwo\n```\n\n- ```python\n  pass\n  ```\n- three\n";
        let rest = without_programs(page);
        for word in ["one", "two", "three"] {
            assert!(rest.contains(word), "{rest}");
        }
        for word in ["main", "pass"] {
            assert!(!rest.contains(word), "{rest}");
        }
    }
}

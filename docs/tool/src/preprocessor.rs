//! The directives as an mdBook preprocessor: in this process for `cargo book`, over a pipe for a
//! stock mdBook.

use crate::directives::recipe::{Place, Recipes};
use crate::directives::{Directive, page};
use crate::fault::Fault;
use crate::files;
use anyhow::{Context, Result};
use mdbook_preprocessor::book::{Book, Chapter};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext, parse_input};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// What the pages brought to light.
#[derive(Default)]
pub(crate) struct Gathered {
    pub(crate) faults: Vec<Fault>,
    /// The files that pages link to, named from the workspace.
    pub(crate) linked: BTreeSet<PathBuf>,
    /// The directives of all pages, also those that cannot be replaced.
    pub(crate) directives: BTreeSet<Directive>,
}

/// Replaces the directives of every page. Faults are gathered instead of returned, so that one run
/// finds them all.
pub(crate) struct Cookbook {
    recipes: Recipes,
    gathered: Rc<RefCell<Gathered>>,
}

impl Cookbook {
    /// With what it is going to gather.
    pub(crate) fn new(workspace: &Path) -> (Self, Rc<RefCell<Gathered>>) {
        let gathered = Rc::default();
        let cookbook = Cookbook {
            recipes: Recipes::new(workspace.to_owned()),
            gathered: Rc::clone(&gathered),
        };
        (cookbook, gathered)
    }

    /// `root` is where linked files are, seen from the book's first page.
    fn expand(&self, book: &mut Book, root: &str) {
        book.for_each_chapter_mut(|chapter| self.expand_page(chapter, root));
    }

    fn expand_page(&self, chapter: &mut Chapter, root: &str) {
        let Some(source) = &chapter.source_path else {
            return;
        };
        let depth = source.components().count() - 1;
        let root = format!("{}{root}", "../".repeat(depth));
        let mut gathered = self.gathered.borrow_mut();
        let (text, problems) = page::expand(&chapter.content, |found, in_tabs| {
            gathered.directives.insert(found.clone());
            let place = Place {
                root: &root,
                page: source,
                in_tabs,
            };
            let rendered = self.recipes.render(found, &place)?;
            gathered.linked.extend(rendered.linked);
            Ok(rendered.markdown)
        });
        let page = files::with_slashes(source);
        let fault =
            |it: page::Problem| Fault::new(format!("docs/src/{page}:{}", it.line), it.reason);
        gathered.faults.extend(problems.into_iter().map(fault));
        chapter.content = text;
    }
}

impl Preprocessor for Cookbook {
    fn name(&self) -> &str {
        "cookbook"
    }

    /// The caller copies what is linked into the book, under the same names.
    fn run(&self, _: &PreprocessorContext, mut book: Book) -> Result<Book> {
        self.expand(&mut book, "");
        Ok(book)
    }

    fn supports_renderer(&self, renderer: &str) -> Result<bool> {
        Ok(supports(renderer))
    }
}

/// Answers a stock mdBook: reads a book from standard input, writes it with its directives replaced
/// to standard output. A preprocessor cannot put files into the book, so links lead from docs/book
/// to the files themselves.
pub(crate) fn answer(workspace: &Path) -> Result<Vec<Fault>> {
    let (_, mut book) = parse_input(io::stdin().lock())?;
    let (cookbook, gathered) = Cookbook::new(workspace);
    cookbook.expand(&mut book, "../../");
    let faults = std::mem::take(&mut gathered.borrow_mut().faults);
    if faults.is_empty() {
        serde_json::to_writer(io::stdout().lock(), &book).context("cannot answer mdBook")?;
    }
    Ok(faults)
}

/// Whether the directives can be shown in what this renderer makes.
pub(crate) fn supports(renderer: &str) -> bool {
    renderer == "html"
}

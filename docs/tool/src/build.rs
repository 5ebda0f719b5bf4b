//! Builds the book and finds everything that is wrong with it.

use crate::fault::Fault;
use crate::html::site::Site;
use crate::html::{api, highlighter, margin, mend, print, search, wrong};
use crate::lint::links::{self, Pages};
use crate::lint::{figures, glossary, outline, pitfalls, unshown, weight};
use crate::preprocessor::Cookbook;
use crate::{files, warnings};
use anyhow::{Context, Result};
use mdbook_driver::MDBook;
use mdbook_driver::config::Config;
use std::collections::BTreeSet;
use std::path::Path;

/// A book, as far as it could be built, and its faults.
#[derive(Default)]
pub(crate) struct Built {
    pub(crate) site: Site,
    pub(crate) faults: Vec<Fault>,
}

/// Builds the book in `workspace`'s docs folder and changes nothing there.
pub(crate) fn build(workspace: &Path) -> Built {
    let mut faults = Vec::new();
    let (site, logged) = warnings::collected(|| render(workspace, &mut faults));
    // The book is rendered once more for its search index, and mdBook warns once more.
    let logged: BTreeSet<_> = logged.iter().collect();
    faults.extend(logged.into_iter().map(|line| Fault::new("mdBook", line)));
    let site = site.unwrap_or_else(|error| {
        faults.push(Fault::new("cannot build the book", format!("{error:#}")));
        Site::default()
    });
    let pages = Pages::of(&site);
    for dead in links::dead(&pages) {
        faults.push(Fault::new(source_of(&dead.page, workspace), dead.reason));
    }
    faults.extend(weight::faults(&pages));
    Built { site, faults }
}

/// The file to mend: where the page was written, or the page itself if mdBook made it.
fn source_of(page: &str, workspace: &Path) -> String {
    let source = Path::new("docs/src").join(page).with_extension("md");
    if workspace.join(&source).is_file() {
        files::with_slashes(&source)
    } else {
        format!("docs/book/{page}")
    }
}

fn render(workspace: &Path, faults: &mut Vec<Fault>) -> Result<Site> {
    let root = workspace.join("docs");
    let mut config = Config::from_disk(root.join("book.toml"))?;
    let summary = outline::read(&root.join(&config.book.src), faults)?;
    let rendered = tempfile::tempdir().context("cannot make a folder to build in")?;
    config.build.build_dir = rendered.path().to_owned();
    let mut book = MDBook::load_with_config_and_summary(&root, config, summary)?;
    let (cookbook, gathered) = Cookbook::new(workspace);
    // It takes the place of the command of that name in book.toml.
    book.with_preprocessor(cookbook);
    let outcome = book.build();
    let gathered = std::mem::take(&mut *gathered.borrow_mut());
    faults.extend(gathered.faults);
    faults.extend(unshown::faults(workspace, &gathered.directives));
    faults.extend(figures::faults(workspace, &gathered.directives)?);
    faults.extend(glossary::faults(workspace)?);
    faults.extend(pitfalls::faults(workspace));
    outcome?;
    let mut site = Site::load(rendered.path())?;
    for file in &gathered.linked {
        site.add(workspace, file)?;
    }
    search::index_prose(&mut book, workspace, &mut site, faults)?;
    highlighter::lighten(&mut site);
    mend::mend(&mut site);
    wrong::color(&mut site);
    margin::restore(&mut site);
    print::lighten(&mut site);
    api::add(workspace, &mut site)?;
    Ok(site)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::sync::LazyLock;

    /// The cookbook itself: one build for all tests that look at it. It is in memory, so no test
    /// writes docs/book.
    pub(crate) static COOKBOOK: LazyLock<Built> = LazyLock::new(|| {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        build(&workspace)
    });

    #[test]
    fn the_cookbook_itself_builds() {
        let faults: Vec<_> = COOKBOOK.faults.iter().map(Fault::to_string).collect();
        assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    }
}

//! The table of contents, held against the pages that exist.

use crate::fault::Fault;
use crate::files;
use anyhow::{Context, Result};
use mdbook_summary::{Link, Summary, SummaryItem, parse_summary};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Pages that no table of contents lists: itself, and mdBook's page for a wrong address.
const UNLISTED: [&str; 2] = ["SUMMARY.md", "404.md"];

/// Reads SUMMARY.md. An entry whose page is missing becomes one without a page, so that the rest is
/// built and every other fault is found in the same run.
pub(crate) fn read(src: &Path, faults: &mut Vec<Fault>) -> Result<Summary> {
    let path = src.join("SUMMARY.md");
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut summary = parse_summary(&text).context("docs/src/SUMMARY.md")?;
    for title in empty_parts(&summary.numbered_chapters) {
        let reason = format!("the part `{title}` has no page; delete its heading");
        faults.push(Fault::new("docs/src/SUMMARY.md", reason));
    }
    let mut listed = BTreeSet::new();
    let parts = [
        &mut summary.prefix_chapters,
        &mut summary.numbered_chapters,
        &mut summary.suffix_chapters,
    ];
    for link in parts.into_iter().flat_map(|items| links(items)) {
        check_entry(link, src, &mut listed, faults);
    }
    for page in files::below(src, &[])? {
        if is_forgotten(&page, &listed) {
            let page = files::with_slashes(&page);
            faults.push(Fault::new(
                format!("docs/src/{page}"),
                "not in SUMMARY.md, so nobody finds it",
            ));
        }
    }
    Ok(summary)
}

/// The headings of parts with nothing below them: the last recipe of a part has been removed.
fn empty_parts(items: &[SummaryItem]) -> Vec<&String> {
    let mut empty = Vec::new();
    let mut open = None;
    for item in items {
        match item {
            SummaryItem::PartTitle(title) => empty.extend(open.replace(title)),
            SummaryItem::Link(_) => open = None,
            _ => {}
        }
    }
    empty.extend(open);
    empty
}

fn links(items: &mut [SummaryItem]) -> impl Iterator<Item = &mut Link> {
    items.iter_mut().filter_map(|item| match item {
        SummaryItem::Link(link) => Some(link),
        _ => None,
    })
}

/// This entry and those below it.
fn check_entry(
    link: &mut Link,
    src: &Path,
    listed: &mut BTreeSet<PathBuf>,
    faults: &mut Vec<Fault>,
) {
    if let Some(location) = link.location.take() {
        match page_at(&location, src) {
            Ok(page) => {
                listed.insert(page.clone());
                link.location = Some(page);
            }
            Err(reason) => {
                let reason = format!("[{}]({}): {reason}", link.name, location.display());
                faults.push(Fault::new("docs/src/SUMMARY.md", reason));
            }
        }
    }
    for inner in links(&mut link.nested_items) {
        check_entry(inner, src, listed, faults);
    }
}

fn page_at(location: &Path, src: &Path) -> Result<PathBuf, &'static str> {
    let parts = location
        .components()
        .filter(|part| *part != Component::CurDir);
    let page: PathBuf = parts.collect();
    if !page
        .components()
        .all(|part| matches!(part, Component::Normal(_)))
    {
        return Err("the page lies outside docs/src");
    }
    if !src.join(&page).is_file() {
        return Err("there is no such page");
    }
    Ok(page)
}

fn is_forgotten(page: &Path, listed: &BTreeSet<PathBuf>) -> bool {
    let is_page = page.extension().is_some_and(|ending| ending == "md");
    is_page && !listed.contains(page) && !UNLISTED.iter().any(|name| page == Path::new(name))
}

//! `docs/search.toml`: the words by which readers look for a page, and the searches that must list
//! it first.

use super::page_of;
use crate::fault::Fault;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const FILE: &str = "docs/search.toml";

/// The entries by the addresses of pages, or of sections: `page.html#section`.
#[derive(Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Keywords(pub(super) BTreeMap<String, Entry>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    #[serde(default)]
    pub(super) keywords: Vec<String>,
    /// What is typed when this page must be the first of the results.
    #[serde(default)]
    #[cfg_attr(not(test), expect(dead_code, reason = "only tests search"))]
    pub(super) first_for: Vec<String>,
}

impl Keywords {
    /// None of them if there is no such file.
    pub(super) fn read(workspace: &Path) -> Result<Self> {
        let path = workspace.join(FILE);
        if !path.exists() {
            return Ok(Keywords::default());
        }
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {FILE}"))?;
        toml::from_str(&text).with_context(|| format!("{FILE} cannot be read"))
    }

    pub(super) fn of(&self, address: &str) -> &[String] {
        self.0.get(address).map_or(&[], |entry| &entry.keywords)
    }

    /// A fault for each entry that stands for no page and no section.
    pub(super) fn faults(&self, urls: &[String]) -> Vec<Fault> {
        let mut faults = Vec::new();
        for address in self.0.keys() {
            let is_it = |url: &String| url == address || page_of(url) == address;
            if !urls.iter().any(is_it) {
                let reason = format!("the book has no page or section {address}");
                faults.push(Fault::new(FILE, reason));
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_without_a_page_is_a_fault() {
        let keywords: Keywords = toml::from_str("['no.html']\nkeywords = ['gong']").unwrap();
        let faults = keywords.faults(&["index.html#top".to_owned()]);
        assert_eq!(faults.len(), 1);
        assert!(faults[0].to_string().contains("no.html"), "{}", faults[0]);
        assert!(keywords.faults(&["no.html#top".to_owned()]).is_empty());
    }
}

//! `docs/search.toml`: the words by which readers look for a page, and the searches that must list
//! it first.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

pub(super) const FILE: &str = "docs/search.toml";

/// The entries by the addresses of pages, or of sections: `page.html#section`.
#[derive(Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Keywords(pub(super) BTreeMap<String, Entry>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    #[serde(default)]
    pub(super) keywords: Vec<String>,
    /// What is typed when this page must be the first of the results. Only tests read it.
    #[serde(default)]
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
        toml::from_str(&text).with_context(|| format!("{FILE} is not as it should be"))
    }

    pub(super) fn of(&self, address: &str) -> &[String] {
        self.0.get(address).map_or(&[], |entry| &entry.keywords)
    }

    /// Every entry stands for a page or a section.
    pub(super) fn check(&self, urls: &[String]) -> Result<()> {
        for address in self.0.keys() {
            let is_it = |url: &String| url == address || url.split('#').next() == Some(address);
            if !urls.iter().any(is_it) {
                bail!("{FILE} names {address}, and the book has no such page or section");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_without_a_page_is_refused() {
        let keywords: Keywords = toml::from_str("['no.html']\nkeywords = ['gong']").unwrap();
        let reason = keywords.check(&["index.html#top".to_owned()]).unwrap_err();
        assert!(reason.to_string().contains("no.html"), "{reason}");
        assert!(keywords.check(&["no.html#top".to_owned()]).is_ok());
    }
}

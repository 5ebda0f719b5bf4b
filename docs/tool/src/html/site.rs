//! A built book, in memory: what is checked, served and written.

use crate::files;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The folder of the API reference.
const API: &str = "api/";

/// The files of a book by their addresses: `index.html`,
/// `recipes/synchronization/lock/src/main.rs`.
#[derive(Default)]
pub(crate) struct Site(BTreeMap<String, Vec<u8>>);

impl Site {
    /// Every file below `dir`.
    pub(crate) fn load(dir: &Path) -> Result<Self> {
        let mut site = Site::default();
        for file in files::below(dir, &[])? {
            site.add(dir, &file)?;
        }
        Ok(site)
    }

    /// The file `path` of the folder `dir`, under the address `path`.
    pub(crate) fn add(&mut self, dir: &Path, path: &Path) -> Result<()> {
        self.insert(files::with_slashes(path), dir, path)
    }

    fn insert(&mut self, address: String, dir: &Path, path: &Path) -> Result<()> {
        let content =
            fs::read(dir.join(path)).with_context(|| format!("cannot read {}", path.display()))?;
        self.0.insert(address, content);
        Ok(())
    }

    pub(crate) fn get(&self, address: &str) -> Option<&[u8]> {
        self.0.get(address).map(Vec::as_slice)
    }

    pub(crate) fn replace(&mut self, address: &str, content: Vec<u8>) {
        self.0.insert(address.to_owned(), content);
    }

    /// Puts what `edit` makes of a file's text in its place, if there is such a file.
    pub(crate) fn edit(&mut self, address: &str, edit: impl FnOnce(&str) -> String) {
        if let Some(content) = self.0.get_mut(address) {
            *content = edit(&String::from_utf8_lossy(content)).into_bytes();
        }
    }

    /// The same for every HTML page.
    pub(crate) fn edit_pages(&mut self, edit: impl Fn(&str) -> String) {
        let addresses: Vec<_> = self
            .pages()
            .map(|(address, _)| address.to_owned())
            .collect();
        addresses
            .iter()
            .for_each(|address| self.edit(address, &edit));
    }

    /// The address of the search index.
    pub(crate) fn search_index(&self) -> Option<String> {
        self.script("searchindex-")
    }

    /// The address of the script that colours code.
    pub(crate) fn highlighter(&self) -> Option<String> {
        self.script("highlight-")
    }

    /// The address of the script that shows the table of contents.
    pub(crate) fn contents(&self) -> Option<String> {
        self.script("toc-")
    }

    /// The names of scripts end with a hash.
    fn script(&self, name: &str) -> Option<String> {
        let is_it = |address: &&String| address.starts_with(name) && address.ends_with(".js");
        self.0.keys().find(is_it).cloned()
    }

    /// Adds every file below `dir`, a folder that rustdoc has made, to the API reference.
    pub(crate) fn add_api(&mut self, dir: &Path) -> Result<()> {
        for file in files::below(dir, &[])? {
            let address = format!("{API}{}", files::with_slashes(&file));
            self.insert(address, dir, &file)?;
        }
        Ok(())
    }

    /// The HTML pages of the book with their addresses, without those of the API reference.
    pub(crate) fn pages(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.html().filter(|(address, _)| !address.starts_with(API))
    }

    /// All HTML pages with their addresses.
    pub(crate) fn html(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let all = self.0.iter();
        all.map(|(address, content)| (address.as_str(), content.as_slice()))
            .filter(|(address, _)| address.ends_with(".html"))
    }

    /// Replaces the folder `dir`.
    pub(crate) fn write(&self, dir: &Path) -> Result<()> {
        if dir.exists() {
            fs::remove_dir_all(dir).with_context(|| format!("cannot remove {}", dir.display()))?;
        }
        for (address, content) in &self.0 {
            files::write(&dir.join(address), content)?;
        }
        Ok(())
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Site {
    fn from(files: [(&str, &str); N]) -> Self {
        let owned = files.map(|(address, text)| (address.to_owned(), text.as_bytes().to_vec()));
        Site(owned.into())
    }
}

//! Where a reader gets this repository. docs/book.toml is the one place that has its address.
//!
//! Until it has one, the pages speak of the reader's clone and show no address.

use super::manifest::{self, Dependency};
use super::recipe::Recipes;
use super::snippet::fenced;
use std::fs;
use std::path::Path;
use toml::Table;

const CONFIG: &str = "docs/book.toml";

/// The reader replaces this word with the folder of their clone.
pub(crate) const COOKBOOK: &str = "COOKBOOK";

/// The repository, as the pages speak of it.
pub(crate) struct Repository {
    address: Option<String>,
}

impl Repository {
    #[cfg(test)]
    pub(crate) fn unknown() -> Self {
        Repository { address: None }
    }

    pub(crate) fn of(workspace: &Path) -> Result<Self, String> {
        let config = fs::read_to_string(workspace.join(CONFIG))
            .map_err(|error| format!("cannot read {CONFIG}: {error}"))?;
        let config: Table = config
            .parse()
            .map_err(|error| format!("cannot read {CONFIG}: {error}"))?;
        let html = config.get("output").and_then(|output| output.get("html"));
        let address = html
            .and_then(|html| html.get("git-repository-url"))
            .and_then(|address| address.as_str());
        Ok(Repository {
            address: address.map(|it| it.trim_end_matches('/').to_owned()),
        })
    }

    /// Where the commands of the book can be run, in Markdown.
    pub(crate) fn your_clone(&self) -> String {
        match &self.address {
            Some(address) => format!("your clone of [this repository]({address})"),
            None => "your clone of this repository".to_owned(),
        }
    }

    /// What a reader does before the first command.
    fn how_to_clone(&self) -> String {
        let Some(address) = &self.address else {
            return "Run the commands below in your clone of this repository.\n".to_owned();
        };
        let last = address.rsplit('/').next().unwrap_or(address);
        let folder = last.trim_end_matches(".git");
        let commands = format!("git clone {address}\ncd {folder}");
        format!(
            "Clone [this repository]({address}), and run the commands below in its folder:\n\n{}",
            fenced("console", &commands)
        )
    }

    /// The page that shows a file, named from the workspace.
    pub(crate) fn page_of(&self, file: &str) -> Option<String> {
        let address = self.address.as_ref()?;
        Some(format!(
            "{}/blob/HEAD/{file}",
            address.trim_end_matches(".git")
        ))
    }

    /// Where `cargo add` finds a crate that is in this folder of the workspace.
    pub(crate) fn place_of(&self, folder: &str) -> String {
        match &self.address {
            Some(address) => format!("--git {address}"),
            None => format!("--path {COOKBOOK}/{folder}"),
        }
    }

    /// The commands that add these crates to a project of the reader's, and what must be known
    /// before.
    pub(crate) fn add(&self, dependencies: &[Dependency]) -> String {
        let mut notes = String::new();
        let mut lines = Vec::new();
        for dependency in dependencies {
            if !dependency.is_published() {
                notes += &self.note(dependency);
            }
            lines.push(dependency.cargo_add(self));
        }
        format!("{notes}\n\n{}", fenced("sh", &lines.join("\n")))
    }

    fn note(&self, dependency: &Dependency) -> String {
        let name = &dependency.name;
        match &self.address {
            Some(_) => format!(
                " The crate `{name}` is not on crates.io yet, so Cargo gets it from this \
                 repository."
            ),
            None => format!(
                " The crate `{name}` is not on crates.io yet. Replace `{COOKBOOK}` with the folder \
                 of your clone of this repository."
            ),
        }
    }
}

impl Recipes {
    pub(crate) fn repository(&self) -> Result<Repository, String> {
        Repository::of(&self.workspace)
    }

    pub(crate) fn how_to_clone(&self) -> Result<String, String> {
        Ok(self.repository()?.how_to_clone())
    }

    /// How a project of the reader's gets a crate of the workspace with a feature.
    pub(crate) fn add(&self, name: &str, feature: &str) -> Result<String, String> {
        let mut dependency =
            manifest::named(&self.workspace, name).map_err(|error| format!("{error:#}"))?;
        dependency.features.push(feature.to_owned());
        let add = self.repository()?.add(&[dependency]);
        Ok(add.trim_start().to_owned())
    }
}

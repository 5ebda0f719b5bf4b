//! What a program needs from outside: dependencies in its recipe's Cargo.toml, as `cargo add`
//! lines.

use super::repository::Repository;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// One dependency of a recipe.
#[derive(Debug, PartialEq)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) version: String,
    /// The folder in this workspace, for a crate that is not on crates.io.
    path: Option<String>,
    pub(crate) features: Vec<String>,
    default_features: bool,
}

impl Dependency {
    pub(crate) fn is_published(&self) -> bool {
        self.path.is_none()
    }

    /// The folder in `workspace`, for a crate that is not on crates.io.
    pub(crate) fn folder(&self, workspace: &Path) -> Option<PathBuf> {
        self.path.as_ref().map(|path| workspace.join(path))
    }

    /// Cargo takes a place or a version, not both.
    pub(crate) fn cargo_add(&self, repository: &Repository) -> String {
        let mut line = match &self.path {
            Some(path) => format!("cargo add {} {}", self.name, repository.place_of(path)),
            None => format!("cargo add {}@{}", self.name, self.version),
        };
        if !self.default_features {
            line.push_str(" --no-default-features");
        }
        if !self.features.is_empty() {
            line.push_str(&format!(" --features {}", self.features.join(",")));
        }
        line
    }

    /// Gives it these features and no others.
    fn narrow(&mut self, features: &Value) -> Result<()> {
        let listed = features.as_array().context("not a list of features")?;
        let mut kept = Vec::new();
        for feature in listed {
            let feature = feature.as_str().context("not a list of features")?;
            kept.push(feature.to_owned());
        }
        self.features = kept;
        Ok(())
    }

    /// Its line in the manifest of a project elsewhere on this machine.
    pub(crate) fn manifest_line(&self, workspace: &Path) -> String {
        let Dependency {
            name,
            version,
            features,
            default_features,
            ..
        } = self;
        let place = match &self.path {
            Some(path) => format!("path = '{}'", workspace.join(path).display()),
            None => format!("version = \"{version}\""),
        };
        format!(
            "{name} = {{ {place}, default-features = {default_features}, features = {features:?} }}"
        )
    }
}

/// The dependencies of the recipe in `folder`, with the versions that the workspace gives them.
pub(crate) fn dependencies(workspace: &Path, folder: &Path) -> Result<Vec<Dependency>> {
    in_section("dependencies", workspace, folder, |_| true)
}

/// The dependencies of its examples that are `used`, in the order of their names. What only its
/// tests use may be a crate that nobody can add to another project.
pub(crate) fn dependencies_of_examples(
    workspace: &Path,
    folder: &Path,
    used: impl Fn(&str) -> bool,
) -> Result<Vec<Dependency>> {
    let mut all = in_section("dependencies", workspace, folder, &used)?;
    for dependency in in_section("dev-dependencies", workspace, folder, &used)? {
        add(&mut all, dependency);
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

/// The dependencies with only the features that the recipe's manifest names for this example:
///
/// ```toml
/// [package.metadata.examples.fetch_small]
/// tokio = ["rt", "time"]
/// ```
///
/// A dependency that is not named there keeps its features. `cargo book check` builds the example
/// with what this returns, so it finds a feature that is missing or does not exist.
pub(crate) fn for_example(
    mut all: Vec<Dependency>,
    workspace: &Path,
    folder: &Path,
    example: &str,
) -> Result<Vec<Dependency>> {
    let manifest = workspace.join(folder).join("Cargo.toml");
    let keys = ["package", "metadata", "examples", example];
    for (name, features) in table(&manifest, &keys)? {
        let place = || {
            format!(
                "{}/Cargo.toml: {}: `{name}`",
                folder.display(),
                keys.join(".")
            )
        };
        let narrowed = all.iter_mut().find(|it| it.name == name);
        let narrowed =
            narrowed.with_context(|| format!("{}: the example does not use it", place()))?;
        narrowed.narrow(&features).with_context(place)?;
    }
    Ok(all)
}

/// If the recipe itself uses the crate too, Cargo gives the examples the features of both sections.
fn add(all: &mut Vec<Dependency>, dependency: Dependency) {
    let Some(known) = all.iter_mut().find(|known| known.name == dependency.name) else {
        all.push(dependency);
        return;
    };
    for feature in dependency.features {
        if !known.features.contains(&feature) {
            known.features.push(feature);
        }
    }
}

/// The dependency with this name, as the workspace has it.
pub(crate) fn named(workspace: &Path, name: &str) -> Result<Dependency> {
    let entry = Table::from_iter([("workspace".to_owned(), Value::from(true))]);
    resolve(name, &Value::from(entry), &of_workspace(workspace)?)
        .with_context(|| format!("Cargo.toml: `{name}`"))
}

fn in_section(
    section: &str,
    workspace: &Path,
    folder: &Path,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<Dependency>> {
    let of_recipe = table(&workspace.join(folder).join("Cargo.toml"), &[section])?;
    let of_workspace = of_workspace(workspace)?;
    let one = |(name, entry): (&String, &Value)| {
        resolve(name, entry, &of_workspace).with_context(|| {
            let folder = folder.display();
            format!("{folder}/Cargo.toml: {section}: `{name}`")
        })
    };
    of_recipe
        .iter()
        .filter(|(name, _)| wanted(name))
        .map(one)
        .collect()
}

/// The entries of `[workspace.dependencies]`.
pub(crate) fn of_workspace(workspace: &Path) -> Result<Table> {
    table(
        &workspace.join("Cargo.toml"),
        &["workspace", "dependencies"],
    )
}

/// The table at `keys`; empty if the manifest has none.
fn table(manifest: &Path, keys: &[&str]) -> Result<Table> {
    let text = fs::read_to_string(manifest)
        .with_context(|| format!("cannot read {}", manifest.display()))?;
    let mut found: Table = text
        .parse()
        .with_context(|| format!("cannot read {}", manifest.display()))?;
    for key in keys {
        found = match found.remove(*key) {
            Some(Value::Table(table)) => table,
            _ => return Ok(Table::new()),
        };
    }
    Ok(found)
}

fn resolve(name: &str, entry: &Value, of_workspace: &Table) -> Result<Dependency> {
    let entry = as_table(entry)?;
    if entry.get("workspace").and_then(Value::as_bool) != Some(true) {
        if entry.contains_key("path") {
            bail!("a crate of this workspace is named by `workspace = true`");
        }
        return read(name, &entry);
    }
    let shared = of_workspace
        .get(name)
        .context("it is not in [workspace.dependencies]")?;
    let mut dependency = read(name, &as_table(shared)?)?;
    dependency.features.extend(features(&entry));
    Ok(dependency)
}

/// `"1.0"` is short for `{ version = "1.0" }`.
fn as_table(entry: &Value) -> Result<Table> {
    match entry {
        Value::String(version) => Ok(Table::from_iter([(
            "version".to_owned(),
            Value::from(version.as_str()),
        )])),
        Value::Table(table) => Ok(table.clone()),
        _ => bail!("neither a version nor a table"),
    }
}

fn read(name: &str, entry: &Table) -> Result<Dependency> {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned);
    let switch = |key: &str| entry.get(key).and_then(Value::as_bool);
    Ok(Dependency {
        name: name.to_owned(),
        version: text("version").context("it has no version")?,
        path: text("path"),
        features: features(entry),
        default_features: switch("default-features").unwrap_or(true),
    })
}

fn features(entry: &Table) -> Vec<String> {
    let listed = entry.get("features").and_then(Value::as_array);
    let names = listed.into_iter().flatten().filter_map(Value::as_str);
    names.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cargo_add(entry: &str, workspace: &str) -> Result<String> {
        let entry: Table = entry.parse()?;
        let (name, value) = entry.iter().next().context("no entry")?;
        Ok(resolve(name, value, &workspace.parse()?)?.cargo_add(&Repository::unknown()))
    }

    #[test]
    fn a_crate_of_the_workspace_is_added_by_its_path() {
        let workspace =
            "sync-primitives = { path = \"shared/sync-primitives\", version = \"0.1.0\" }";
        assert_eq!(
            cargo_add("sync-primitives = { workspace = true }", workspace).unwrap(),
            "cargo add sync-primitives --path COOKBOOK/shared/sync-primitives"
        );
    }

    #[test]
    fn a_published_crate_is_added_by_its_version() {
        assert_eq!(
            cargo_add("rayon = \"1.10\"", "").unwrap(),
            "cargo add rayon@1.10"
        );
        let entry = "tokio = { workspace = true, features = [\"sync\"] }";
        let workspace =
            "tokio = { version = \"1.50\", default-features = false, features = [\"rt\"] }";
        assert_eq!(
            cargo_add(entry, workspace).unwrap(),
            "cargo add tokio@1.50 --no-default-features --features rt,sync"
        );
    }

    #[test]
    fn a_crate_in_both_sections_is_added_once() {
        let mut all = Vec::new();
        for features in ["[\"rt\", \"sync\"]", "[\"sync\", \"time\"]"] {
            let entry = format!("version = \"1\"\nfeatures = {features}");
            add(&mut all, read("tokio", &entry.parse().unwrap()).unwrap());
        }
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].features, ["rt", "sync", "time"]);
    }

    #[test]
    fn an_example_may_need_fewer_features() {
        let narrowed = |metadata: &str| {
            let root = tempfile::tempdir()?;
            let text = format!("[package.metadata.examples.bell_small]\n{metadata}\n");
            fs::write(root.path().join("Cargo.toml"), text)?;
            let entry = "version = \"1\"\nfeatures = [\"rt\", \"sync\", \"time\"]".parse()?;
            let all = vec![read("tokio", &entry)?];
            for_example(all, root.path(), Path::new(""), "bell_small")
        };
        let features = |metadata| narrowed(metadata).unwrap().remove(0).features;
        assert_eq!(features("tokio = [\"rt\", \"time\"]"), ["rt", "time"]);
        assert_eq!(features(""), ["rt", "sync", "time"]);
        for (metadata, reason) in [
            ("tokio = \"rt\"", "not a list of features"),
            ("smol = []", "the example does not use it"),
        ] {
            let error = format!("{:#}", narrowed(metadata).unwrap_err());
            assert!(error.ends_with(reason), "{error}");
        }
    }

    #[test]
    fn what_cannot_be_added_is_an_error() {
        for (entry, reason) in [
            (
                "a = { workspace = true }",
                "it is not in [workspace.dependencies]",
            ),
            (
                "a = { path = \"../a\", version = \"1\" }",
                "named by `workspace = true`",
            ),
            ("a = { git = \"x\" }", "it has no version"),
            ("a = 1", "neither a version nor a table"),
        ] {
            let error = cargo_add(entry, "").unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}

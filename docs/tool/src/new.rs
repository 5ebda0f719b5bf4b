//! `cargo book new PART/NAME`: writes the skeleton of a recipe and its chapter, and lists both.
//!
//! The skeleton is a small recipe that works: `new/skeleton/` holds its files, and its name stands
//! in them for the name of the new recipe. Everything is prepared in a temporary folder and then
//! moved into place. If a step fails, the steps before it are undone, so a recipe is there as a
//! whole or not at all.

mod library;
mod list;
mod name;

use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

use crate::files::write;
use list::List;
use name::NewRecipe;

/// The name that the files of the skeleton have instead of the name of the new recipe.
const PLACEHOLDER: &str = "skeleton";

const CHAPTER: &str = include_str!("new/skeleton/chapter.md");
const FIGURE: &str = include_str!("new/skeleton/figure.svg");

/// A file of the skeleton, named from the folder of the recipe.
struct Template {
    path: &'static str,
    text: &'static str,
}

macro_rules! template {
    ($path:literal) => {
        Template {
            path: $path,
            text: include_str!(concat!("new/skeleton/", $path)),
        }
    };
}

const RECIPE: [Template; 18] = [
    template!("Cargo.toml"),
    template!("expected.txt"),
    template!("skeleton.py"),
    template!("src/main.rs"),
    template!("src/cli.rs"),
    template!("examples/skeleton_small.rs"),
    template!("examples/skeleton_small.txt"),
    template!("examples/skeleton_std.rs"),
    template!("examples/skeleton_solution.rs"),
    template!("examples/skeleton_mistake_lost_update.rs"),
    template!("examples/skeleton_mistake_lost_update.txt"),
    template!("rejects/total_without_lock.rs"),
    template!("rejects/total_without_lock.stderr"),
    template!("input/numbers.txt"),
    template!("input/SOURCES.md"),
    template!("sample/numbers.txt"),
    template!("sample/expected.txt"),
    template!("tests/skeleton.rs"),
];

/// Writes the recipe that `path` names, such as `threads/example`, with a variant for each of the
/// libraries. Returns what to do next.
pub(crate) fn create(workspace: &Path, path: &str, libraries: &[String]) -> Result<String> {
    let recipe = NewRecipe::parse(path)?;
    recipe.must_be_free(workspace)?;
    library::must_be_known(libraries, workspace)?;

    // The temporary folder is in the workspace, because a file can be moved only within one file
    // system. It is removed at the end in any case.
    let staging = tempfile::Builder::new()
        .prefix(".new-")
        .tempdir_in(workspace)
        .with_context(|| format!("cannot make a folder in {}", workspace.display()))?;
    let steps = prepare(&recipe, libraries, workspace, staging.path())?;
    carry_out(&steps)?;
    Ok(recipe.next_steps())
}

/// One move from the temporary folder into the workspace.
struct Step {
    from: PathBuf,
    to: PathBuf,
    /// What was in that place before, if it is a file that gets a new row.
    before: Option<String>,
}

/// Writes every file into the temporary folder.
fn prepare(
    recipe: &NewRecipe,
    libraries: &[String],
    workspace: &Path,
    staging: &Path,
) -> Result<Vec<Step>> {
    let folder = staging.join("recipe");
    for template in RECIPE {
        let path = folder.join(recipe.named(template.path));
        write(&path, recipe.named(template.text))?;
    }
    let chapter = staging.join("chapter.md");
    write(&chapter, recipe.named(CHAPTER))?;
    for library in libraries {
        library::add(library, recipe, &folder, &chapter)?;
    }
    let figure = staging.join("figure.svg");
    write(&figure, recipe.named(FIGURE))?;
    let mut steps = vec![
        Step {
            from: folder,
            to: workspace.join(recipe.recipe.folder()),
            before: None,
        },
        Step {
            from: chapter,
            to: workspace.join(recipe.recipe.chapter()),
            before: None,
        },
        Step {
            from: figure,
            to: workspace.join(recipe.figure()),
            before: None,
        },
    ];
    for list in [List::summary(recipe), List::readme(recipe, title(CHAPTER))] {
        let path = workspace.join(list.file);
        let before =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", list.file))?;
        let from = staging.join(path.file_name().unwrap_or_default());
        write(&from, &list.with_row(&before)?)?;
        steps.push(Step {
            from,
            to: path,
            before: Some(before),
        });
    }
    Ok(steps)
}

/// The title of a chapter, which is the name of its recipe in the table of the README.
fn title(chapter: &str) -> &str {
    let first = chapter.lines().next().unwrap_or_default();
    first.trim_start_matches("# ")
}

/// Moves everything into place, or leaves the workspace as it was.
fn carry_out(steps: &[Step]) -> Result<()> {
    let mut undo = Undo::default();
    for step in steps {
        if let Err(error) = undo.carry_out(step) {
            undo.everything();
            return Err(error);
        }
    }
    Ok(())
}

/// What has been done so far.
#[derive(Default)]
struct Undo<'a> {
    moved: Vec<&'a Step>,
    folders: Vec<PathBuf>,
}

impl<'a> Undo<'a> {
    fn carry_out(&mut self, step: &'a Step) -> Result<()> {
        let parent = step.to.parent().unwrap_or(&step.to);
        if !parent.exists() {
            fs::create_dir(parent).with_context(|| format!("cannot make {}", parent.display()))?;
            self.folders.push(parent.to_owned());
        }
        fs::rename(&step.from, &step.to)
            .with_context(|| format!("cannot write {}", step.to.display()))?;
        self.moved.push(step);
        Ok(())
    }

    /// An error here has no remedy, and the caller already has the error that matters.
    fn everything(&self) {
        for step in self.moved.iter().rev() {
            let _ = match &step.before {
                Some(text) => fs::write(&step.to, text),
                None => fs::rename(&step.to, &step.from),
            };
        }
        for folder in &self.folders {
            let _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const README: &str = "\
# Cookbook

## Recipes

### Synchronization

| Recipe | Run it | Type | Chapter | In Python |
|---|---|---|---|---|
| Ring a bell | `cargo run -p bell` | `Bell` | [Bell](docs/src/synchronization/bell.md) | – |
";
    const MANIFEST: &str = "\
[workspace.dependencies]
bells = { path = \"shared/bells\", version = \"0.1.0\" }
rayon = \"1.12.0\"
tokio-util = { version = \"0.7\" }
";
    const SUMMARY: &str = "# Summary\n\n# Synchronization\n\n- [Bell](synchronization/bell.md)\n";

    /// A workspace with the files that the command changes, and no more.
    fn workspace() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        write(&root.path().join("README.md"), README).unwrap();
        write(&root.path().join("docs/src/SUMMARY.md"), SUMMARY).unwrap();
        write(&root.path().join("Cargo.lock"), "name = \"taken\"\n").unwrap();
        write(&root.path().join("Cargo.toml"), MANIFEST).unwrap();
        fs::create_dir(root.path().join("recipes")).unwrap();
        root
    }

    /// Every file and folder, and the text of the files.
    fn everything(root: &Path) -> Vec<(PathBuf, String)> {
        let mut found = Vec::new();
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let text = fs::read_to_string(&path).unwrap_or_default();
                if path.is_dir() {
                    folders.push(path.clone());
                }
                found.push((path, text));
            }
        }
        found.sort();
        found
    }

    #[test]
    fn every_file_of_the_skeleton_is_written() {
        let skeleton = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/new/skeleton");
        let mut files = BTreeSet::new();
        for (path, _) in everything(&skeleton) {
            if path.is_file() {
                files.insert(path);
            }
        }
        let others = ["chapter.md", "figure.svg", "library.md", "library.rs"];
        let mut written = BTreeSet::from(others.map(|name| skeleton.join(name)));
        for template in RECIPE {
            written.insert(skeleton.join(template.path));
        }
        assert_eq!(written, files);
    }

    #[test]
    fn the_name_stands_in_every_file_and_the_placeholder_in_none() {
        let root = workspace();
        create(root.path(), "gpu/sample-sort", &[]).unwrap();
        for (path, text) in everything(root.path()) {
            assert!(!path.to_string_lossy().contains("skeleton"), "{path:?}");
            assert!(!text.contains("-p skeleton"), "{text}");
        }
        let folder = root.path().join("recipes/gpu/sample-sort");
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        assert!(manifest.contains("name = \"sample-sort\""), "{manifest}");
        assert!(folder.join("examples/sample-sort_small.rs").is_file());
        assert!(root.path().join("docs/src/gpu/sample-sort.md").is_file());
    }

    #[test]
    fn both_lists_get_a_row() {
        let root = workspace();
        create(root.path(), "gpu/fractal", &[]).unwrap();
        let readme = fs::read_to_string(root.path().join("README.md")).unwrap();
        let row = "| `cargo run -p fractal` | `Lock` | [Fractal](docs/src/gpu/fractal.md) |";
        assert!(readme.contains("\n### GPU\n"), "{readme}");
        assert!(readme.contains(row), "{readme}");
        let summary = fs::read_to_string(root.path().join("docs/src/SUMMARY.md")).unwrap();
        assert!(
            summary.ends_with("\n# GPU\n\n- [Fractal](gpu/fractal.md)\n"),
            "{summary}"
        );
    }

    #[test]
    fn a_library_gets_a_variant() {
        let root = workspace();
        let libraries = ["rayon", "tokio-util"].map(str::to_owned);
        create(root.path(), "threads/example", &libraries).unwrap();
        let folder = root.path().join("recipes/threads/example");
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let line = "\nrayon = { workspace = true } # examples/example_rayon.rs\n";
        assert!(manifest.contains(line), "{manifest}");
        let variant = folder.join("examples/example_tokio-util.rs");
        let variant = fs::read_to_string(variant).unwrap();
        assert!(
            variant.starts_with("//! The same job with tokio-util.\n"),
            "{variant}"
        );
        assert!(variant.contains("\nfn main() {\n"), "{variant}");
        let chapter = root.path().join("docs/src/threads/example.md");
        let chapter = fs::read_to_string(chapter).unwrap();
        let tabs = chapter.split("{{#end}}").next().unwrap();
        assert!(tabs.contains("\n{{#variant example/rayon}}\n"), "{tabs}");
        assert!(
            tabs.ends_with("\n{{#variant example/tokio-util}}\n\n"),
            "{tabs}"
        );
    }

    #[test]
    fn a_library_that_the_workspace_does_not_use_is_refused() {
        let root = workspace();
        let before = everything(root.path());
        for library in ["serde", "bells", "std"] {
            let error = create(root.path(), "threads/example", &[library.to_owned()]);
            let error = error.unwrap_err().to_string();
            assert!(
                error.contains("add it there; it has rayon, tokio-util"),
                "{error}"
            );
        }
        let twice = ["rayon", "rayon"].map(str::to_owned);
        let error = create(root.path(), "threads/example", &twice).unwrap_err();
        assert_eq!(error.to_string(), "--crate rayon stands twice");
        assert_eq!(everything(root.path()), before);
    }

    #[test]
    fn a_recipe_that_cannot_be_written_leaves_nothing_behind() {
        for obstacle in ["docs/src/threads", "docs/figures", "recipes/threads"] {
            let root = workspace();
            // A file where a folder has to be.
            write(&root.path().join(obstacle), "").unwrap();
            let before = everything(root.path());
            create(root.path(), "threads/example", &[]).unwrap_err();
            assert_eq!(everything(root.path()), before);
        }
    }

    #[test]
    fn every_step_is_undone() {
        let root = workspace();
        let before = everything(root.path());
        let staging = tempfile::tempdir_in(root.path()).unwrap();
        let recipe = NewRecipe::parse("threads/example").unwrap();
        let mut steps = prepare(&recipe, &[], root.path(), staging.path()).unwrap();
        steps.push(Step {
            from: staging.path().join("nothing"),
            to: root.path().join("nothing"),
            before: None,
        });
        carry_out(&steps).unwrap_err();
        drop(staging);
        assert_eq!(everything(root.path()), before);
    }

    #[test]
    fn a_name_that_is_taken_is_refused() {
        let root = workspace();
        create(root.path(), "threads/example", &[]).unwrap();
        let before = everything(root.path());
        for path in ["threads/example", "gpu/example", "threads/taken"] {
            let error = create(root.path(), path, &[]).unwrap_err().to_string();
            assert!(error.contains("already"), "{error}");
        }
        assert_eq!(everything(root.path()), before);
    }
}

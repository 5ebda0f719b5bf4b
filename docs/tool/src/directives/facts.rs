//! What stands below a whole program: how to run it here, what it needs elsewhere, what it reads and where it is.
//! `cargo book check` takes the dependencies and the input folder from there.

use crate::directives::manifest::Dependency;
use crate::directives::snippet::fenced;
use crate::files;
use catalog::{Kind, Program};
use std::path::{Path, PathBuf};

/// What the reader puts the path of their copy of this repository for.
pub(crate) const COOKBOOK: &str = "COOKBOOK";
/// Input files are named up to this many, and counted beyond.
const MOST_NAMED: usize = 8;

/// The facts in the order they are shown in.
pub(crate) struct Facts<'a> {
    pub(crate) program: &'a Program,
    pub(crate) needs: Vec<Dependency>,
    pub(crate) reads: Option<Input>,
    /// A sentence about what it prints, where no directive shows that.
    pub(crate) prints: Option<String>,
}

impl Facts<'_> {
    /// `root` is the link from the page to the workspace: empty or ending in `/`.
    pub(crate) fn markdown(&self, root: &str) -> String {
        let shown = files::with_slashes(&self.program.path);
        let mut facts = Vec::new();
        // A mistake's command stands above what it prints.
        if self.program.kind != Kind::Mistake {
            facts.push(format!(
                "Run it in this repository:\n\n{}",
                fenced("sh", &self.program.command())
            ));
        }
        facts.extend(self.prints.clone());
        facts.push(needs(&self.needs));
        facts.extend(self.reads.as_ref().map(Input::markdown));
        facts.push(if is_in_book(&self.program.path) {
            format!("The program's file is [`{shown}`](<{root}{shown}>).\n")
        } else {
            format!("The program's file is `{shown}`.\n")
        });
        format!("<div class=\"facts\">\n\n{}\n</div>\n", facts.join("\n"))
    }
}

/// Whether a program's file is in the book too, for its excerpts to lead to. Any other program stands whole on its page,
/// and the book is lighter without its file.
pub(crate) fn is_in_book(program: &Path) -> bool {
    program.ends_with("src/main.rs")
}

/// What to add to a project of the reader's before the program compiles there.
fn needs(dependencies: &[Dependency]) -> String {
    if dependencies.is_empty() {
        return "In a project of your own, it needs no crate.\n".to_owned();
    }
    let note = |it: &Dependency| {
        let Dependency { name, version, .. } = it;
        format!(
            " {name} {version} is not on crates.io; `{COOKBOOK}` stands for the path of your copy of this repository."
        )
    };
    let notes: String = dependencies
        .iter()
        .filter(|it| !it.is_published())
        .map(note)
        .collect();
    let lines: Vec<_> = dependencies
        .iter()
        .map(|it| it.cargo_add(COOKBOOK))
        .collect();
    format!(
        "In a project of your own, add what it needs first.{notes}\n\n{}",
        fenced("sh", &lines.join("\n"))
    )
}

/// The input folder of a recipe.
pub(crate) struct Input {
    folder: PathBuf,
    files: Vec<PathBuf>,
}

impl Input {
    /// `None` without files in it. A Markdown file there tells people where the others come from.
    pub(crate) fn of(workspace: &Path, recipe: &Path) -> Result<Option<Self>, String> {
        let folder = recipe.join("input");
        if !workspace.join(&folder).exists() {
            return Ok(None);
        }
        let mut files = files::below(&workspace.join(&folder), &[])
            .map_err(|error| format!("{}: {error}", files::with_slashes(&folder)))?;
        files.retain(|file| file.extension().is_none_or(|ending| ending != "md"));
        Ok((!files.is_empty()).then_some(Input { folder, files }))
    }

    fn markdown(&self) -> String {
        let names: Vec<_> = self
            .files
            .iter()
            .map(|file| format!("`{}`", files::with_slashes(file)))
            .collect();
        let names = if names.len() > MOST_NAMED {
            format!("the {} files", names.len())
        } else {
            names.join(", ")
        };
        format!(
            "It reads {names} in `{}/` unless you name other files. In a project of your own, put that folder next to \
             `src/`.\n",
            files::with_slashes(&self.folder)
        )
    }
}

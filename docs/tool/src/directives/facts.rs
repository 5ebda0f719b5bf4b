//! What stands below a whole program: how to run it here, what it needs elsewhere, what it reads
//! and where it is. `cargo book check` takes the dependencies and the input folder from there.

use super::manifest::Dependency;
use super::snippet::fenced;
use super::source::Source;
use crate::files;
use catalog::{Kind, Program, Recipe};
use std::path::{Path, PathBuf};

/// The reader replaces this word with the path of their copy of the repository.
pub(crate) const COOKBOOK: &str = "COOKBOOK";
/// Input files are named up to this many, and counted beyond.
const MOST_NAMED: usize = 8;

/// The facts in the order they are shown in.
pub(crate) struct Facts<'a> {
    pub(crate) source: &'a Source,
    pub(crate) needs: Vec<Dependency>,
    pub(crate) reads: Option<Input>,
    /// A sentence about what it prints, where no directive shows that.
    pub(crate) prints: Option<String>,
}

impl Facts<'_> {
    /// `root` is the link from the page to the workspace: empty or ending in `/`.
    pub(crate) fn markdown(&self, root: &str) -> String {
        let program = &self.source.program;
        let mut facts = Vec::new();
        if !shows_output(program) {
            facts.push(format!(
                "Run it in this repository:\n\n{}",
                fenced("sh", &program.command())
            ));
        }
        facts.extend(self.prints.clone());
        facts.push(needs(&self.needs));
        if self.source.has_cli() && program.kind != Kind::Lesson {
            let id = cli_id(&program.recipe.name);
            facts.push(format!(
                "It shares [`src/cli.rs`](#{id}) with the recipe: put that file next to it.\n"
            ));
        }
        facts.extend(self.reads.as_ref().map(Input::markdown));
        facts.push(self.files(root));
        let name = program.name();
        format!(
            "<div class=\"facts\" data-program=\"{name}\">\n\n{}\n</div>\n",
            facts.join("\n")
        )
    }

    /// Where the program is. The files of a recipe are in the book, too; those of its examples only
    /// stand on its page.
    fn files(&self, root: &str) -> String {
        let mut files = Vec::new();
        for path in self.source.paths() {
            files.push(files::with_slashes(&path));
        }
        if self.source.program.kind != Kind::Lesson {
            return format!("The program's file is `{}`.\n", files[0]);
        }
        let links: Vec<String> = files
            .iter()
            .map(|file| format!("[`{file}`](<{root}{file}>)"))
            .collect();
        match &links[..] {
            [main] => format!("The program's file is {main}.\n"),
            _ => format!("The program's files are {}.\n", links.join(" and ")),
        }
    }
}

/// Whether a page shows what this program prints, below the command that runs it.
fn shows_output(program: &Program) -> bool {
    matches!(
        program.kind,
        Kind::Small | Kind::Part { .. } | Kind::Mistake
    )
}

/// Where a link finds the `src/cli.rs` of a recipe on its page.
pub(crate) fn cli_id(recipe: &str) -> String {
    format!("{recipe}-cli")
}

/// What to add to a project of the reader's before the program compiles there.
fn needs(dependencies: &[Dependency]) -> String {
    if dependencies.is_empty() {
        return "In a project of your own, it needs no crate.\n".to_owned();
    }
    let note = |it: &Dependency| {
        let Dependency { name, version, .. } = it;
        format!(
            " {name} {version} is not on crates.io; `{COOKBOOK}` stands for the path of your copy \
             of this repository."
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
    pub(crate) fn of(workspace: &Path, recipe: &Recipe) -> Result<Option<Self>, String> {
        let folder = recipe.input();
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
            "It reads {names} in `{}/` unless you name other files. In a project of your own, put \
             that folder next to `src/`.\n",
            files::with_slashes(&self.folder)
        )
    }
}

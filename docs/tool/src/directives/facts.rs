//! What stands below a whole program: how to run it here, what it needs elsewhere, what it reads
//! and where it is. `cargo book check` takes the dependencies and the input folder from there.

use super::manifest::Dependency;
use super::repository::Repository;
use super::sample::Sample;
use super::snippet::fenced;
use super::source::Source;
use crate::files;
use catalog::{Kind, Program, Recipe};
use std::path::{Path, PathBuf};

/// Input files are named up to this many, and counted beyond.
const MOST_NAMED: usize = 8;

/// The facts in the order they are shown in.
pub(crate) struct Facts<'a> {
    pub(crate) repository: Repository,
    pub(crate) source: &'a Source,
    pub(crate) needs: Vec<Dependency>,
    pub(crate) reads: Option<Input>,
    /// What a reader can try it with instead. Only the recipe itself says that.
    pub(crate) sample: Option<Sample>,
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
                "Run it in {}:\n\n{}",
                self.repository.your_clone(),
                fenced("sh", &program.command())
            ));
        }
        facts.extend(self.prints.clone());
        facts.push(self.needs());
        if self.source.has_cli() && program.kind != Kind::Lesson {
            let id = cli_id(&program.recipe.name);
            facts.push(format!(
                "It shares [`src/cli.rs`](#{id}) with the recipe. *Copy all* puts both into one file.\n"
            ));
        }
        facts.extend(self.reads.as_ref().map(Input::markdown));
        facts.extend(self.sample.as_ref().map(Sample::markdown));
        facts.push(self.files(root));
        let name = program.name();
        format!(
            "<div class=\"facts\" data-program=\"{name}\">\n\n{}\n</div>\n",
            facts.join("\n")
        )
    }

    /// What to add to a project of the reader's before the program compiles there.
    fn needs(&self) -> String {
        if self.needs.is_empty() {
            return "In a project of your own, it needs no crate.\n".to_owned();
        }
        let add = self.repository.add(&self.needs);
        format!("In a project of your own, add what it needs first.{add}")
    }

    /// Where the program is. Without a repository to link to, only the files of a recipe have
    /// links: the book has copies of them.
    fn files(&self, root: &str) -> String {
        let is_lesson = self.source.program.kind == Kind::Lesson;
        let mut links = Vec::new();
        for path in self.source.paths() {
            let file = files::with_slashes(&path);
            let link = match self.repository.page_of(&file) {
                Some(page) => format!("[`{file}`](<{page}>)"),
                None if is_lesson => format!("[`{file}`](<{root}{file}>)"),
                None => format!("`{file}`"),
            };
            links.push(link);
        }
        match &links[..] {
            [main, cli] if is_lesson => format!("The program's files are {main} and {cli}.\n"),
            _ => format!("The program's file is {}.\n", links[0]),
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

    /// Whether all files are in folders of their own, so that the recipe reads a tree.
    pub(crate) fn is_tree(&self) -> bool {
        self.files.iter().all(|file| file.components().count() > 1)
    }

    /// Whether all files are pictures.
    pub(crate) fn is_of_pictures(&self) -> bool {
        self.files
            .iter()
            .all(|file| file.extension().is_some_and(|ending| ending == "png"))
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

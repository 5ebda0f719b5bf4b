//! A program with its files, and the blocks in which a page shows them.
//!
//! Each file is a `<figure class="program">` that says which program and which file it is. From
//! these attributes `cargo book check` and docs/assets/copy.js put together the files of a program:
//!
//! ```text
//! data-program="lock_std"   the name of the program
//! data-file="src/main.rs"   where the file lies in a project of the reader's
//! data-cli="lock"           the program whose src/cli.rs belongs to it, if it has a second file
//! data-lines="4-7"          the lines that are to be seen, if the others are hidden
//! data-margin="4"          how far these lines were moved to the left, see crate::html::margin
//! data-wrong="12 15 16"     the lines that are wrong, which crate::html::wrong colors
//! ```

use super::playground;
use super::recipe::{Recipes, in_file};
use super::snippet::{Excerpt, Text, fenced};
use super::uses::Uses;
use catalog::Program;
use std::path::PathBuf;

const MAIN: &str = "src/main.rs";
const CLI: &str = "src/cli.rs";

/// A program and the text of its files.
pub(crate) struct Source {
    pub(crate) program: Program,
    main: File,
    /// The command-line part, if the program declares that module.
    cli: Option<File>,
}

struct File {
    /// Named from the workspace.
    path: PathBuf,
    text: String,
}

/// What a block is besides a program.
#[derive(Default)]
pub(crate) struct Look {
    /// The lines that are wrong, counted from 1. It shows a mistake if there are any.
    pub(crate) wrong: Vec<usize>,
    /// It can run on the Rust Playground, too.
    pub(crate) on_playground: bool,
}

impl Recipes {
    /// Reads the files of a program. Fails if a marker in them is wrong.
    pub(crate) fn source(&self, program: &Program) -> Result<Source, String> {
        let main = self.file(program.path.clone())?;
        let cli = if main.parsed()?.has_cli() {
            let cli = self.file(program.recipe.cli())?;
            cli.parsed()?;
            Some(cli)
        } else {
            None
        };
        Ok(Source {
            program: program.clone(),
            main,
            cli,
        })
    }

    fn file(&self, path: PathBuf) -> Result<File, String> {
        let text = self.read(&path)?;
        Ok(File { path, text })
    }
}

impl File {
    fn parsed(&self) -> Result<Text<'_>, String> {
        Text::parse(&self.text).map_err(|reason| in_file(&self.path, reason))
    }

    fn uses(&self) -> Result<Uses, String> {
        Uses::of(&self.text).map_err(|reason| in_file(&self.path, reason))
    }
}

impl Source {
    /// How many lines its page shows of `src/main.rs`.
    pub(crate) fn lines(&self) -> Result<usize, String> {
        Ok(self.main.parsed()?.line_count())
    }

    /// How many lines its page shows of `src/cli.rs`, if it has that file.
    pub(crate) fn lines_of_cli(&self) -> Result<Option<usize>, String> {
        match &self.cli {
            None => Ok(None),
            Some(cli) => Ok(Some(cli.parsed()?.line_count())),
        }
    }

    pub(crate) fn has_cli(&self) -> bool {
        self.cli.is_some()
    }

    /// The files, named from the workspace.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        let mut paths = vec![self.main.path.clone()];
        paths.extend(self.cli.iter().map(|cli| cli.path.clone()));
        paths
    }

    /// The lines of `src/main.rs` that are wrong. Fails if the program does not mark any.
    pub(crate) fn wrong_lines(&self) -> Result<Vec<usize>, String> {
        let lines = self.main.parsed()?.wrong_lines();
        if lines.is_empty() {
            let reason = "no line is marked; end each line that is wrong with `// Wrong: ` and why";
            return Err(in_file(&self.main.path, reason));
        }
        Ok(lines)
    }

    /// What both files name.
    pub(crate) fn uses(&self) -> Result<Uses, String> {
        let mut uses = self.main.uses()?;
        if let Some(cli) = &self.cli {
            uses.add(cli.uses()?);
        }
        Ok(uses)
    }

    /// What the comment at the top of `src/main.rs` says, as Markdown.
    pub(crate) fn description(&self) -> Result<String, String> {
        Ok(self.main.parsed()?.description())
    }

    /// All of `src/main.rs`.
    pub(crate) fn whole(&self) -> Result<String, String> {
        let text = self.main.parsed()?.whole();
        Ok(self.figure(MAIN, None, &Look::default(), &text))
    }

    /// All of `src/main.rs`. The comment at its top is hidden.
    pub(crate) fn without_description(&self, look: &Look) -> Result<String, String> {
        let text = self.main.parsed()?.without_description();
        Ok(self.figure(MAIN, None, look, &text))
    }

    /// All of `src/cli.rs`, or nothing if the program has only one file.
    pub(crate) fn whole_cli(&self) -> Result<String, String> {
        let Some(cli) = &self.cli else {
            return Ok(String::new());
        };
        let text = cli.parsed()?.whole();
        Ok(self.figure(CLI, None, &Look::default(), &text))
    }

    /// The lines between the markers of an anchor, in whichever file they are.
    pub(crate) fn excerpt(&self, anchor: &str) -> Result<String, String> {
        let mut file = (MAIN, &self.main);
        if let Some(cli) = &self.cli
            && cli.parsed()?.has_anchor(anchor)
        {
            if self.main.parsed()?.has_anchor(anchor) {
                return Err(format!("both {MAIN} and {CLI} have `// ANCHOR: {anchor}`"));
            }
            file = (CLI, cli);
        }
        let (name, file) = file;
        let excerpt = file
            .parsed()?
            .excerpt(anchor)
            .map_err(|reason| in_file(&file.path, reason))?;
        Ok(self.figure(name, Some(&excerpt), &Look::default(), &excerpt.text))
    }

    fn figure(&self, file: &str, excerpt: Option<&Excerpt>, look: &Look, text: &str) -> String {
        let program = self.program.name();
        let mut attributes = format!("data-program=\"{program}\" data-file=\"{file}\"");
        if self.has_cli() {
            attributes += &format!(" data-cli=\"{}\"", self.program.recipe.name);
        }
        if let Some(excerpt) = excerpt {
            let (first, last) = (excerpt.lines.start(), excerpt.lines.end());
            attributes += &format!(" data-lines=\"{first}-{last}\"");
            if excerpt.margin > 0 {
                attributes += &format!(" data-margin=\"{}\"", excerpt.margin);
            }
        }
        let mut class = "program";
        if !look.wrong.is_empty() {
            class = "program goes-wrong";
            attributes += &wrong_attribute(&look.wrong);
        }
        let mut block = fenced("rust", text);
        if look.on_playground {
            block = playground::marked(&block);
        }
        format!("<figure class=\"{class}\" {attributes}>\n\n{block}\n</figure>\n")
    }
}

/// Says in the tag of a block which of its lines are wrong.
pub(crate) fn wrong_attribute(lines: &[usize]) -> String {
    let numbers: Vec<String> = lines.iter().map(usize::to_string).collect();
    format!(" data-wrong=\"{}\"", numbers.join(" "))
}

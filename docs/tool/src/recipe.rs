//! The folders below recipes/, and the Markdown that a directive puts in its place.

use crate::directive::Directive;
use crate::files;
use crate::manifest::{self, Dependency};
use crate::snippet::{Program, fenced};
use std::fs;
use std::path::{Path, PathBuf};

/// What the reader puts the path of their copy of this repository for.
const COOKBOOK: &str = "COOKBOOK";
/// Input files are named up to this many, and counted beyond.
const MOST_NAMED: usize = 8;

/// The recipes of a workspace.
pub(crate) struct Recipes {
    workspace: PathBuf,
}

/// What a directive became.
pub(crate) struct Rendered {
    pub(crate) markdown: String,
    /// The file that it links to, named from the workspace.
    pub(crate) linked: Option<PathBuf>,
}

impl Rendered {
    fn without_link(markdown: String) -> Self {
        Rendered { markdown, linked: None }
    }
}

impl Recipes {
    pub(crate) fn new(workspace: PathBuf) -> Self {
        Recipes { workspace }
    }

    /// `root` is the link from the page to the folder that a linked file is named from: empty or ending in `/`.
    pub(crate) fn render(&self, directive: &Directive, root: &str) -> Result<Rendered, String> {
        match directive {
            Directive::Recipe { name, anchor: None } => self.whole(name, root),
            Directive::Recipe { name, anchor: Some(anchor) } => self.excerpt(name, anchor),
            Directive::Output { name } => self.output(name),
            Directive::Reject { name, file } => self.reject(name, file),
            Directive::Python { name } => self.python(name),
        }
    }

    fn whole(&self, name: &str, root: &str) -> Result<Rendered, String> {
        let path = self.folder(name)?.join("src/main.rs");
        let source = self.read(&path)?;
        let program = Program::parse(&source).map_err(|reason| in_file(&path, reason))?;
        let code = fenced("rust", &program.whole());
        self.with_facts(name, path, code, root)
    }

    fn excerpt(&self, name: &str, anchor: &str) -> Result<Rendered, String> {
        let path = self.folder(name)?.join("src/main.rs");
        let source = self.read(&path)?;
        let lines = Program::parse(&source).and_then(|program| program.excerpt(anchor));
        let lines = lines.map_err(|reason| in_file(&path, reason))?;
        Ok(Rendered::without_link(fenced("rust", &lines)))
    }

    fn output(&self, name: &str) -> Result<Rendered, String> {
        let output = self.read(&self.folder(name)?.join("expected.txt"))?;
        let block = fenced("text", &output);
        Ok(Rendered::without_link(format!("<div class=\"output\">\n\n`$ {}`\n\n{block}\n</div>\n", run(name))))
    }

    fn reject(&self, name: &str, file: &str) -> Result<Rendered, String> {
        let path = self.folder(name)?.join("rejects").join(file).with_extension("rs");
        let source = self.read(&path)?;
        let (first, rest) = source.split_once('\n').unwrap_or((&source, ""));
        let code = error_code(first).map_err(|reason| in_file(&path, reason))?;
        let program = Program::parse(rest.trim_start_matches('\n'));
        let program = program.map_err(|reason| in_file(&path, reason))?.whole();
        let words = self.read(&path.with_extension("stderr"))?;
        Ok(Rendered::without_link(format!(
            "{}\nThe compiler refuses it with [{code}](https://doc.rust-lang.org/error_codes/{code}.html):\n\n{}",
            fenced("rust,compile_fail", &program),
            fenced("text", &words)
        )))
    }

    fn python(&self, name: &str) -> Result<Rendered, String> {
        let path = self.folder(name)?.join(name).with_extension("py");
        let code = fenced("python", &self.read(&path)?);
        let run = fenced("sh", &format!("python3 {}", files::with_slashes(&path)));
        Ok(Rendered::without_link(format!(
            "<details>\n<summary>The whole job in Python</summary>\n\n{code}\nRun it in this repository:\n\n{run}\n</details>\n"
        )))
    }

    /// The program, and below it how to run it here, what it needs elsewhere, what it reads and where it is.
    fn with_facts(&self, name: &str, path: PathBuf, code: String, root: &str) -> Result<Rendered, String> {
        let mut facts = vec![format!("Run it in this repository:\n\n{}", fenced("sh", &run(name)))];
        facts.extend(self.needs(name)?);
        facts.extend(self.reads(name)?);
        let shown = files::with_slashes(&path);
        facts.push(format!("The program's file is [`{shown}`](<{root}{shown}>).\n"));
        Ok(Rendered {
            markdown: format!("{code}\n<div class=\"facts\">\n\n{}\n</div>\n", facts.join("\n")),
            linked: Some(path),
        })
    }

    /// What to add to a project of the reader's before the program compiles there.
    fn needs(&self, name: &str) -> Result<Option<String>, String> {
        let dependencies = manifest::dependencies(&self.workspace, &self.folder(name)?);
        let dependencies = dependencies.map_err(|error| format!("{error:#}"))?;
        if dependencies.is_empty() {
            return Ok(None);
        }
        let ours = dependencies.iter().filter(|it| !it.is_published());
        let notes: String = ours
            .map(|it| {
                let Dependency { name, version, .. } = it;
                format!(
                    " {name} {version} is not on crates.io; `{COOKBOOK}` stands for the path of your copy of this repository."
                )
            })
            .collect();
        let lines: Vec<_> = dependencies.iter().map(|it| it.cargo_add(COOKBOOK)).collect();
        let block = fenced("sh", &lines.join("\n"));
        Ok(Some(format!("In a project of your own, add what it needs first.{notes}\n\n{block}")))
    }

    /// The files of its input folder. A Markdown file there tells people where the others come from.
    fn reads(&self, name: &str) -> Result<Option<String>, String> {
        let folder = self.folder(name)?.join("input");
        if !self.workspace.join(&folder).exists() {
            return Ok(None);
        }
        let inputs = files::below(&self.workspace.join(&folder), &[]).map_err(|error| in_file(&folder, error))?;
        let is_read = |file: &&PathBuf| file.extension().is_none_or(|ending| ending != "md");
        let inputs: Vec<_> =
            inputs.iter().filter(is_read).map(|file| format!("`{}`", files::with_slashes(file))).collect();
        let inputs = match inputs.len() {
            0 => return Ok(None),
            1..=MOST_NAMED => inputs.join(", "),
            count => format!("the {count} files"),
        };
        Ok(Some(format!(
            "It reads {inputs} in `{}/` unless you name other files. In a project of your own, put that folder next to \
             `src/`.\n",
            files::with_slashes(&folder)
        )))
    }

    /// The folder of a recipe, named from the workspace.
    fn folder(&self, name: &str) -> Result<PathBuf, String> {
        let folder = Path::new("recipes").join(name);
        if self.workspace.join(&folder).is_dir() {
            return Ok(folder);
        }
        Err(format!("there is no recipes/{name}; the recipes are: {}", self.names().join(", ")))
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.workspace.join("recipes")).into_iter().flatten();
        let folders = entries.flatten().filter(|entry| entry.path().is_dir());
        let mut names: Vec<_> = folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn read(&self, path: &Path) -> Result<String, String> {
        fs::read_to_string(self.workspace.join(path))
            .map_err(|error| format!("cannot read {}: {error}", files::with_slashes(path)))
    }
}

fn run(name: &str) -> String {
    format!("cargo run -p {name}")
}

fn in_file(path: &Path, reason: impl std::fmt::Display) -> String {
    format!("{}: {reason}", files::with_slashes(path))
}

/// The code in a reject's first line, `// error: E0277`.
fn error_code(line: &str) -> Result<&str, String> {
    let code = line.trim_end().strip_prefix("// error: ");
    let is_code = |code: &&str| {
        let digits = code.strip_prefix('E').unwrap_or("");
        digits.len() == 4 && digits.chars().all(|c| c.is_ascii_digit())
    };
    code.filter(is_code).ok_or_else(|| format!("its first line is `{line}`, not `// error: E` and four digits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture() -> Recipes {
        Recipes::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture"))
    }

    fn markdown(directive: Directive) -> String {
        fixture().render(&directive, "../").map(|it| it.markdown).unwrap()
    }

    fn named(name: &str) -> String {
        name.to_owned()
    }

    #[test]
    fn a_whole_program_comes_with_how_to_run_it() {
        let directive = Directive::Recipe { name: named("bell"), anchor: None };
        let text = markdown(directive);
        assert!(text.starts_with("```rust\n//! Rings a bell."), "{text}");
        assert!(!text.contains("ANCHOR"), "{text}");
        for line in [
            "\ncargo run -p bell\n",
            "\ncargo add chime --path COOKBOOK/shared/chime\n",
            "chime 0.3.0 is not on crates.io",
            "It reads `times.txt` in `recipes/bell/input/`",
            "[`recipes/bell/src/main.rs`](<../recipes/bell/src/main.rs>)",
        ] {
            assert!(text.contains(line), "{line} is not in {text}");
        }
    }

    #[test]
    fn output_stands_under_its_command() {
        let text = markdown(Directive::Output { name: named("bell") });
        assert!(text.contains("`$ cargo run -p bell`\n\n```text\ndong\ndong\n```\n"), "{text}");
    }

    #[test]
    fn a_reject_names_its_error() {
        let text = markdown(Directive::Reject { name: named("bell"), file: named("not-send") });
        assert!(text.contains("[E0277](https://doc.rust-lang.org/error_codes/E0277.html)"), "{text}");
        assert!(text.contains("```rust,compile_fail\nuse std::rc::Rc;\n"), "{text}");
    }

    #[test]
    fn a_python_twin_comes_with_how_to_run_it() {
        let text = markdown(Directive::Python { name: named("bell") });
        assert!(text.contains("\n```python\nprint"), "{text}");
        assert!(text.contains("\npython3 recipes/bell/bell.py\n"), "{text}");
    }

    #[test]
    fn a_reject_without_a_code_is_refused() {
        for line in ["fn main() {}", "// error: 277", "// error: E277", "// error: E0277 and more"] {
            assert!(error_code(line).is_err(), "{line}");
        }
        assert_eq!(error_code("// error: E0277\r"), Ok("E0277"));
    }
}

//! The folders below recipes/, and the Markdown that a directive puts in its place.

use crate::directive::Directive;
use crate::facts::{Facts, Input};
use crate::manifest;
use crate::program::{self, Whole};
use crate::snippet::{Program, fenced};
use crate::{bench, compare, explore, figure, files, mutants, tabs, timeline};
use std::fs;
use std::path::{Path, PathBuf};

/// The recipes of a workspace.
pub(crate) struct Recipes {
    pub(crate) workspace: PathBuf,
}

/// What a directive became.
pub(crate) struct Rendered {
    pub(crate) markdown: String,
    /// The file that it links to, named from the workspace.
    pub(crate) linked: Option<PathBuf>,
}

impl Rendered {
    pub(crate) fn without_link(markdown: String) -> Self {
        Rendered {
            markdown,
            linked: None,
        }
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
            Directive::Recipe {
                name,
                anchor: Some(anchor),
            } => self.excerpt(name, anchor),
            Directive::Output { name } => self.output(name),
            Directive::Variant { name, library } => self.variant(name, library, root),
            Directive::Python { name } => self.python(name),
            Directive::Compare { name } => compare::table(self, name).map(Rendered::without_link),
            Directive::Reject { name, file } => self.reject(name, file),
            Directive::Mistake { name, file } => self.mistake(name, file, root),
            Directive::Solution { name } => self.solution(name, root),
            Directive::Bench { group } => bench::table(self, group).map(Rendered::without_link),
            Directive::Behind { file } => bench::behind(self, file).map(Rendered::without_link),
            Directive::Plot { file } => bench::plot(self, file).map(Rendered::without_link),
            Directive::Mutants => mutants::table(self).map(Rendered::without_link),
            Directive::Tabs { name } => tabs::begin(self, name).map(Rendered::without_link),
            Directive::End => Ok(Rendered::without_link(tabs::END.to_owned())),
            Directive::Figure { file } => figure::drawing(self, file).map(Rendered::without_link),
            Directive::Timeline { file } => timeline::lanes(self, file).map(Rendered::without_link),
            Directive::Explore { name } => explore::widget(name).map(Rendered::without_link),
        }
    }

    fn whole(&self, name: &str, root: &str) -> Result<Rendered, String> {
        let folder = self.folder(name)?;
        let program = Whole::recipe(name);
        let (_, code) = self.code(&program)?;
        let needs = manifest::dependencies(&self.workspace, &folder)
            .map_err(|error| format!("{error:#}"))?;
        let reads = Input::of(&self.workspace, &folder)?;
        let facts = Facts {
            program: &program,
            needs,
            reads,
            prints: None,
        };
        let markdown = format!("{code}\n{}", facts.markdown(root));
        Ok(Rendered {
            markdown,
            linked: Some(program.path),
        })
    }

    /// A program as it is in its file, and as its page shows it.
    pub(crate) fn code(&self, program: &Whole) -> Result<(String, String), String> {
        let source = self.read(&program.path)?;
        let parsed = Program::parse(&source).map_err(|reason| in_file(&program.path, reason))?;
        let code = fenced("rust", &parsed.whole());
        Ok((source, code))
    }

    /// How many lines of it its page shows.
    pub(crate) fn lines(&self, program: &Whole) -> Result<usize, String> {
        let source = self.read(&program.path)?;
        let parsed = Program::parse(&source).map_err(|reason| in_file(&program.path, reason))?;
        Ok(parsed.whole().lines().count())
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
        Ok(Rendered::without_link(format!(
            "<div class=\"output\">\n\n`$ {}`\n\n{block}\n</div>\n",
            Whole::recipe(name).command()
        )))
    }

    fn reject(&self, name: &str, file: &str) -> Result<Rendered, String> {
        self.folder(name)?;
        let path = program::reject(name, file);
        let source = self.read(&path)?;
        let (first, rest) = source.split_once('\n').unwrap_or((&source, ""));
        let code = error_code(first).map_err(|reason| in_file(&path, reason))?;
        let program = Program::parse(rest.trim_start_matches('\n'));
        let program = program.map_err(|reason| in_file(&path, reason))?.whole();
        let words = self.read(&path.with_extension("stderr"))?;
        Ok(Rendered::without_link(format!(
            "<div class=\"reject\" id=\"{}\">\n\n{}\nThe compiler refuses it with [{code}](https://doc.rust-lang.org/error_codes/{code}.html):\n\n{}\n</div>\n",
            program::reject_id(name, file),
            fenced("rust,compile_fail", &program),
            fenced("text", &words)
        )))
    }

    fn python(&self, name: &str) -> Result<Rendered, String> {
        let path = self.folder(name)?.join(name).with_extension("py");
        let code = fenced("python", &self.read(&path)?);
        let run = fenced("sh", &format!("python3 {}", files::with_slashes(&path)));
        let inside = format!("{code}\nRun it in this repository:\n\n{run}");
        Ok(Rendered::without_link(tabs::panel(name, "Python", &inside)))
    }

    /// The folder of a recipe, named from the workspace.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, String> {
        let folder = Path::new("recipes").join(name);
        if self.workspace.join(&folder).is_dir() {
            return Ok(folder);
        }
        Err(format!(
            "there is no recipes/{name}; the recipes are: {}",
            program::recipes(&self.workspace).join(", ")
        ))
    }

    pub(crate) fn read(&self, path: &Path) -> Result<String, String> {
        fs::read_to_string(self.workspace.join(path))
            .map_err(|error| format!("cannot read {}: {error}", files::with_slashes(path)))
    }
}

pub(crate) fn in_file(path: &Path, reason: impl std::fmt::Display) -> String {
    format!("{}: {reason}", files::with_slashes(path))
}

/// The code in a reject's first line, `// error: E0277`.
fn error_code(line: &str) -> Result<&str, String> {
    let code = line.trim_end().strip_prefix("// error: ");
    let is_code = |code: &&str| {
        let digits = code.strip_prefix('E').unwrap_or("");
        digits.len() == 4 && digits.chars().all(|c| c.is_ascii_digit())
    };
    code.filter(is_code)
        .ok_or_else(|| format!("its first line is `{line}`, not `// error: E` and four digits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture() -> Recipes {
        Recipes::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture"))
    }

    fn markdown(directive: Directive) -> String {
        fixture()
            .render(&directive, "../")
            .map(|it| it.markdown)
            .unwrap()
    }

    fn named(name: &str) -> String {
        name.to_owned()
    }

    #[test]
    fn a_whole_program_comes_with_how_to_run_it() {
        let directive = Directive::Recipe {
            name: named("bell"),
            anchor: None,
        };
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
        let text = markdown(Directive::Output {
            name: named("bell"),
        });
        assert!(
            text.contains("`$ cargo run -p bell`\n\n```text\ndong\ndong\n```\n"),
            "{text}"
        );
    }

    #[test]
    fn a_reject_names_its_error() {
        let text = markdown(Directive::Reject {
            name: named("bell"),
            file: named("not-send"),
        });
        assert!(
            text.contains("[E0277](https://doc.rust-lang.org/error_codes/E0277.html)"),
            "{text}"
        );
        assert!(
            text.contains("```rust,compile_fail\nuse std::rc::Rc;\n"),
            "{text}"
        );
    }

    #[test]
    fn a_python_twin_comes_with_how_to_run_it() {
        let text = markdown(Directive::Python {
            name: named("bell"),
        });
        assert!(text.contains("\n```python\nprint"), "{text}");
        assert!(text.contains("\npython3 recipes/bell/bell.py\n"), "{text}");
    }

    #[test]
    fn a_reject_without_a_code_is_refused() {
        for line in [
            "fn main() {}",
            "// error: 277",
            "// error: E277",
            "// error: E0277 and more",
        ] {
            assert!(error_code(line).is_err(), "{line}");
        }
        assert_eq!(error_code("// error: E0277\r"), Ok("E0277"));
    }
}

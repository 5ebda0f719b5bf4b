//! The folders below recipes/, and the Markdown that a directive puts in its place.

use super::facts::{Facts, Input};
use super::snippet::{Text, fenced};
use super::{Directive, Word};
use super::{bench, compare, explore, figure, manifest, mutants, tabs, timeline};
use crate::files;
use catalog::{Program, Recipe};
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
        let Directive { word, name, item } = directive;
        match word {
            Word::Recipe => self.whole(name, root),
            Word::Excerpt => self.excerpt(name, item),
            Word::Output => self.output(name),
            Word::Variant => self.variant(name, item, root),
            Word::Python => self.python(name),
            Word::Compare => compare::table(self, name).map(Rendered::without_link),
            Word::Reject => self.reject(name, item),
            Word::Mistake => self.mistake(name, item, root),
            Word::Solution => self.solution(name, root),
            Word::Bench => bench::table(self, name).map(Rendered::without_link),
            Word::Behind => bench::behind(self, name).map(Rendered::without_link),
            Word::Plot => bench::plot(self, name).map(Rendered::without_link),
            Word::Mutants => mutants::table(self).map(Rendered::without_link),
            Word::Tabs => tabs::begin(self, name).map(Rendered::without_link),
            Word::End => Ok(Rendered::without_link(tabs::END.to_owned())),
            Word::Figure => figure::drawing(self, name).map(Rendered::without_link),
            Word::Timeline => timeline::lanes(self, name).map(Rendered::without_link),
            Word::Explore => explore::widget(name).map(Rendered::without_link),
        }
    }

    fn whole(&self, name: &str, root: &str) -> Result<Rendered, String> {
        let recipe = self.find(name)?;
        let program = recipe.lesson();
        let (_, code) = self.code(&program)?;
        let needs = manifest::dependencies(&self.workspace, &recipe.folder())
            .map_err(|error| format!("{error:#}"))?;
        let reads = Input::of(&self.workspace, &recipe.folder())?;
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
    pub(crate) fn code(&self, program: &Program) -> Result<(String, String), String> {
        let source = self.read(&program.path)?;
        let parsed = Text::parse(&source).map_err(|reason| in_file(&program.path, reason))?;
        let code = fenced("rust", &parsed.whole());
        Ok((source, code))
    }

    /// How many lines of it its page shows.
    pub(crate) fn lines(&self, program: &Program) -> Result<usize, String> {
        let source = self.read(&program.path)?;
        let parsed = Text::parse(&source).map_err(|reason| in_file(&program.path, reason))?;
        Ok(parsed.whole().lines().count())
    }

    fn excerpt(&self, name: &str, anchor: &str) -> Result<Rendered, String> {
        let path = self.find(name)?.lesson().path;
        let source = self.read(&path)?;
        let lines = Text::parse(&source).and_then(|text| text.excerpt(anchor));
        let lines = lines.map_err(|reason| in_file(&path, reason))?;
        Ok(Rendered::without_link(fenced("rust", &lines)))
    }

    fn output(&self, name: &str) -> Result<Rendered, String> {
        let recipe = self.find(name)?;
        let output = self.read(&recipe.expected())?;
        let block = fenced("text", &output);
        Ok(Rendered::without_link(format!(
            "<div class=\"output\">\n\n`$ {}`\n\n{block}\n</div>\n",
            recipe.lesson().command()
        )))
    }

    fn reject(&self, name: &str, file: &str) -> Result<Rendered, String> {
        let path = self.find(name)?.reject(file);
        let source = self.read(&path)?;
        let (first, rest) = source.split_once('\n').unwrap_or((&source, ""));
        let code = error_code(first).map_err(|reason| in_file(&path, reason))?;
        let program = Text::parse(rest.trim_start_matches('\n'));
        let program = program.map_err(|reason| in_file(&path, reason))?.whole();
        let words = self.read(&path.with_extension("stderr"))?;
        Ok(Rendered::without_link(format!(
            "<div class=\"reject\" id=\"{}\">\n\n{}\nThe compiler refuses it with [{code}](https://doc.rust-lang.org/error_codes/{code}.html):\n\n{}\n</div>\n",
            reject_id(name, file),
            fenced("rust,compile_fail", &program),
            fenced("text", &words)
        )))
    }

    fn python(&self, name: &str) -> Result<Rendered, String> {
        let path = self.find(name)?.python();
        let code = fenced("python", &self.read(&path)?);
        let run = fenced("sh", &format!("python3 {}", files::with_slashes(&path)));
        let inside = format!("{code}\nRun it in this repository:\n\n{run}");
        Ok(Rendered::without_link(tabs::panel(name, "Python", &inside)))
    }

    pub(crate) fn find(&self, name: &str) -> Result<Recipe, String> {
        catalog::find(&self.workspace, name)
    }

    pub(crate) fn read(&self, path: &Path) -> Result<String, String> {
        fs::read_to_string(self.workspace.join(path))
            .map_err(|error| format!("cannot read {}: {error}", files::with_slashes(path)))
    }
}

pub(crate) fn in_file(path: &Path, reason: impl std::fmt::Display) -> String {
    format!("{}: {reason}", files::with_slashes(path))
}

/// Where a link finds a program that the compiler refuses on its page.
pub(crate) fn reject_id(recipe: &str, file: &str) -> String {
    format!("{recipe}_reject_{file}")
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

    fn markdown(directive: &str) -> String {
        let directive = crate::directives::parse(directive).unwrap();
        fixture()
            .render(&directive, "../")
            .map(|it| it.markdown)
            .unwrap()
    }

    #[test]
    fn a_whole_program_comes_with_how_to_run_it() {
        let text = markdown("{{#recipe bell}}");
        assert!(text.starts_with("```rust\n//! Rings a bell."), "{text}");
        assert!(!text.contains("ANCHOR"), "{text}");
        for line in [
            "\ncargo run -p bell\n",
            "\ncargo add chime --path COOKBOOK/shared/chime\n",
            "chime 0.3.0 is not on crates.io",
            "It reads `times.txt` in `recipes/signals/bell/input/`",
            "[`recipes/signals/bell/src/main.rs`](<../recipes/signals/bell/src/main.rs>)",
        ] {
            assert!(text.contains(line), "{line} is not in {text}");
        }
    }

    #[test]
    fn output_stands_under_its_command() {
        let text = markdown("{{#output bell}}");
        assert!(
            text.contains("`$ cargo run -p bell`\n\n```text\ndong\ndong\n```\n"),
            "{text}"
        );
    }

    #[test]
    fn a_reject_names_its_error() {
        let text = markdown("{{#reject bell/not-send}}");
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
        let text = markdown("{{#python bell}}");
        assert!(text.contains("\n```python\nprint"), "{text}");
        assert!(
            text.contains("\npython3 recipes/signals/bell/bell.py\n"),
            "{text}"
        );
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

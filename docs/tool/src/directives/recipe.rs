//! The Markdown that replaces each directive.

use super::{Directive, Word};
use super::{bench, compare, explore, figure, mutants, parts, pitfalls, speed_up, tabs, timeline};
use crate::files;
use catalog::Recipe;
use std::fs;
use std::path::{Path, PathBuf};

/// The recipes of a workspace.
pub(crate) struct Recipes {
    pub(crate) workspace: PathBuf,
}

/// Where a directive stands.
pub(crate) struct Place<'a> {
    /// The link from the page to the folder that linked files are named from: empty or ending in
    /// `/`.
    pub(crate) root: &'a str,
    /// The page, named from the folder of all pages.
    pub(crate) page: &'a Path,
    pub(crate) in_tabs: bool,
}

/// What a directive became.
pub(crate) struct Rendered {
    pub(crate) markdown: String,
    /// The files that it links to, named from the workspace.
    pub(crate) linked: Vec<PathBuf>,
}

impl Rendered {
    pub(crate) fn without_link(markdown: String) -> Self {
        Rendered {
            markdown,
            linked: Vec::new(),
        }
    }
}

impl Recipes {
    pub(crate) fn new(workspace: PathBuf) -> Self {
        Recipes { workspace }
    }

    pub(crate) fn render(
        &self,
        directive: &Directive,
        place: &Place<'_>,
    ) -> Result<Rendered, String> {
        let Directive { word, name, item } = directive;
        let root = place.root;
        let markdown = match word {
            Word::Recipe => return self.whole(name, root),
            Word::Excerpt => self.excerpt(name, item),
            Word::ExampleExcerpt => self.excerpt_of_example(name, item),
            Word::Small => self.small(name, root),
            Word::Part => self.part(name, item, root),
            Word::Sequential => self.sequential(name, root),
            Word::Output => self.output(name),
            Word::Variant => self.variant(name, item, root),
            Word::Python => self.python(name, place.in_tabs),
            Word::Compare => self.compared(name),
            Word::Reject => self.reject(name, item),
            Word::Mistake => self.mistake(name, item, root),
            Word::Pitfalls => pitfalls::all(self, place.page),
            Word::PitfallsOf => pitfalls::of_symptom(self, name, place.page),
            Word::Solution => self.solution(name, root),
            Word::Bench => bench::table(self, name),
            Word::Behind => bench::behind(self, name),
            Word::SpeedUps => speed_up::table(self, None),
            Word::SpeedUp => speed_up::table(self, Some(name)),
            Word::Plot => bench::plot(self, name),
            Word::Mutants => mutants::table(self),
            Word::Tabs => self.find(name).map(|_| tabs::BEGIN.to_owned()),
            Word::End => Ok(tabs::END.to_owned()),
            Word::Figure => figure::drawing(self, name),
            Word::Timeline => timeline::lanes(self, name),
            Word::Explore => explore::widget(name),
            Word::Parts => parts::list(self),
            Word::Clone => self.how_to_clone(),
            Word::Add => self.add(name, item),
        };
        markdown.map(Rendered::without_link)
    }

    /// The table that compares the programs, folded, because a reader chooses by what a library
    /// can do first.
    fn compared(&self, name: &str) -> Result<String, String> {
        let table = compare::table(self, name)?;
        let id = format!("{name}-compared");
        let summary = "How long each program is, how many crates it adds and how fast it is";
        Ok(folded("compared", &id, summary, &table))
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

/// A number of lines in words.
pub(crate) fn in_lines(count: usize) -> String {
    match count {
        1 => "1 line".to_owned(),
        _ => format!("{count} lines"),
    }
}

/// Markdown that a reader unfolds. The summary is HTML. A link finds it by its id.
pub(crate) fn folded(class: &str, id: &str, summary: &str, markdown: &str) -> String {
    format!(
        "<details class=\"{class}\" id=\"{id}\">\n<summary>{summary}</summary>\n\n\
         {markdown}\n</details>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture() -> Recipes {
        Recipes::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture"))
    }

    fn markdown(directive: &str) -> String {
        let directive = crate::directives::parse(directive).unwrap();
        let place = Place {
            root: "../",
            page: Path::new("signals/bell.md"),
            in_tabs: false,
        };
        fixture()
            .render(&directive, &place)
            .map(|it| it.markdown)
            .unwrap()
    }

    #[test]
    fn a_whole_program_comes_with_how_to_run_it() {
        let text = markdown("{{#recipe bell}}");
        assert!(!text.contains("ANCHOR"), "{text}");
        for line in [
            "<summary>The whole program: 22 lines, and 11 lines in <code>src/cli.rs</code>. How to \
             run it</summary>",
            "data-program=\"bell\" data-file=\"src/main.rs\" data-cli=\"bell\">\n\n```rust\n\
             //! Rings a bell.",
            "<summary><code>src/cli.rs</code>, 11 lines: reads the input, prints the \
             result</summary>",
            "data-file=\"src/cli.rs\" data-cli=\"bell\">\n\n```rust\n//! Reads the times",
            "\ncargo run -p bell\n",
            "\ncargo add chime --path COOKBOOK/shared/chime\n",
            "The crate `chime` is not on crates.io yet. Replace `COOKBOOK` with the folder",
            "into a file `noon.txt` next to `Cargo.toml`:\n\n```text,input\n12:00\n```\n",
            "\ncargo run -- noon.txt\n",
            "It reads `times.txt` in `recipes/signals/bell/input/`",
            "[`recipes/signals/bell/src/main.rs`](<../recipes/signals/bell/src/main.rs>)",
            "and [`recipes/signals/bell/src/cli.rs`](<../recipes/signals/bell/src/cli.rs>)",
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
    fn an_excerpt_of_an_example_hides_the_other_lines() {
        let text = markdown("{{#example bell_std:ring}}");
        assert!(text.contains("data-program=\"bell_std\""), "{text}");
        assert!(text.contains("data-lines=\"6-8\""), "{text}");
        let lines = "# fn main() {\nfor _ in cli::times() {\n    println!(\"dong\");\n}\n# }\n";
        assert!(text.contains(lines), "{text}");
    }

    #[test]
    fn an_example_that_does_not_exist_is_named() {
        let reason = fixture().excerpt_of_example("bell_smoll", "ring");
        assert_eq!(reason.unwrap_err(), "there is no example `bell_smoll`");
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
}

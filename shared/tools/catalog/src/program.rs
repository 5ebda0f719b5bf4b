//! The programs of a recipe.

use crate::Recipe;
use std::path::{Path, PathBuf};

/// What a program is in its recipe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The recipe itself: `src/main.rs`.
    Lesson,
    /// The smallest program that shows the idea.
    Small,
    /// One step of the lesson on its own.
    Part {
        /// The name of the step, as it stands in the name of the file.
        step: String,
    },
    /// The same job on one thread, to compare the speed with.
    Sequential,
    /// The same job with another library.
    Variant {
        /// The name of the library, as it stands in the name of the file.
        library: String,
    },
    /// A program that goes wrong at every run and says how.
    Mistake,
    /// The solution of the chapter's exercise.
    Solution,
}

impl Kind {
    /// The kind of the example `NAME_WHAT`.
    pub(crate) fn of_example(what: &str) -> Option<Self> {
        let is_plain = |text: &str| !text.is_empty() && !text.contains(['/', '\\', '.']);
        if !is_plain(what) {
            return None;
        }
        if let Some(mistake) = what.strip_prefix("mistake_") {
            return is_plain(mistake).then_some(Kind::Mistake);
        }
        if let Some(step) = what.strip_prefix("part_") {
            let step = step.to_owned();
            return is_plain(&step).then_some(Kind::Part { step });
        }
        match what {
            "small" => Some(Kind::Small),
            "sequential" => Some(Kind::Sequential),
            "solution" => Some(Kind::Solution),
            "mistake" | "part" => None,
            library => Some(Kind::Variant {
                library: library.to_owned(),
            }),
        }
    }
}

/// A program with a `main` of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The recipe that it belongs to.
    pub recipe: Recipe,
    /// What it is there.
    pub kind: Kind,
    /// Its file, relative to the workspace.
    pub path: PathBuf,
}

impl Program {
    /// The program whose file is at `path`, if a program of a recipe can be there.
    ///
    /// ```
    /// use catalog::{Kind, Program};
    ///
    /// let program = Program::at("recipes/synchronization/lock/examples/lock_small.rs").unwrap();
    /// assert_eq!(program.kind, Kind::Small);
    /// assert_eq!(program.command(), "cargo run -p lock --example lock_small");
    /// ```
    pub fn at(path: &str) -> Option<Self> {
        let mut parts = path.strip_prefix("recipes/")?.splitn(3, '/');
        let recipe = Recipe {
            part: parts.next()?.to_owned(),
            name: parts.next()?.to_owned(),
        };
        let file = parts.next()?;
        if file == "src/main.rs" {
            return Some(recipe.lesson());
        }
        recipe.example(file.strip_prefix("examples/")?.strip_suffix(".rs")?)
    }

    /// The name of its package or example.
    pub fn name(&self) -> String {
        match (&self.kind, self.path.file_stem()) {
            (Kind::Lesson, _) | (_, None) => self.recipe.name.clone(),
            (_, Some(example)) => example.to_string_lossy().into_owned(),
        }
    }

    /// The command that runs it in this repository.
    pub fn command(&self) -> String {
        let package = &self.recipe.name;
        match self.kind {
            Kind::Lesson => format!("cargo run -p {package}"),
            _ => format!("cargo run -p {package} --example {}", self.name()),
        }
    }

    /// The file beside an example that says what the example prints.
    pub fn text(&self) -> PathBuf {
        self.path.with_extension("txt")
    }

    /// The file that says what the program prints: the recipe's `expected.txt`, or else a text of
    /// its own.
    ///
    /// A solution has a text of its own only if the exercise asks for another output.
    pub fn expected(&self, workspace: &Path) -> PathBuf {
        match self.kind {
            Kind::Lesson | Kind::Sequential | Kind::Variant { .. } => self.recipe.expected(),
            Kind::Small | Kind::Part { .. } | Kind::Mistake => self.text(),
            Kind::Solution if workspace.join(self.text()).is_file() => self.text(),
            Kind::Solution => self.recipe.expected(),
        }
    }

    /// Whether the program reads the recipe's input, and whatever files are named instead.
    pub fn reads_input(&self) -> bool {
        match self.kind {
            Kind::Lesson | Kind::Sequential | Kind::Variant { .. } | Kind::Solution => true,
            Kind::Small | Kind::Part { .. } | Kind::Mistake => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_program_tells_its_kind() {
        let library = "std".to_owned();
        for (path, kind, command) in [
            (
                "recipes/signals/bell/src/main.rs",
                Kind::Lesson,
                "cargo run -p bell",
            ),
            (
                "recipes/signals/bell/examples/bell_small.rs",
                Kind::Small,
                "cargo run -p bell --example bell_small",
            ),
            (
                "recipes/signals/bell/examples/bell_part_ring.rs",
                Kind::Part {
                    step: "ring".to_owned(),
                },
                "cargo run -p bell --example bell_part_ring",
            ),
            (
                "recipes/signals/bell/examples/bell_sequential.rs",
                Kind::Sequential,
                "cargo run -p bell --example bell_sequential",
            ),
            (
                "recipes/signals/bell/examples/bell_std.rs",
                Kind::Variant { library },
                "cargo run -p bell --example bell_std",
            ),
            (
                "recipes/signals/bell/examples/bell_mistake_x.rs",
                Kind::Mistake,
                "cargo run -p bell --example bell_mistake_x",
            ),
            (
                "recipes/signals/bell/examples/bell_solution.rs",
                Kind::Solution,
                "cargo run -p bell --example bell_solution",
            ),
        ] {
            let program = Program::at(path).expect(path);
            assert_eq!(program.kind, kind, "{path}");
            assert_eq!(program.command(), command);
            assert_eq!(program.path, Path::new(path));
        }
    }

    #[test]
    fn other_files_are_not_programs() {
        for path in [
            "recipes/signals/bell/src/cli.rs",
            "recipes/signals/bell/tests/bell.rs",
            "recipes/signals/bell/examples/gong_std.rs",
            "recipes/signals/bell/examples/bell.rs",
            "recipes/signals/bell/examples/bell_.rs",
            "recipes/signals/bell/examples/bell_mistake_.rs",
            "recipes/signals/bell/examples/bell_mistake.rs",
            "recipes/signals/bell/examples/bell_mistake_x.txt",
            "recipes/signals/bell/examples/bell_x/main.rs",
            "recipes/bell/src/main.rs",
            "shared/signals/bell/src/main.rs",
        ] {
            assert_eq!(Program::at(path), None, "{path}");
        }
    }

    #[test]
    fn a_recipe_with_a_hyphen_in_its_name_has_examples_too() {
        let path = "recipes/messages/sample-sort/examples/sample-sort_small.rs";
        assert_eq!(Program::at(path).expect(path).kind, Kind::Small);
    }

    #[test]
    fn a_solution_prints_what_the_recipe_prints_unless_it_has_a_text() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let path = "recipes/signals/bell/examples/bell_solution.rs";
        let solution = Program::at(path).expect(path);
        assert_eq!(
            solution.expected(root.path()),
            Path::new("recipes/signals/bell/expected.txt")
        );
        let text = root.path().join(solution.text());
        std::fs::create_dir_all(text.parent().unwrap()).unwrap();
        std::fs::write(text, "").unwrap();
        assert_eq!(solution.expected(root.path()), solution.text());
    }
}

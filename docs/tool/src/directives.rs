//! Directives: the lines of a page that stand for a program or its output.
//!
//! [`FORMS`] lists them all. Parsing, the messages about mistakes and `cargo book directives` are
//! made from that list.
//!
//! Each stands alone on its line. A line that looks like a directive but is not one is a problem,
//! so that no page shows one.

pub(crate) mod bench;
pub(crate) mod compare;
pub(crate) mod crates;
pub(crate) mod example;
pub(crate) mod explore;
pub(crate) mod facts;
pub(crate) mod figure;
pub(crate) mod lesson;
pub(crate) mod manifest;
pub(crate) mod mistake;
pub(crate) mod mutants;
pub(crate) mod page;
pub(crate) mod parts;
pub(crate) mod pitfalls;
pub(crate) mod playground;
pub(crate) mod python;
pub(crate) mod recipe;
pub(crate) mod reject;
pub(crate) mod repository;
pub(crate) mod results;
pub(crate) mod sample;
pub(crate) mod snippet;
pub(crate) mod source;
pub(crate) mod speed_up;
pub(crate) mod tabs;
pub(crate) mod timeline;
pub(crate) mod uses;

use catalog::{Kind, Program};
use std::fmt;

/// A directive of a page.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Directive {
    pub(crate) word: Word,
    /// The recipe, the file or the group that it names. Empty if it names nothing.
    pub(crate) name: String,
    /// What it names within that recipe. Empty if it names the recipe only.
    pub(crate) item: String,
}

/// What a directive is replaced by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Word {
    Recipe,
    Excerpt,
    ExampleExcerpt,
    Small,
    Part,
    Sequential,
    Output,
    Variant,
    Python,
    Tabs,
    End,
    Compare,
    Reject,
    Mistake,
    Pitfalls,
    PitfallsOf,
    Solution,
    Bench,
    Behind,
    SpeedUps,
    SpeedUp,
    Plot,
    Mutants,
    Figure,
    Timeline,
    Explore,
    Parts,
    Clone,
    Add,
}

/// How a directive is written, and what it stands for.
struct Form {
    word: Word,
    /// The word after `#`.
    name: &'static str,
    argument: Argument,
    meaning: &'static str,
}

/// What follows the word. Each text is what the documentation calls it.
#[derive(Clone, Copy)]
enum Argument {
    Nothing,
    /// Letters, digits, `-` and `_`.
    Name(&'static str),
    /// Two names with `/` between them.
    Within(&'static str, &'static str),
    /// Two names with `:` between them.
    Anchor(&'static str, &'static str),
    /// Any text.
    Text(&'static str),
}

/// Every directive, in the order in which the documentation lists them.
const FORMS: [Form; 29] = [
    Form {
        word: Word::Recipe,
        name: "recipe",
        argument: Argument::Name("NAME"),
        meaning: "the whole program of a recipe, folded, and how to run it",
    },
    Form {
        word: Word::Excerpt,
        name: "recipe",
        argument: Argument::Anchor("NAME", "ANCHOR"),
        meaning: "the lines of src/main.rs or src/cli.rs between ANCHOR markers",
    },
    Form {
        word: Word::Small,
        name: "small",
        argument: Argument::Name("NAME"),
        meaning: "the smallest program, and what it prints: examples/NAME_small.rs and .txt",
    },
    Form {
        word: Word::Part,
        name: "part",
        argument: Argument::Within("NAME", "STEP"),
        meaning: "one step of the lesson, folded: examples/NAME_part_STEP.rs and .txt",
    },
    Form {
        word: Word::Sequential,
        name: "sequential",
        argument: Argument::Name("NAME"),
        meaning: "the same job on one thread, folded: examples/NAME_sequential.rs",
    },
    Form {
        word: Word::Output,
        name: "output",
        argument: Argument::Name("NAME"),
        meaning: "what a recipe prints",
    },
    Form {
        word: Word::Variant,
        name: "variant",
        argument: Argument::Within("NAME", "LIBRARY"),
        meaning: "the same job with another library: examples/NAME_LIBRARY.rs",
    },
    Form {
        word: Word::ExampleExcerpt,
        name: "example",
        argument: Argument::Anchor("EXAMPLE", "ANCHOR"),
        meaning: "the lines of examples/EXAMPLE.rs between ANCHOR markers",
    },
    Form {
        word: Word::Python,
        name: "python",
        argument: Argument::Name("NAME"),
        meaning: "the same job in Python: a tab, or folded outside tabs",
    },
    Form {
        word: Word::Tabs,
        name: "tabs",
        argument: Argument::Name("NAME"),
        meaning: "begins tabs; each variant below, with the prose before it, is one",
    },
    Form {
        word: Word::End,
        name: "end",
        argument: Argument::Nothing,
        meaning: "ends the tabs",
    },
    Form {
        word: Word::Compare,
        name: "compare",
        argument: Argument::Name("NAME"),
        meaning: "a table of the recipe, its variants and its Python program",
    },
    Form {
        word: Word::Reject,
        name: "reject",
        argument: Argument::Within("NAME", "FILE"),
        meaning: "a program that the compiler refuses, folded: rejects/FILE.rs",
    },
    Form {
        word: Word::Mistake,
        name: "mistake",
        argument: Argument::Within("NAME", "FILE"),
        meaning: "a program that goes wrong, and how, folded: examples/FILE.rs and .txt",
    },
    Form {
        word: Word::Pitfalls,
        name: "pitfalls",
        argument: Argument::Nothing,
        meaning: "the mistakes of all chapters, by symptom",
    },
    Form {
        word: Word::PitfallsOf,
        name: "pitfalls",
        argument: Argument::Text("SYMPTOM"),
        meaning: "the mistakes of all chapters with one symptom, without a heading",
    },
    Form {
        word: Word::Solution,
        name: "solution",
        argument: Argument::Name("NAME"),
        meaning: "the solution of the exercise, folded: examples/NAME_solution.rs",
    },
    Form {
        word: Word::Bench,
        name: "bench",
        argument: Argument::Text("GROUP"),
        meaning: "a table of what the benchmark measured for a group of workloads",
    },
    Form {
        word: Word::Behind,
        name: "behind",
        argument: Argument::Name("FILE"),
        meaning: "where another library is ahead in FILE.json of the benchmark's results",
    },
    Form {
        word: Word::SpeedUps,
        name: "speed-up",
        argument: Argument::Nothing,
        meaning: "what each recipe gains from more threads on a large input",
    },
    Form {
        word: Word::SpeedUp,
        name: "speed-up",
        argument: Argument::Name("NAME"),
        meaning: "the same for one recipe",
    },
    Form {
        word: Word::Plot,
        name: "plot",
        argument: Argument::Name("FILE"),
        meaning: "a picture: FILE.svg of the benchmark's results",
    },
    Form {
        word: Word::Mutants,
        name: "mutants",
        argument: Argument::Nothing,
        meaning: "which test notices which mutant, folded",
    },
    Form {
        word: Word::Figure,
        name: "figure",
        argument: Argument::Name("FILE"),
        meaning: "a drawing: docs/figures/FILE.svg",
    },
    Form {
        word: Word::Timeline,
        name: "timeline",
        argument: Argument::Name("FILE"),
        meaning: "what the threads did in one run: docs/timelines/FILE.svg and .txt",
    },
    Form {
        word: Word::Explore,
        name: "explore",
        argument: Argument::Name("SUBJECT"),
        meaning: "a model to step by hand: a subject of shared/tools/interleavings",
    },
    Form {
        word: Word::Parts,
        name: "parts",
        argument: Argument::Nothing,
        meaning: "the parts of the book with their recipes",
    },
    Form {
        word: Word::Clone,
        name: "clone",
        argument: Argument::Nothing,
        meaning: "where a reader runs the commands that follow: in a clone of this repository",
    },
    Form {
        word: Word::Add,
        name: "add",
        argument: Argument::Within("CRATE", "FEATURE"),
        meaning: "the command that adds a crate of this workspace with a feature",
    },
];

/// mdBook's own, which this book does not use.
const STOCK: [&str; 5] = [
    "include",
    "rustdoc_include",
    "playground",
    "playpen",
    "title",
];

impl Directive {
    /// An argument that it does not have is empty.
    pub(crate) fn new(word: Word, name: &str, item: &str) -> Self {
        Directive {
            word,
            name: name.to_owned(),
            item: item.to_owned(),
        }
    }
}

impl fmt::Display for Directive {
    /// As a page has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = FORMS.iter().find(|form| form.word == self.word);
        let form = form.expect("every word has a form");
        f.write_str(&form.with(&self.name, &self.item))
    }
}

impl Form {
    /// With what the documentation calls its arguments: `{{#recipe NAME}}`.
    fn text(&self) -> String {
        match self.argument {
            Argument::Nothing => self.with("", ""),
            Argument::Name(name) | Argument::Text(name) => self.with(name, ""),
            Argument::Within(name, item) | Argument::Anchor(name, item) => self.with(name, item),
        }
    }

    /// As a page has it with these arguments.
    fn with(&self, name: &str, item: &str) -> String {
        let word = self.name;
        match self.argument {
            Argument::Nothing => format!("{{{{#{word}}}}}"),
            Argument::Name(_) | Argument::Text(_) => format!("{{{{#{word} {name}}}}}"),
            Argument::Within(..) => format!("{{{{#{word} {name}/{item}}}}}"),
            Argument::Anchor(..) => format!("{{{{#{word} {name}:{item}}}}}"),
        }
    }

    /// Whether this form is meant, of those with the same word.
    fn fits(&self, argument: &str) -> bool {
        match self.argument {
            Argument::Nothing => argument.is_empty(),
            Argument::Anchor(..) => argument.contains(':'),
            Argument::Name(_) | Argument::Within(..) => !argument.contains(':'),
            Argument::Text(_) => true,
        }
    }

    fn parse(&self, argument: &str) -> Result<Directive, String> {
        let (name, item) = match self.argument {
            Argument::Nothing if argument.is_empty() => (String::new(), String::new()),
            Argument::Nothing => return Err(format!("it is written {}", self.text())),
            Argument::Text(_) if !argument.is_empty() => (argument.to_owned(), String::new()),
            Argument::Text(_) => return Err(format!("it is written {}", self.text())),
            Argument::Name(_) => (checked(argument)?, String::new()),
            Argument::Within(..) => self.pair(argument, '/')?,
            Argument::Anchor(..) => self.pair(argument, ':')?,
        };
        Ok(Directive {
            word: self.word,
            name,
            item,
        })
    }

    fn pair(&self, argument: &str, between: char) -> Result<(String, String), String> {
        let (first, second) = argument
            .split_once(between)
            .ok_or_else(|| format!("it is written {}", self.text()))?;
        Ok((checked(first)?, checked(second)?))
    }
}

/// Every form with its meaning, one a line.
pub(crate) fn help() -> String {
    let mut lines = String::new();
    for form in &FORMS {
        lines += &format!("{:<28} {}\n", form.text(), form.meaning);
    }
    lines
}

/// Reads what stands on a line.
pub(crate) fn parse(bare: &str) -> Result<Directive, String> {
    let inside = bare
        .strip_prefix("{{#")
        .and_then(|rest| rest.strip_suffix("}}"))
        .filter(|inside| !inside.contains(['{', '}']))
        .ok_or_else(|| format!("not a directive alone on its line; {}", forms()))?;
    let (word, argument) = inside.split_once(' ').unwrap_or((inside, ""));
    let argument = argument.trim();
    let mut candidates = FORMS.iter().filter(|form| form.name == word);
    let first = candidates.clone().next();
    match candidates.find(|form| form.fits(argument)).or(first) {
        Some(form) => form.parse(argument),
        None if STOCK.contains(&word) => Err(format!(
            "mdBook's own `{word}` is not used in this book; {}",
            forms()
        )),
        None => Err(format!("unknown directive `{word}`; {}", forms())),
    }
}

/// Whether a line was meant as a directive, also with the sign forgotten, a brace too few or a
/// space too many.
pub(crate) fn is_meant(bare: &str) -> bool {
    let names_one = |rest: &str| {
        let rest = rest.trim_start();
        rest.starts_with('#') || FORMS.iter().any(|form| rest.starts_with(form.name))
    };
    (bare.starts_with('{') && bare.ends_with('}')) || bare.split("{{").skip(1).any(names_one)
}

fn forms() -> String {
    let forms: Vec<String> = FORMS.iter().map(Form::text).collect();
    format!("the directives are {}", forms.join(", "))
}

fn checked(text: &str) -> Result<String, String> {
    if is_name(text) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "`{text}` is not a name (letters, digits, `-` and `_`)"
        ))
    }
}

/// Letters, digits, `-` and `_`: what a recipe, an anchor and a file (without its ending) are
/// called.
pub(crate) fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !text.is_empty() && text.chars().all(allowed)
}

/// The directive that puts a program on a page whole.
pub(crate) fn that_shows(program: &Program) -> Directive {
    let recipe = &program.recipe.name;
    match &program.kind {
        Kind::Lesson => Directive::new(Word::Recipe, recipe, ""),
        Kind::Small => Directive::new(Word::Small, recipe, ""),
        Kind::Part { step } => Directive::new(Word::Part, recipe, step),
        Kind::Sequential => Directive::new(Word::Sequential, recipe, ""),
        Kind::Variant { library } => Directive::new(Word::Variant, recipe, library),
        Kind::Mistake => Directive::new(Word::Mistake, recipe, &program.name()),
        Kind::Solution => Directive::new(Word::Solution, recipe, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
        for form in &FORMS {
            let (item, is_nothing) = match form.argument {
                Argument::Within(_, item) | Argument::Anchor(_, item) => (item, false),
                Argument::Nothing => ("", true),
                Argument::Name(_) | Argument::Text(_) => ("", false),
            };
            let found = parse(&form.text()).expect("its own form");
            assert_eq!((found.word, &*found.item), (form.word, item));
            assert_eq!(found.name.is_empty(), is_nothing);
        }
    }

    #[test]
    fn arguments_are_read() {
        for (text, expected) in [
            ("{{#recipe bell}}", Directive::new(Word::Recipe, "bell", "")),
            (
                "{{#recipe bell:ring }}",
                Directive::new(Word::Excerpt, "bell", "ring"),
            ),
            (
                "{{#mistake bell/bell_mistake_x}}",
                Directive::new(Word::Mistake, "bell", "bell_mistake_x"),
            ),
            (
                "{{#bench Two threads}}",
                Directive::new(Word::Bench, "Two threads", ""),
            ),
            ("{{#mutants}}", Directive::new(Word::Mutants, "", "")),
        ] {
            assert_eq!(parse(text), Ok(expected));
        }
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        for (text, reason) in [
            ("{{#recpie bell}}", "unknown directive `recpie`"),
            ("{{# recipe bell}}", "unknown directive ``"),
            ("{{recipe bell}}", "not a directive alone on its line"),
            ("{{#recipe}}", "`` is not a name"),
            ("{{#recipe ../bell}}", "`../bell` is not a name"),
            ("{{#recipe bell:}}", "`` is not a name"),
            ("{{#reject bell}}", "it is written {{#reject NAME/FILE}}"),
            ("{{#reject bell/../../x}}", "`../../x` is not a name"),
            (
                "{{#variant bell}}",
                "it is written {{#variant NAME/LIBRARY}}",
            ),
            ("{{#bench}}", "it is written {{#bench GROUP}}"),
            ("{{#plot ../bell}}", "`../bell` is not a name"),
            ("{{#mutants bell}}", "it is written {{#mutants}}"),
            ("{{#include bell.rs}}", "mdBook's own `include` is not used"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.starts_with(reason), "{text}: {error}");
        }
    }

    #[test]
    fn the_help_has_a_line_for_each_form() {
        let help = help();
        assert_eq!(help.lines().count(), FORMS.len());
        assert!(help.contains("{{#recipe NAME:ANCHOR}}"), "{help}");
    }
}

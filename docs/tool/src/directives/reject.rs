//! A program that the compiler refuses, with the reason, what the compiler says, and the program
//! itself.

use super::manifest;
use super::recipe::{Recipes, folded, in_file};
use super::snippet::{Text, fenced};
use super::source::wrong_attribute;
use super::uses::Uses;
use crate::html::with_code;
use std::path::Path;

/// A program that the compiler refuses, read.
pub(crate) struct Reject {
    /// Such as `E0277`. A few errors have none.
    code: Option<String>,
    /// Why the compiler is right, in Markdown.
    description: String,
    program: String,
    /// The lines of the program that the compiler refuses, counted from 1.
    refused: Vec<usize>,
    /// What the compiler says.
    words: String,
}

impl Reject {
    pub(crate) fn read(recipes: &Recipes, path: &Path) -> Result<Self, String> {
        let source = recipes.read(path)?;
        let (first, rest) = source.split_once('\n').unwrap_or((&source, ""));
        let code = error_code(first).map_err(|reason| in_file(path, reason))?;
        let text = Text::parse(rest.trim_start_matches('\n'));
        let text = text.map_err(|reason| in_file(path, reason))?;
        let words = recipes.read(&path.with_extension("stderr"))?;
        Ok(Reject {
            code: code.map(str::to_owned),
            description: text.description(),
            program: text.without_description(),
            refused: text.wrong_lines(),
            words,
        })
    }

    /// The first line of what the compiler says, without the word `error`. The code, if there is
    /// one, comes first.
    pub(crate) fn title(&self) -> String {
        let first = self.words.lines().next().unwrap_or("");
        let start = match &self.code {
            Some(code) => format!("error[{code}]: "),
            None => "error: ".to_owned(),
        };
        let message = first.strip_prefix(&start).unwrap_or(first);
        match &self.code {
            Some(code) => format!("{code}: {message}"),
            None => message.to_owned(),
        }
    }

    /// `add` says how to add the crates that the program uses. It is empty if there are none.
    fn markdown(&self, id: &str, add: &str) -> String {
        let Reject {
            code,
            description,
            program,
            refused,
            words,
        } = self;
        let summary = with_code(&self.title());
        let mut parts = Vec::new();
        if !description.is_empty() {
            parts.push(format!("{description}\n"));
        }
        parts.push(format!(
            "<figure class=\"program goes-wrong\"{}>\n\n{}\n</figure>\n",
            wrong_attribute(refused),
            fenced("rust,compile_fail", program)
        ));
        if !add.is_empty() {
            parts.push(format!(
                "In a project of your own, add what it needs first.{add}"
            ));
        }
        let error = match code {
            Some(code) => format!("[{code}](https://doc.rust-lang.org/error_codes/{code}.html)"),
            None => "an error that has no code".to_owned(),
        };
        parts.push(format!(
            "The compiler refuses it with {error}:\n\n{}",
            fenced("text", words)
        ));
        folded("reject", id, &summary, &parts.join("\n"))
    }
}

impl Recipes {
    pub(crate) fn reject(&self, name: &str, file: &str) -> Result<String, String> {
        let path = self.find(name)?.reject(file);
        let reject = Reject::read(self, &path)?;
        Ok(reject.markdown(&reject_id(name, file), &self.add_for_reject(name, &path)?))
    }

    /// The commands that add the crates of a reject, so that a reader gets its error and no other.
    fn add_for_reject(&self, name: &str, path: &Path) -> Result<String, String> {
        let uses = Uses::of(&self.read(path)?).map_err(|reason| in_file(path, reason))?;
        let folder = self.find(name)?.folder();
        let is_used = |name: &str| uses.has_crate(name);
        let needs = manifest::dependencies_of_examples(&self.workspace, &folder, is_used)
            .map_err(|error| format!("{error:#}"))?;
        if needs.is_empty() {
            return Ok(String::new());
        }
        Ok(self.repository()?.add(&needs))
    }
}

/// Where a link finds it on its page.
pub(crate) fn reject_id(recipe: &str, file: &str) -> String {
    format!("{recipe}_reject_{file}")
}

/// The code in a reject's first line, `// error: E0277`. Some errors have no code. Then the line
/// holds the message of the error, which is several words in lower case.
fn error_code(line: &str) -> Result<Option<&str>, String> {
    let error = line.trim_end().strip_prefix("// error: ").unwrap_or("");
    let digits = error.strip_prefix('E').unwrap_or("");
    let is_code = digits.len() == 4 && digits.chars().all(|c| c.is_ascii_digit());
    let is_message = error.starts_with(|c: char| c.is_ascii_lowercase()) && error.contains(' ');
    if is_code {
        Ok(Some(error))
    } else if is_message {
        Ok(None)
    } else {
        Err(format!(
            "its first line is `{line}`, not `// error: E` and four digits, or `// error: ` and \
             the message of an error without a code"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reject_without_an_error_is_refused() {
        for line in [
            "fn main() {}",
            "// error: 277",
            "// error: E277",
            "// error: E0277 and more",
            "// error: ",
            "// error: unknown",
        ] {
            assert!(error_code(line).is_err(), "{line}");
        }
        assert_eq!(error_code("// error: E0277\r"), Ok(Some("E0277")));
    }

    #[test]
    fn an_error_without_a_code_is_named_by_its_message() {
        let line = "// error: future cannot be sent between threads safely";
        assert_eq!(error_code(line), Ok(None));
        let mut reject = Reject {
            code: None,
            description: String::new(),
            program: String::new(),
            refused: Vec::new(),
            words: "error: future cannot be sent\n  | spawn(work);\n".to_owned(),
        };
        assert_eq!(reject.title(), "future cannot be sent");
        let text = reject.markdown("id", "");
        assert!(!text.contains("add what it needs"), "{text}");
        assert!(
            text.contains("refuses it with an error that has no code:"),
            "{text}"
        );

        reject.code = Some("E0277".to_owned());
        reject.words = "error[E0277]: `Rc` cannot be sent\n".to_owned();
        assert_eq!(reject.title(), "E0277: `Rc` cannot be sent");
    }
}

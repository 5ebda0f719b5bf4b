//! A program that the compiler refuses, with the reason, what the compiler says, and the program
//! itself.

use super::recipe::{Recipes, folded, in_file};
use super::snippet::{Text, fenced};
use super::source::wrong_attribute;
use crate::html::with_code;
use std::path::Path;

/// A program that the compiler refuses, read.
pub(crate) struct Reject {
    /// Such as `E0277`.
    pub(crate) code: String,
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
            code: code.to_owned(),
            description: text.description(),
            program: text.without_description(),
            refused: text.wrong_lines(),
            words,
        })
    }

    /// The first line of what the compiler says, without the word `error` and the code.
    pub(crate) fn message(&self) -> &str {
        let first = self.words.lines().next().unwrap_or("");
        match first.split_once("]: ") {
            Some((_, message)) => message,
            None => first,
        }
    }

    fn markdown(&self, id: &str) -> String {
        let Reject {
            code,
            description,
            program,
            refused,
            words,
        } = self;
        let summary = format!("{code}: {}", with_code(self.message()));
        let mut parts = Vec::new();
        if !description.is_empty() {
            parts.push(format!("{description}\n"));
        }
        parts.push(format!(
            "<figure class=\"program goes-wrong\"{}>\n\n{}\n</figure>\n",
            wrong_attribute(refused),
            fenced("rust,compile_fail", program)
        ));
        parts.push(format!(
            "The compiler refuses it with \
             [{code}](https://doc.rust-lang.org/error_codes/{code}.html):\n\n{}",
            fenced("text", words)
        ));
        folded("reject", id, &summary, &parts.join("\n"))
    }
}

impl Recipes {
    pub(crate) fn reject(&self, name: &str, file: &str) -> Result<String, String> {
        let path = self.find(name)?.reject(file);
        Ok(Reject::read(self, &path)?.markdown(&reject_id(name, file)))
    }
}

/// Where a link finds it on its page.
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

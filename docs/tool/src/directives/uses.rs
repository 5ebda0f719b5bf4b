//! Which crates a program names, and which texts it holds: read from its tokens, so that no comment
//! counts.

use proc_macro2::{Spacing, TokenStream, TokenTree};
use std::collections::BTreeSet;

/// What a program names.
#[derive(Default)]
pub(crate) struct Uses {
    /// Every word that a path begins with: crates, and modules and types.
    starts: BTreeSet<String>,
    literals: BTreeSet<String>,
}

impl Uses {
    pub(crate) fn of(source: &str) -> Result<Self, String> {
        let tokens: TokenStream = source
            .parse()
            .map_err(|error| format!("not Rust: {error}"))?;
        let mut uses = Uses::default();
        uses.note(tokens);
        Ok(uses)
    }

    /// Takes in what another file of the program names.
    pub(crate) fn add(&mut self, other: Uses) {
        self.starts.extend(other.starts);
        self.literals.extend(other.literals);
    }

    /// Also by `extern crate` and in an attribute such as `#[tokio::main]`.
    pub(crate) fn has_crate(&self, name: &str) -> bool {
        self.starts.contains(&name.replace('-', "_"))
    }

    /// Whether a string of the program has `folder` among its parts, as `"/input/words.txt"` has
    /// `input`.
    pub(crate) fn has_folder(&self, folder: &str) -> bool {
        self.literals
            .iter()
            .any(|text| text.trim_matches('"').split('/').any(|part| part == folder))
    }

    fn note(&mut self, tokens: TokenStream) {
        let mut before = Before::Nothing;
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            let after = tokens.peek();
            match &token {
                TokenTree::Ident(word) => {
                    let leads = matches!(after, Some(TokenTree::Punct(sign))
                        if sign.as_char() == ':' && sign.spacing() == Spacing::Joint);
                    if before == Before::Import || (leads && before == Before::Nothing) {
                        self.starts.insert(word.to_string());
                    }
                }
                TokenTree::Literal(literal) => {
                    self.literals.insert(literal.to_string());
                }
                TokenTree::Group(group) => self.note(group.stream()),
                TokenTree::Punct(_) => {}
            }
            before = before.then(&token);
        }
    }
}

/// What stands before a token, as far as it matters.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    Nothing,
    /// `use` or `extern crate`: a crate may follow with no path after it.
    Import,
    /// The first of two colons.
    Colon,
    /// `::` or `.`: the token goes on with a path.
    Path,
}

impl Before {
    fn then(self, token: &TokenTree) -> Self {
        match token {
            TokenTree::Ident(word) if *word == "use" || *word == "crate" => Before::Import,
            TokenTree::Punct(sign) if sign.as_char() == '.' => Before::Path,
            TokenTree::Punct(sign) if sign.as_char() == ':' => match (self, sign.spacing()) {
                (Before::Colon, _) => Before::Path,
                (_, Spacing::Joint) => Before::Colon,
                _ => Before::Nothing,
            },
            _ => Before::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_are_found_where_paths_begin() {
        for source in [
            "use tokio::task;",
            "use tokio;",
            "use {tokio::task, std::io};",
            "extern crate tokio;",
            "#[tokio::main] async fn main() {}",
            "fn main() { tokio::spawn(f()); }",
            "fn main() { select! { x = tokio::time::sleep(d) => {} } }",
            "fn f(x: tokio::task::Id) -> Vec<tokio::task::Id> { x }",
        ] {
            assert!(Uses::of(source).unwrap().has_crate("tokio"), "{source}");
        }
        assert!(
            Uses::of("use tokio_util::sync;")
                .unwrap()
                .has_crate("tokio-util")
        );
    }

    #[test]
    fn a_word_that_begins_no_path_is_no_crate() {
        for source in [
            "//! tokio::main\n// tokio::main\n/* tokio::main */",
            "const X: &str = \"tokio::main\";",
            "use std::tokio::x;",
            "fn main() { let tokio = 1; x.tokio::<u8>(); f(tokio); }",
            "use tokio_util::sync;",
        ] {
            assert!(!Uses::of(source).unwrap().has_crate("tokio"), "{source}");
        }
    }

    #[test]
    fn folders_are_found_in_strings() {
        for source in ["\"input\"", "concat!(env!(\"X\"), \"/input/words.txt\")"] {
            assert!(Uses::of(source).unwrap().has_folder("input"), "{source}");
        }
        for source in ["\"inputs\"", "\"the input of it\"", "input", "// \"input\""] {
            assert!(!Uses::of(source).unwrap().has_folder("input"), "{source}");
        }
    }
}

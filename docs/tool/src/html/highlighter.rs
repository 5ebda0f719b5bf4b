//! The script that colours code, without the languages that this book does not have.

use crate::html::site::Site;

/// The languages on the pages, `sh`, `console` and `text` among them by these names. For any other
/// the script complains in the browser's console.
const KEPT: [&str; 5] = ["bash", "plaintext", "python", "rust", "shell"];
/// Each language of the script begins so and ends where the next begins.
const LANGUAGE: &str = "hljs.registerLanguage(\"";

pub(crate) fn lighten(site: &mut Site) {
    if let Some(script) = site.highlighter() {
        site.edit(&script, with_kept_languages);
    }
}

fn with_kept_languages(script: &str) -> String {
    let mut parts = script.split(LANGUAGE);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for language in
        parts.filter(|part| KEPT.iter().any(|name| part.split('"').next() == Some(name)))
    {
        kept.extend([LANGUAGE, language]);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_books_languages_stay() {
        let script = "var hljs={};\nhljs.registerLanguage(\"c\",1);\nhljs.registerLanguage(\"rust\",2);\n\
                      hljs.registerLanguage(\"python-repl\",3);\nhljs.registerLanguage(\"python\",4);\n";
        assert_eq!(
            with_kept_languages(script),
            "var hljs={};\nhljs.registerLanguage(\"rust\",2);\nhljs.registerLanguage(\"python\",4);\n"
        );
    }
}

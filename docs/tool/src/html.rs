//! The built book: what is done to mdBook's pages, and text as HTML.

pub(crate) mod api;
pub(crate) mod highlighter;
pub(crate) mod mend;
pub(crate) mod print;
pub(crate) mod search;
pub(crate) mod site;

/// The text as it stands between tags, or in an attribute between double quotes.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_html_would_misread_is_escaped() {
        assert_eq!(
            escaped("a < b && \"c\""),
            "a &lt; b &amp;&amp; &quot;c&quot;"
        );
    }
}

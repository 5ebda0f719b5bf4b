//! The built book: what is done to mdBook's pages, and text as HTML.

pub(crate) mod api;
pub(crate) mod highlighter;
pub(crate) mod lines;
pub(crate) mod margin;
pub(crate) mod mend;
pub(crate) mod print;
pub(crate) mod search;
pub(crate) mod site;
pub(crate) mod wrong;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, TokenSink, Tokenizer, TokenizerOpts};

/// Shows each tag and each text of a page to `sink`, and gives it back.
pub(crate) fn read<S: TokenSink>(html: &[u8], sink: S) -> S {
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from(&*String::from_utf8_lossy(html)));
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    // Its other result is a script to run in between, which only a browser's sink asks for.
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    tokenizer.sink
}

/// The text as it stands between tags, or in an attribute between double quotes.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// A line of Markdown with no markup but code, as HTML.
pub(crate) fn with_code(text: &str) -> String {
    let mut html = String::new();
    for (index, part) in escaped(text).split('`').enumerate() {
        html += if index % 2 == 1 {
            "<code>"
        } else if index > 0 {
            "</code>"
        } else {
            ""
        };
        html += part;
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_becomes_an_element() {
        assert_eq!(
            with_code("Calls `lock()`, a < b."),
            "Calls <code>lock()</code>, a &lt; b."
        );
    }

    #[test]
    fn what_html_would_misread_is_escaped() {
        assert_eq!(
            escaped("a < b && \"c\""),
            "a &lt; b &amp;&amp; &quot;c&quot;"
        );
    }
}

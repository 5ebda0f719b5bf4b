//! An excerpt starts at the margin. Shown in its context, it must be indented as in its file.
//!
//! The tag of a program names the columns that its excerpt was moved by, as `data-margin="4"`. Each
//! line of the excerpt gets them back in an element of the class that mdBook gives hidden lines. So
//! the button that shows these lines indents the excerpt too, and a copy of the whole program has
//! the indentation of the file.

use crate::html::site::Site;

const ATTRIBUTE: &str = " data-margin=\"";
const CODE: &str = "<code";
const CODE_END: &str = "</code>";
const HIDDEN: &str = "<span class=\"boring\">";
/// A line that is hidden ends in the next one.
const HIDDEN_END: &str = "</span>";

pub(crate) fn restore(site: &mut Site) {
    site.edit_pages(restored);
}

fn restored(page: &str) -> String {
    let mut parts = page.split(ATTRIBUTE);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text += ATTRIBUTE;
        text += &with_margin(part).unwrap_or_else(|| part.to_owned());
    }
    text
}

/// The same for one program. `part` begins with the width of its margin.
fn with_margin(part: &str) -> Option<String> {
    let (width, _) = part.split_once('"')?;
    let margin = " ".repeat(width.parse().ok()?);
    let tag = part.find(CODE)?;
    let start = tag + part[tag..].find('>')? + 1;
    let end = start + part[start..].find(CODE_END)?;
    let mut lines = Vec::new();
    let mut is_hidden = false;
    for line in part[start..end].split('\n') {
        let (before, shown) = match line.strip_prefix(HIDDEN_END) {
            Some(rest) => (HIDDEN_END, rest),
            None => ("", line),
        };
        is_hidden = is_hidden && before.is_empty() || shown.starts_with(HIDDEN);
        lines.push(if is_hidden || shown.is_empty() {
            line.to_owned()
        } else {
            format!("{before}{HIDDEN}{margin}{HIDDEN_END}{shown}")
        });
    }
    Some(format!(
        "{}{}{}",
        &part[..start],
        lines.join("\n"),
        &part[end..]
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_an_excerpt_get_their_margin_back_as_a_hidden_element() {
        let page = "<figure data-lines=\"3-5\" data-margin=\"4\"><pre><code class=\"rust\">\
                    <span class=\"boring\">use std;\nfn main() {\n</span>let x = 1;\n\n    f(x);\n\
                    <span class=\"boring\">}</span></code></pre></figure><code>e\nf</code>";
        assert_eq!(
            restored(page),
            "<figure data-lines=\"3-5\" data-margin=\"4\"><pre><code class=\"rust\">\
             <span class=\"boring\">use std;\nfn main() {\n</span>\
             <span class=\"boring\">    </span>let x = 1;\n\n\
             <span class=\"boring\">    </span>    f(x);\n\
             <span class=\"boring\">}</span></code></pre></figure><code>e\nf</code>"
        );
    }

    #[test]
    fn each_hidden_line_may_be_an_element_of_its_own() {
        let page = "<figure data-margin=\"2\"><code><span class=\"boring\">a\n</span>\
                    <span class=\"boring\">b\n</span>c\n<span class=\"boring\">d\n</span></code>";
        assert_eq!(
            restored(page),
            "<figure data-margin=\"2\"><code><span class=\"boring\">a\n</span>\
             <span class=\"boring\">b\n</span><span class=\"boring\">  </span>c\n\
             <span class=\"boring\">d\n</span></code>"
        );
    }

    #[test]
    fn a_program_without_a_margin_stays_as_it_is() {
        let page = "<figure data-lines=\"1-2\"><code>a\n    b\n</code></figure>";
        assert_eq!(restored(page), page);
    }
}

//! An excerpt starts at the margin. Shown in its context, it must be indented as in its file.
//!
//! The tag of a program names the columns that its excerpt was moved by, as `data-margin="4"`. Each
//! line of the excerpt gets them back in an element of the class that mdBook gives hidden lines. So
//! the button that shows these lines indents the excerpt too, and a copy of the whole program has
//! the indentation of the file.

use crate::html::{lines, site::Site};

const ATTRIBUTE: &str = " data-margin=\"";
const HIDDEN: &str = "<span class=\"boring\">";

pub(crate) fn restore(site: &mut Site) {
    site.edit_pages(restored);
}

fn restored(page: &str) -> String {
    lines::edit(page, ATTRIBUTE, with_margin)
}

/// Gives the shown lines their margin back. `width` is its number of columns.
fn with_margin(width: &str, lines: &[&str]) -> Option<Vec<String>> {
    let margin = " ".repeat(width.parse().ok()?);
    let mut is_hidden = false;
    let mut edited = Vec::new();
    for line in lines {
        let (before, shown) = lines::split_hidden_end(line);
        is_hidden = is_hidden && before.is_empty() || shown.starts_with(HIDDEN);
        edited.push(if is_hidden || shown.is_empty() {
            (*line).to_owned()
        } else {
            format!("{before}{HIDDEN}{margin}</span>{shown}")
        });
    }
    Some(edited)
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

//! The page for printing, without the parts that paper cannot show. It has every chapter, so it is
//! as heavy as all of them together.

use crate::html::site::Site;

/// The page that holds all others.
pub(crate) const ADDRESS: &str = "print.html";
/// The parts that are not printed: how each begins and how it ends.
const UNSEEN: [(&str, &str); 6] = [
    // The lines around an excerpt.
    ("<span class=\"boring\">", "</span>"),
    // Data for a script. The page has the same data as a table.
    ("<script type=\"application/json\"", "</script>"),
    ("\n        <script src=\"assets/explorer-", "</script>"),
    ("\n        <script src=\"assets/tabs-", "</script>"),
    ("\n        <script src=\"assets/copy-", "</script>"),
    ("\n        <script src=\"assets/long-", "</script>"),
];

pub(crate) fn lighten(site: &mut Site) {
    site.edit(ADDRESS, |page| {
        UNSEEN.iter().fold(page.to_owned(), |page, (begin, end)| {
            without(&page, begin, end)
        })
    });
}

/// A part without an end is left as it is.
fn without(page: &str, begin: &str, end: &str) -> String {
    let mut rest = page;
    let mut kept = String::with_capacity(page.len());
    while let Some(start) = rest.find(begin)
        && let Some(length) = rest[start..].find(end)
    {
        kept.push_str(&rest[..start]);
        rest = &rest[start + length + end.len()..];
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn print_has_no_hidden_lines_and_other_pages_do() {
        let page = "<code><span class=\"boring\">use std;\n</span>let &amp;x;\n<span class=\"boring\">}</span></code>\
                    <script type=\"application/json\" class=\"graph\">[1]</script><script>run()</script>\n        \
                    <script src=\"assets/copy-7.js\"></script>";
        let mut site = Site::from([("print.html", page), ("lock.html", page)]);
        lighten(&mut site);
        assert_eq!(
            site.get("print.html").unwrap(),
            b"<code>let &amp;x;\n</code><script>run()</script>"
        );
        assert_eq!(site.get("lock.html").unwrap(), page.as_bytes());
    }

    #[test]
    fn a_part_without_an_end_stays() {
        assert_eq!(without("a<b>c</b>d<b>e", "<b>", "</b>"), "ad<b>e");
    }
}

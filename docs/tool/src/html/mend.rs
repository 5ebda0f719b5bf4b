//! What is wrong in the pages of mdBook's own template, put right in the built book. `docs/browser/check` finds what is
//! still wrong there, and what a later mdBook has mended itself.

use crate::html::site::Site;

/// What the template has, and what stands there instead.
const MENDED: [(&str, &str); 6] = [
    // A frame has a name, and so has the page in it.
    (
        "<iframe class=\"sidebar-iframe-outer\"",
        "<iframe title=\"Table of contents\" class=\"sidebar-iframe-outer\"",
    ),
    (
        "<!-- sidebar iframe generated",
        "<title>Table of contents</title>\n        <!-- sidebar iframe generated",
    ),
    // Not a relation that an <a> can have.
    ("rel=\"next prefetch\"", "rel=\"next\""),
    // There is no such element, and a placeholder is no name.
    (
        " aria-describedby=\"searchresults-header\"",
        " aria-label=\"Search this book\"",
    ),
    // Two regions of one name.
    (
        "<nav class=\"nav-wide-wrapper\" aria-label=\"Page navigation\">",
        "<nav class=\"nav-wide-wrapper\" aria-label=\"Page navigation beside the text\">",
    ),
    // A label has no name of its own: its title is read. accessible.js makes a button of it.
    (
        "title=\"Toggle Table of Contents\" aria-label=\"Toggle Table of Contents\"",
        "title=\"Toggle Table of Contents\"",
    ),
];
/// The table of contents has the title of a part as an item in an item.
const PART: (&str, &str) = (
    "<li class=\"chapter-item expanded \"><li class=\"part-title\">",
    "<li class=\"part-title\">",
);

pub(crate) fn mend(site: &mut Site) {
    site.edit_pages(mended);
    if let Some(script) = site.contents() {
        site.edit(&script, mended);
    }
}

fn mended(page: &str) -> String {
    let page = MENDED
        .iter()
        .fold(page.to_owned(), |page, (from, to)| page.replace(from, to));
    let mut parts = page.split(PART.0);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mended, part| {
        mended + PART.1 + &part.replacen("</li></li>", "</li>", 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_contents_is_one_item() {
        let item = |text| format!("<li class=\"chapter-item expanded \"><a>{text}</a></li>");
        let part = |text| {
            format!(
                "<li class=\"chapter-item expanded \"><li class=\"part-title\">{text}</li></li>"
            )
        };
        let mended = mended(&[item("One"), part("Two"), item("Three"), part("Four")].concat());
        let title = |text| format!("<li class=\"part-title\">{text}</li>");
        assert_eq!(
            mended,
            [item("One"), title("Two"), item("Three"), title("Four")].concat()
        );
    }

    #[test]
    fn a_page_keeps_what_is_its_own() {
        let mut site = Site::from([
            ("a.html", "<a rel=\"next prefetch\">rel=\"prefetch\"</a>"),
            ("a.js", "\"next prefetch\""),
        ]);
        mend(&mut site);
        assert_eq!(
            site.get("a.html").unwrap(),
            b"<a rel=\"next\">rel=\"prefetch\"</a>"
        );
        assert_eq!(site.get("a.js").unwrap(), b"\"next prefetch\"");
    }
}

//! What is wrong in mdBook's table of contents, put right in the built book. `docs/browser/check` finds what is still wrong
//! there, and what a later mdBook has mended itself. The pages have a template of their own: docs/theme/index.hbs.

use crate::html::site::Site;

/// The page with the table of contents has no title.
const TITLE: (&str, &str) = (
    "<!-- sidebar iframe generated",
    "<title>Table of contents</title>\n        <!-- sidebar iframe generated",
);
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
    let page = page.replace(TITLE.0, TITLE.1);
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
    fn the_table_of_contents_gets_a_title_and_other_files_stay() {
        let comment = "<!-- sidebar iframe generated";
        let mut site = Site::from([("toc.html", comment), ("a.js", comment)]);
        mend(&mut site);
        let toc = site.get("toc.html").unwrap();
        assert!(toc.starts_with(b"<title>Table of contents</title>"));
        assert_eq!(site.get("a.js").unwrap(), comment.as_bytes());
    }
}

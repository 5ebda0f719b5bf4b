//! What is wrong in mdBook's table of contents, put right in the built book. `docs/browser/check`
//! finds what is still wrong there, and what a later mdBook has mended itself. The pages have a
//! template of their own: docs/theme/index.hbs.
//!
//! Here the timeline of a mistake is also put into the fold of its program.

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

/// How the fold of a mistake's program begins, and that of its run.
const MISTAKE: &str = "<details class=\"mistake\"";
const RUN: &str = "<details class=\"run\"";
const FOLD_END: &str = "</details>";

pub(crate) fn mend(site: &mut Site) {
    site.edit_pages(mended);
    if let Some(script) = site.contents() {
        site.edit(&script, mended);
    }
}

fn mended(page: &str) -> String {
    let page = with_runs_in_mistakes(page);
    let page = page.replace(TITLE.0, TITLE.1);
    let mut parts = page.split(PART.0);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mended, part| {
        mended + PART.1 + &part.replacen("</li></li>", "</li>", 1)
    })
}

/// Moves the timeline of each mistake, and the paragraphs before it, into the fold of its program.
/// A reader then opens one fold and sees the program and its run.
fn with_runs_in_mistakes(page: &str) -> String {
    let mut parts = page.split(MISTAKE);
    let mut moved = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        moved += MISTAKE;
        moved += &with_run_inside(part).unwrap_or_else(|| part.to_owned());
    }
    moved
}

/// The same for one mistake, whose fold begins before `part`. `None` if no run follows the fold, or
/// if something other than paragraphs stands in between.
fn with_run_inside(part: &str) -> Option<String> {
    let (program, rest) = part.split_once(FOLD_END)?;
    let (between, run) = rest.split_once(RUN)?;
    let has_only_paragraphs = between
        .split_terminator("</p>")
        .all(|paragraph| paragraph.trim().is_empty() || paragraph.trim().starts_with("<p>"));
    if !has_only_paragraphs || between.contains("<details") {
        return None;
    }
    let (_summary, run) = run.split_once("</summary>")?;
    let program = program.replacen("</summary>", ", and the timeline of a run</summary>", 1);
    // The run's own end is now that of both.
    Some(format!("{program}{between}{run}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_and_its_run_are_one_fold() {
        let page = "<dl></dl><details class=\"mistake\" id=\"a\"><summary>A</summary>code</details>\n\
                    <p>It waits:</p>\n<details class=\"run\" id=\"b\"><summary>B</summary>picture</details>end";
        assert_eq!(
            with_runs_in_mistakes(page),
            "<dl></dl><details class=\"mistake\" id=\"a\"><summary>A, and the timeline of a run</summary>code\n\
             <p>It waits:</p>\npicture</details>end"
        );
    }

    #[test]
    fn a_run_under_another_heading_stays_where_it_is() {
        let page = "<details class=\"mistake\"><summary>A</summary>code</details>\n<h3>Next</h3>\
                    <details class=\"run\"><summary>B</summary>picture</details>";
        assert_eq!(with_runs_in_mistakes(page), page);
    }

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

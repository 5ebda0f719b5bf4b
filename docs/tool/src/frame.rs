//! What mdBook puts around the text of every page, without the bytes that no browser and no reader needs.

use crate::site::Site;

/// Icons of buttons that this book does not have: nothing is edited or run in the page by mdBook's own script.
const UNUSED_ICONS: [&str; 2] = [
    "<template id=fa-play>",
    "<template id=fa-clock-rotate-left>",
];
const TEMPLATE_END: &str = "</template>";
/// The licence of the icons stands in each; once on a page is enough.
const LICENCE: (&str, &str) = ("<!--! Font Awesome", "-->");

pub(crate) fn lighten(site: &mut Site) {
    site.edit_pages(lighter);
}

/// Only outside the text, where space at the start of a line may mean something.
fn lighter(page: &str) -> String {
    let start = page.find("<main>").unwrap_or(page.len());
    let end = page.rfind("</main>").unwrap_or(page.len());
    let text = &page[start..end.max(start)];
    let (first, rest) = licence_split(&page[..start]);
    let tail = without(&page[end.max(start)..], LICENCE.0, LICENCE.1);
    let tail = UNUSED_ICONS
        .iter()
        .fold(tail, |tail, icon| without(&tail, icon, TEMPLATE_END));
    let rest = without(rest, LICENCE.0, LICENCE.1);
    [
        unindented(first).as_str(),
        &unindented(&rest),
        text,
        &unindented(&tail),
    ]
    .concat()
}

/// Up to the end of the first licence, and from there.
fn licence_split(head: &str) -> (&str, &str) {
    let end = head
        .find(LICENCE.0)
        .and_then(|start| Some(start + head[start..].find(LICENCE.1)? + LICENCE.1.len()));
    head.split_at(end.unwrap_or(0))
}

fn unindented(html: &str) -> String {
    let lines = html.split('\n').enumerate();
    // The first line goes on where the part before it ends.
    let lines = lines.map(|(number, line)| if number == 0 { line } else { line.trim_start() });
    let lines: Vec<_> = lines.collect();
    lines.join("\n")
}

/// A part without an end is left as it is.
pub(crate) fn without(page: &str, begin: &str, end: &str) -> String {
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
    fn the_frame_is_lighter_and_the_text_is_the_same() {
        let page = "<head>\n    <a>\n</head> <svg><!--! Font Awesome x --><path></svg>\n  <svg><!--! Font Awesome x --></svg>\n\
                    <main>\n  <pre>  two\n    four</pre></main>\n    <template id=fa-eye>1</template>\n    \
                    <template id=fa-play><svg><!--! Font Awesome x --></svg></template>\n</body>";
        assert_eq!(
            lighter(page),
            "<head>\n<a>\n</head> <svg><!--! Font Awesome x --><path></svg>\n<svg></svg>\n\
             <main>\n  <pre>  two\n    four</pre></main>\n<template id=fa-eye>1</template>\n\n</body>"
        );
    }

    #[test]
    fn a_part_without_an_end_stays() {
        assert_eq!(without("a<b>c</b>d<b>e", "<b>", "</b>"), "ad<b>e");
    }
}

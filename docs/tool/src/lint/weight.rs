//! How much a browser loads to show one page.

use crate::fault::Fault;
use crate::html::print;
use crate::lint::links::{self, Pages};

/// In bytes, without compression: the page, and the scripts, style sheets and images that it loads.
///
/// A phone with a slow connection of 1.6 Mbit/s loads this much in three seconds, and in about one
/// second if the server compresses it. From then on only the page itself is loaded,
/// because all pages share the rest.
const LIMIT: usize = 600_000;
/// How many of the heaviest files a fault names.
const NAMED: usize = 3;

/// The pages that are too heavy. The page that holds all chapters may be: it is there to be
/// printed.
pub(crate) fn faults(pages: &Pages<'_>) -> Vec<Fault> {
    let on_screen = pages
        .site
        .pages()
        .filter(|(address, _)| *address != print::ADDRESS);
    on_screen
        .filter_map(|(address, html)| fault(pages, address, html))
        .collect()
}

fn fault(pages: &Pages<'_>, address: &str, html: &[u8]) -> Option<Fault> {
    let mut files = vec![(html.len(), address.to_owned())];
    for loaded in links::loaded(address, pages) {
        if let Some(content) = pages.site.get(&loaded) {
            files.push((content.len(), loaded));
        }
    }
    let weight: usize = files.iter().map(|(size, _)| size).sum();
    if weight <= LIMIT {
        return None;
    }
    files.sort_unstable_by(|one, other| other.cmp(one));
    let heaviest: Vec<_> = files
        .iter()
        .take(NAMED)
        .map(|(size, address)| format!("{address} {size}"))
        .collect();
    let heaviest = heaviest.join(", ");
    Some(Fault::new(
        format!("docs/book/{address}"),
        format!(
            "the page and the files that it loads have {weight} bytes, more than {LIMIT}; \
             the heaviest are: {heaviest}"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::site::Site;

    /// A page of exactly `size` bytes that loads a script, a style sheet and an image, and links to
    /// another page.
    fn page(size: usize) -> String {
        let head = "<script src='../a.js'></script><link rel=stylesheet href='../b.css'>\
                    <img src='c.svg'><img src='c.svg'><a href='other.html'>x</a>";
        head.to_owned() + &" ".repeat(size - head.len())
    }

    fn faults_of(page: &str) -> Vec<String> {
        let other = "x".repeat(LIMIT);
        let site = Site::from([
            ("part/page.html", page),
            ("part/other.html", &other),
            ("part/c.svg", "1234567890"),
            ("a.js", "12345678901234567890"),
            ("b.css", "123"),
            (print::ADDRESS, &(other.clone() + "y")),
        ]);
        faults(&Pages::of(&site))
            .iter()
            .map(Fault::to_string)
            .collect()
    }

    #[test]
    fn a_page_may_load_as_much_as_the_limit() {
        assert_eq!(faults_of(&page(LIMIT - 33)), [""; 0]);
    }

    #[test]
    fn a_page_that_loads_more_is_a_fault_that_names_its_heaviest_files() {
        let expected = "docs/book/part/page.html: the page and the files that it loads have 600001 bytes, more than 600000; \
                        the heaviest are: part/page.html 599968, a.js 20, part/c.svg 10";
        assert_eq!(faults_of(&page(LIMIT - 32)), [expected]);
    }
}

//! How heavy the built book may be.

use crate::fault::Fault;
use crate::site::Site;

/// A book that is read offline is downloaded whole.
const LIMIT: usize = 3_000_000;
/// So many of the heaviest files are named.
const NAMED: usize = 5;

pub(crate) fn fault(site: &Site) -> Option<Fault> {
    let mut sizes: Vec<(usize, &str)> = site.sizes().collect();
    let weight: usize = sizes.iter().map(|(size, _)| size).sum();
    (weight > LIMIT).then(|| {
        sizes.sort_unstable_by(|one, other| other.cmp(one));
        let heaviest: Vec<_> = sizes
            .iter()
            .take(NAMED)
            .map(|(size, address)| format!("{address} {size}"))
            .collect();
        let heaviest = heaviest.join(", ");
        Fault::new(
            "docs/book",
            format!("{weight} bytes, more than {LIMIT}; the heaviest files: {heaviest}"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heavy_book_is_a_fault_that_names_its_heaviest_files() {
        let page = "x".repeat(LIMIT - 10);
        assert!(
            fault(&Site::from([
                ("a.html", page.as_str()),
                ("b.js", "0123456789")
            ]))
            .is_none()
        );
        let fault = fault(&Site::from([
            ("a.html", page.as_str()),
            ("b.js", "0123456789a"),
        ]))
        .unwrap();
        assert_eq!(
            fault.to_string(),
            "docs/book: 3000001 bytes, more than 3000000; the heaviest files: a.html 2999990, b.js 11"
        );
    }
}

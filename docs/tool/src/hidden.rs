//! The lines around an excerpt, which a page has and hides until a reader asks for them.

use crate::site::Site;

/// mdBook puts each hidden line into an element of its own; all that follow one another can share one.
pub(crate) fn lighten(site: &mut Site) {
    site.edit_pages(joined);
}

fn joined(page: &str) -> String {
    page.replace("\n</span><span class=\"boring\">", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_follow_one_another_share_an_element() {
        let line = |text| format!("<span class=\"boring\">{text}\n</span>");
        let page = [line("use std;"), line(""), "shown\n".to_owned(), line("}")].concat();
        let joined_lines = format!("{}shown\n{}", line("use std;\n"), line("}"));
        assert_eq!(joined(&page), joined_lines);
    }
}

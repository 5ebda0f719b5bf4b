//! The same job with each library, as tabs. What is written here is whole without a script and on
//! paper: one section below the other. In a browser `tabs.js` makes a tab of each section and of
//! the prose before it.

pub(crate) const BEGIN: &str = "<div class=\"tabs\">\n";
pub(crate) const END: &str = "</div>\n";

/// One section. Its id is the same on every page that shows it.
pub(crate) fn panel(recipe: &str, tab: &str, markdown: &str) -> String {
    let id = panel_id(recipe, tab);
    format!(
        "<section class=\"variant\" id=\"{id}\" data-tab=\"{tab}\">\n\n{markdown}\n</section>\n"
    )
}

/// Where a link finds a section.
pub(crate) fn panel_id(recipe: &str, tab: &str) -> String {
    format!("{recipe}-{}", tab.to_ascii_lowercase())
}

//! The same job with each library, as tabs. What is written here is whole without a script and on paper: one section below
//! the other. In a browser `tabs.js` makes a tab of each section and of the prose before it.

use crate::directives::recipe::Recipes;
use crate::directives::results::OURS;
use crate::directives::snippet::fenced;

/// The recipe is shown in full earlier on its page; its tab says where.
pub(crate) fn begin(recipes: &Recipes, name: &str) -> Result<String, String> {
    let program = recipes.find(name)?.lesson();
    let lines = recipes.lines(&program)?;
    let run = fenced("sh", &program.command());
    let inside = format!(
        "With `{OURS}` it is the recipe itself, {lines} lines, in [How to do it](#how-to-do-it).\n\n\
         <div class=\"output\">\n\n{run}\n</div>\n"
    );
    Ok(format!(
        "<div class=\"tabs\">\n\n{}",
        panel(name, OURS, &inside)
    ))
}

pub(crate) const END: &str = "</div>\n";

/// One section. Its id is the same on every page that shows it.
pub(crate) fn panel(recipe: &str, tab: &str, markdown: &str) -> String {
    let id = tab.to_ascii_lowercase();
    format!(
        "<section class=\"variant\" id=\"{recipe}-{id}\" data-tab=\"{tab}\">\n\n{markdown}\n</section>\n"
    )
}
